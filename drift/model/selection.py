"""One part of the declared groups, the same part wherever and whenever it is computed."""

from hashlib import sha256
from typing import Self

from msgspec import Struct

from drift.errors import SettingsError
from drift.model.groups import GroupRef


class Shard(Struct, frozen=True):
    """Part ``index`` of ``count``, counted from 1."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2/8``.

        Raises:
            SettingsError: It is not of this form, or the part does not exist.
        """
        index, slash, count = text.partition("/")
        if not (slash and index.isascii() and index.isdigit() and count.isascii() and count.isdigit()):
            raise SettingsError(f"{text!r} is not a shard", hint="write INDEX/COUNT, e.g. 2/8")
        shard = cls(int(index), int(count))
        if not 1 <= shard.index <= shard.count:
            raise SettingsError(f"{text!r} is not a shard: there are only 1/{count} to {count}/{count}")
        return shard

    def owns(self, group: GroupRef) -> bool:
        """Whether the group belongs to this part: by a hash of its external id, else of its internal id."""
        digest = sha256((group.external_entity_id or group.id or "").encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"
