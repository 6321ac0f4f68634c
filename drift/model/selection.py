"""Which groups a run is about: those that patterns name, those below a group, one part of them all."""

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Self

from msgspec import Struct

from drift.errors import SettingsError
from drift.model.declaration import Declaration
from drift.model.forest import Forest, K
from drift.model.groups import GroupRef
from drift.model.wording import did_you_mean


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


class Selection(Struct, frozen=True):
    """What was asked for; everything, if nothing was. A group must be in all of it."""

    globs: tuple[str, ...] = ()
    """External ids as shell patterns; any of them must match, and none of those that begin with ``!``."""
    below: tuple[str, ...] = ()
    """External ids of groups that are selected with all that is below them."""
    shard: Shard | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self == Selection()

    def positions(self, declaration: Declaration) -> frozenset[int]:
        """The selected ones of the declared groups."""
        if self.is_all:
            return frozenset(range(len(declaration.groups)))
        tops = [declaration.of_external_id[name] for name in self.below if name in declaration.of_external_id]
        inside = self.within(declaration.forest, tops)
        return frozenset(position for position, group in declaration if self.owns(group.ref) and inside(position))

    def owns(self, group: GroupRef) -> bool:
        """Whether patterns and shard select the group; where it hangs is another question."""
        return self.names(group.external_entity_id or group.id or "") and (self.shard is None or self.shard.owns(group))

    def names(self, external_entity_id: str) -> bool:
        """Whether the patterns select the external id."""
        wanted = [glob for glob in self.globs if not glob.startswith("!")]
        unwanted = [glob[1:] for glob in self.globs if glob.startswith("!")]
        return (not wanted or _any(external_entity_id, wanted)) and not _any(external_entity_id, unwanted)

    def may_name(self, external_entity_id: str | None) -> bool:
        """Whether a group of which no more could be read may be selected."""
        return external_entity_id is None or self.names(external_entity_id)

    def within(self, forest: Forest[K], tops: Sequence[K]) -> Callable[[K], bool]:
        """Whether the group of a key of the forest is at or below one of ``tops``."""
        if not self.below:
            return lambda _: True
        inside = {key for top in tops for key in (top, *forest.descendants(top))}
        return inside.__contains__


def check_known(wanted: Iterable[str], known: Iterable[str], option: str) -> None:
    """Refuse what names nothing.

    Raises:
        SettingsError: An id of ``wanted`` is not known.
    """
    names = tuple(known)
    for name in wanted:
        if name not in names:
            raise SettingsError(
                f"{option} {name!r}: no live or declared group has this external id",
                hint=did_you_mean(name, names) or "drift tree --live shows the groups there are",
            )


def _any(text: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(text, glob) for glob in globs)
