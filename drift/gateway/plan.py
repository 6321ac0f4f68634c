"""What is wanted, what is known so far, and what to ask for next. Nothing is asked here.

One call gets one group, or lists up to 1,000. The cheaper way depends on how many groups are wanted and
where in the list they are, which only reading shows.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from drift.errors import Cause, GatewayError
from drift.gateway.client import GatewayClient
from drift.gateway.retry import Ledger
from drift.gateway.settings import PAGE_LIMIT, ReadMode
from drift.gateway.workers import Workers
from drift.model.declaration import Declaration
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Failed, Found

FEW = 5
"""Groups that are asked for one by one without looking at the list first."""
FEW_LEFT = 100
"""Groups worth a call each when the list breaks off: about a second under the default throttle."""
SAMPLE = 3
"""Groups looked up one by one when a whole list held none of those wanted."""
_GIVE_UP_AFTER = 10
_OF_THE_LIST = frozenset({Cause.UNREADABLE_RESPONSE, Cause.INCONSISTENT, Cause.UNEXPECTED_STATUS, Cause.SERVER_ERROR})


def begins_with_list(mode: ReadMode, wanted: int, *, unmanaged: bool, pages: int | None = None) -> bool:
    """Whether to read the list at first. ``pages`` is how many it has, if that is known already."""
    if unmanaged:
        return True
    if mode == "get" or wanted == 0:
        return False
    return mode == "list" or wanted > max(FEW, pages or 0)


def turns_to_gets(mode: ReadMode, still_wanted: int, pages_read: int) -> bool:
    """Whether the rest is cheaper one by one: the list has taken more calls than that already."""
    return mode == "auto" and still_wanted < pages_read


def next_page_is_certain(mode: ReadMode, still_wanted: int, pages_read: int) -> bool:
    """Whether the list will be read on whatever the page at hand holds, so that the next can be asked for now."""
    left = still_wanted - PAGE_LIMIT
    return left > 0 and not turns_to_gets(mode, left, pages_read)


def makes_up_for_the_list(cause: Cause, still_wanted: int) -> bool:
    """Whether to ask one by one for what a list that broke off did not show.

    Not where gets would fail alike (no access, no network), and not for more than a few.
    """
    return cause in _OF_THE_LIST and still_wanted <= FEW_LEFT


class Wanted:
    """The groups still to be read, by position, each of which is closed exactly once."""

    def __init__(self, groups: Sequence[DesiredGroup]) -> None:
        self._groups = groups
        self._open = dict.fromkeys(range(len(groups)))
        declaration = Declaration(groups)
        self._by_external, self._by_id = declaration.of_external_id, declaration.of_pinned_id

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[int]:
        """Open positions, in the order of the groups; closing some meanwhile is allowed."""
        return iter(tuple(self._open))

    def __contains__(self, position: int) -> bool:
        return position in self._open

    def __getitem__(self, position: int) -> DesiredGroup:
        return self._groups[position]

    def reopen(self, position: int) -> None:
        """Let a group be read once more: what was read of it may be another's."""
        self._open[position] = None

    def close(self, position: int) -> DesiredGroup:
        """Take a position off the list, and say which group it was."""
        del self._open[position]
        return self._groups[position]

    def by_external(self, external_entity_id: str | None) -> int | None:
        """The open position that is declared under this external id."""
        return self._opened(self._by_external.get(external_entity_id or ""))

    def by_id(self, group_id: str | None) -> int | None:
        """The open position that is pinned to this internal id."""
        return self._opened(self._by_id.get(group_id or ""))

    def declares(self, live: Group) -> int | None:
        """The position that is declared under this live group's external id or id, closed or not."""
        return self._by_external.get(live.external_entity_id, self._by_id.get(live.id))

    def _opened(self, position: int | None) -> int | None:
        return position if position in self._open else None


class Session(Struct):
    """What all readings of a source read with, and what they learned so far."""

    workers: Workers[GatewayClient]
    ledger: Ledger
    ids: dict[str, str] = {}
    """Internal id of each declared group that was found, by its external id, or else by its pinned id."""
    pages: int = 0
    """Pages the list has at least."""
    witness: Group | None = None
    """Some declared group that was found: the key is of the right workspace."""
    filter_works: bool = False
    """The list's filter by external id has found a group, so that it is believed where it finds none."""
    list_failure: GatewayError | None = None
    """Why the list was not read to its end, where all of it was asked for."""
    broken: list[str | None] = []
    """External ids of items of the list that are no group as documented, and not one that was asked for."""

    def id_of(self, desired: DesiredGroup) -> str | None:
        """The internal id under which the group was found before."""
        return self.ids.get(_name(desired))

    def found(self, wanted: Wanted, position: int, live: Group) -> Found:
        """The reading of a declared group that was found."""
        desired = wanted.close(position)
        self.witness = live
        self.ids[_name(desired)] = live.id
        return Found(desired, live)

    def forget(self, desired: DesiredGroup) -> None:
        """Let the group be looked up as if it had not been found."""
        self.ids.pop(_name(desired), None)


class Patience:
    """When to stop asking one by one, because all answers are the same failure."""

    def __init__(self) -> None:
        self._cause: Cause | None = None
        self._times = 0
        self._answered = False

    def answered(self) -> None:
        """A group was found or is missing."""
        self._answered = True
        self._times = 0

    def is_over(self, cause: Cause) -> bool:
        """Count a failure; True if it is time to give up.

        A key that may read some groups and not others is nothing unusual, so 403 ends a run only where
        there was no other answer.
        """
        self._times = self._times + 1 if cause is self._cause else 1
        self._cause = cause
        if cause is Cause.UNAUTHORIZED:
            return True
        if cause is Cause.FORBIDDEN and self._answered:
            return False
        return self._times >= _GIVE_UP_AFTER


def failed(desired: DesiredGroup, error: GatewayError) -> Failed:
    """The reading of a group that could not be read."""
    return Failed(desired, error.cause, error.message, error.where)


def _name(desired: DesiredGroup) -> str:
    return desired.external_entity_id or desired.id or ""
