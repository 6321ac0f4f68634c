"""When to open, edit and settle the one entry (a comment, an issue) that follows the newest report.

The entry is known by a hidden marker on its first line, and by who wrote it: whoever quotes it is left alone.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from drift.errors import SettingsError
from drift.forge.http import NotTakenError

_NAME = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_LONGEST_NAME = 64

Done: TypeAlias = Literal["created", "edited", "unchanged", "settled", "nothing to say"]
"""What became of an entry."""


class Entry(Struct, frozen=True):
    """A comment or an issue, as it stands."""

    key: int
    """What the forge calls it by."""
    body: str
    author: str
    is_bot: bool


class Thread(Protocol):
    """Where entries stand: the comments on a pull request, or the open issues of a repository."""

    @property
    def settled_entries_are_listed(self) -> bool:
        """Whether :meth:`entries` has them: comments stay, issues are closed."""
        ...

    def viewer(self) -> str | None:
        """The login that writes here; None if the token belongs to no user (the one of a workflow run)."""
        ...

    def entries(self) -> Iterator[Entry]:
        """All entries, asked for page by page as they are taken."""
        ...

    def create(self, body: str) -> None:
        """Write a new entry, sent once.

        Raises:
            NotTakenError: It was not taken, or may have been.
        """
        ...

    def edit(self, key: int, body: str) -> None:
        """Give an entry another body."""
        ...

    def settle(self, key: int, body: str) -> None:
        """Give an entry its last body, now that all is well."""
        ...


class Repository(Protocol):
    """What a forge has to offer."""

    def comments(self, number: int) -> Thread:
        """The comments on the pull request with this number."""
        ...

    def issues(self, title: str, labels: Sequence[str]) -> Thread:
        """The open issues; a new one gets the title and the labels."""
        ...


def marker(name: str) -> str:
    """The first line of an entry; nobody sees it.

    Raises:
        SettingsError: The name could end the HTML comment that it stands in, or is no name.
    """
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name[:_LONGEST_NAME]!r} cannot be a marker",
            hint=f"at most {_LONGEST_NAME} letters and digits, with single '.', '_' or '-' between them",
        )
    return f"<!-- baseten-drift:{name} -->"


def keep(thread: Thread, mark: str, text: str, *, clean: bool) -> Done:
    """Bring the entry with this marker up to date.

    Args:
        thread: Where it stands.
        mark: The marker, of :func:`marker`.
        text: What it is to say below the marker.
        clean: All is well: an entry is settled if there is one, and none is written.
    """
    body = f"{mark}\n{text}"
    entry = _own(thread, mark)
    if entry is None:
        return "nothing to say" if clean else _create(thread, mark, body)
    if not clean:
        if _same(entry.body, body):
            return "unchanged"
        thread.edit(entry.key, body)
        return "edited"
    if thread.settled_entries_are_listed and _same(entry.body, body):
        return "unchanged"
    thread.settle(entry.key, body)
    return "settled"


def _create(thread: Thread, mark: str, body: str) -> Done:
    try:
        thread.create(body)
    except NotTakenError as error:
        # A request whose answer was lost may have arrived; sent blindly again, there would be two.
        if not error.may_have_arrived:
            raise
        if _own(thread, mark) is None:
            thread.create(body)
    return "created"


def _own(thread: Thread, mark: str) -> Entry | None:
    marked = (entry for entry in thread.entries() if entry.body.lstrip().partition("\n")[0].rstrip() == mark)
    first = next(marked, None)
    if first is None:
        return None
    # Asked for only now: most runs find no entry with the marker, and need not know.
    viewer = thread.viewer()
    own = (entry for entry in chain([first], marked) if (entry.is_bot if viewer is None else entry.author == viewer))
    return next(own, None)


def _same(one: str, other: str) -> bool:
    """Whether two bodies say the same; forges change line ends and trim."""
    return one.replace("\r\n", "\n").strip() == other.strip()
