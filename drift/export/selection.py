"""Which groups an export is about."""

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from drift.errors import SettingsError
from drift.model.forest import Forest


class Selection(Struct, frozen=True):
    """What was asked for; everything, if nothing was."""

    globs: tuple[str, ...] = ()
    """External ids as shell patterns; any of them must match, and none of those that begin with ``!``."""
    below: tuple[str, ...] = ()
    """External ids of groups that are selected with all that is below them."""
    unmanaged_only: bool = False
    """Only groups that no file declares."""

    def names(self, external_entity_id: str) -> bool:
        """Whether the patterns select the external id."""
        wanted = [glob for glob in self.globs if not glob.startswith("!")]
        unwanted = [glob[1:] for glob in self.globs if glob.startswith("!")]
        return (not wanted or _any(external_entity_id, wanted)) and not _any(external_entity_id, unwanted)

    def may_name(self, external_entity_id: str | None) -> bool:
        """Whether a group of which no more could be read may be selected."""
        return external_entity_id is None or self.names(external_entity_id)

    def within(self, forest: Forest, tops: Sequence[str]) -> Callable[[str], bool]:
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
            from difflib import get_close_matches  # noqa: PLC0415 - only for a name that does not exist

            close = get_close_matches(name, names[:1000], n=1)
            raise SettingsError(
                f"{option} {name!r}: no live or declared group has this external id",
                hint=f"did you mean {close[0]!r}?" if close else "drift tree --live shows the groups there are",
            )


def _any(text: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(text, glob) for glob in globs)
