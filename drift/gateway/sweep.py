"""The list of groups, page by page, matched with the groups that are wanted.

Pages are chained by opaque cursors, so they come one after the other; while one is being compared, the next
is already on its way. A list is no snapshot: groups may move between pages, or be seen twice. And it need not end,
which is guarded against.
"""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing

from msgspec import Struct

from drift.errors import Cause, GatewayError
from drift.gateway.client import BrokenItem, GatewayClient, Items, Page
from drift.gateway.retry import Ledger
from drift.gateway.settings import PAGE_LIMIT, ReadMode
from drift.gateway.workers import Workers
from drift.model.declaration import Declaration
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Failed, Found, Reading

FEW_LEFT = 100
"""Groups worth a call each when the list breaks off: about a second under the default throttle."""
_MOST_STALE_PAGES = 3
"""Pages in a row that may hold nothing new, e.g. because groups were deleted meanwhile."""
_OF_THE_LIST = frozenset({Cause.UNREADABLE_RESPONSE, Cause.INCONSISTENT, Cause.UNEXPECTED_STATUS, Cause.SERVER_ERROR})


class Wanted(dict[int, DesiredGroup]):
    """The groups still to be read, by position; each is taken out once its reading is known."""

    def __init__(self, groups: Sequence[DesiredGroup]) -> None:
        super().__init__(enumerate(groups))
        self.all = groups
        declaration = Declaration(groups)
        self._by_external, self._by_id = declaration.of_external_id, declaration.of_pinned_id

    def by_external(self, external_entity_id: str | None) -> int | None:
        """The position that is declared under this external id, if it is still wanted."""
        return self._wanted(self._by_external.get(external_entity_id or ""))

    def by_id(self, group_id: str | None) -> int | None:
        """The position that is pinned to this internal id, likewise."""
        return self._wanted(self._by_id.get(group_id or ""))

    def declares(self, live: Group) -> int | None:
        """The position that is declared under this live group's external id or id, wanted still or not."""
        return self._by_external.get(live.external_entity_id, self._by_id.get(live.id))

    def _wanted(self, position: int | None) -> int | None:
        return position if position in self else None


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
        return self.ids.get(desired_key(desired))

    def found(self, wanted: Wanted, position: int, live: Group) -> Found:
        """The reading of a declared group that was found."""
        desired = wanted.pop(position)
        self.witness = live
        self.ids[desired_key(desired)] = live.id
        return Found(desired, live)


def failed(desired: DesiredGroup, error: GatewayError) -> Failed:
    """The reading of a group that could not be read."""
    return Failed(desired, error.cause, error.message, error.where)


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


class Sweep:
    """One reading of the list, for the groups that are ``wanted`` and, with ``unmanaged``, for all others."""

    def __init__(self, session: Session, wanted: Wanted, mode: ReadMode, *, unmanaged: bool) -> None:
        self._session = session
        self._wanted = wanted
        self._mode = mode
        self._unmanaged = unmanaged
        self._pages_read = 0
        self._stale = 0
        self._seen: set[str] = set()
        self._cursors: set[str] = set()
        self._namesakes: dict[int, Group] = {}
        """By position, groups with the declared id but another external id; the right one may still come."""
        self._contested: list[int] = []
        """Positions for which two groups came: the list may show a group before and after it was created anew."""
        self.complete = False
        """Whether the end of the list was reached."""

    def readings(self) -> Iterator[Reading]:
        """What the list says, until it ends or is no longer the cheaper way; the rest stays wanted.

        Raises:
            GatewayError: the list broke off, and the rest would fail alike if it was asked for one by one.
        """
        failure = None
        try:
            with closing(self._pages()) as pages:
                for items in pages:
                    yield from self._matched(items)
                    if not self._unmanaged and (
                        not self._wanted or turns_to_gets(self._mode, len(self._wanted), self._pages_read)
                    ):
                        break
        except GatewayError as error:
            failure = error
        self._session.pages = max(self._session.pages, self._pages_read)
        for position, live in self._namesakes.items():
            if position in self._wanted:
                yield self._session.found(self._wanted, position, live)
            elif self._unmanaged:
                yield Found(None, live)
        for position in self._contested:
            # Read once more, as if it had not been found: what was read of it may be another's.
            self._wanted[position] = self._wanted.all[position]
            self._session.ids.pop(desired_key(self._wanted[position]), None)
        if failure:
            self._broken_off(failure)

    def _pages(self) -> Generator[Items, None, None]:
        """The items of each page, every group once."""
        under_way = self._ask(None)
        try:
            while True:
                page = self._session.workers.result(under_way)
                self._pages_read += 1
                cursor = page.pagination.cursor
                certain = self._unmanaged or next_page_is_certain(self._mode, len(self._wanted), self._pages_read)
                ahead = certain and page.pagination.has_more and cursor and cursor not in self._cursors
                if ahead:
                    under_way = self._ask(cursor)
                items = self._new(page.decode())
                yield items
                if not page.pagination.has_more:
                    self.complete = True
                    return
                self._check_progress(cursor, items)
                if not ahead:
                    under_way = self._ask(cursor)
        finally:
            under_way.cancel()

    def _ask(self, cursor: str | None) -> "Future[Page]":
        return self._session.workers.start(lambda client: client.page(cursor=cursor))

    def _new(self, items: Items) -> Items:
        groups = {group.id: group for group in items.groups if group.id not in self._seen}
        self._seen.update(groups)
        return Items(list(groups.values()), items.broken)

    def _check_progress(self, cursor: str | None, items: Items) -> None:
        self._stale = 0 if items.groups or items.broken else self._stale + 1
        if not cursor:
            raise self._inconsistent("the list says that there is more, and not where")
        if cursor in self._cursors:
            raise self._inconsistent("the list leads in a circle: a cursor came twice")
        if self._stale >= _MOST_STALE_PAGES:
            raise self._inconsistent(f"the list does not end: {self._stale} pages in a row held nothing new")
        self._cursors.add(cursor)

    def _inconsistent(self, message: str) -> GatewayError:
        return GatewayError(Cause.INCONSISTENT, message, where=self._session.workers.where)

    def _matched(self, items: Items) -> Iterator[Reading]:
        for live in items.groups:
            if reading := self._match(live):
                yield reading
        for broken in items.broken:
            yield from self._broken(broken)

    def _match(self, live: Group) -> Found | None:
        """The reading that a listed group amounts to, if any."""
        wanted = self._wanted
        position = wanted.by_external(live.external_entity_id)
        if position is not None:
            return self._session.found(wanted, position, live)
        position = wanted.by_id(live.id)
        if position is not None:
            if wanted[position].external_entity_id is None:
                return self._session.found(wanted, position, live)
            self._namesakes[position] = live
            return None
        position = wanted.declares(live)
        if position is None:
            return Found(None, live) if self._unmanaged else None
        first = self._session.ids.get(live.external_entity_id)
        if first not in (None, live.id):
            self._contested.append(position)
            self._session.ledger.note(
                f"two groups of the list have the external id {live.external_entity_id!r}: {first!r} and {live.id!r}"
            )
        return None

    def _broken(self, item: BrokenItem) -> Iterator[Reading]:
        position = self._wanted.by_external(item.external_entity_id)
        if position is None:
            position = self._wanted.by_id(item.id)
        message = f"not a group as documented: {item.message}"
        if position is None:
            self._session.broken.append(item.external_entity_id)
            who = item.external_entity_id or item.id
            self._session.ledger.note(f"an item of the list{f' ({who!r})' if who else ''} is {message}")
        else:
            error = GatewayError(Cause.UNREADABLE_RESPONSE, message, where=self._session.workers.where)
            yield failed(self._wanted.pop(position), error)

    def _broken_off(self, failure: GatewayError) -> None:
        if self._unmanaged:
            self._session.list_failure = failure
            self._session.ledger.note(f"not all unmanaged groups were seen: {failure.message}")
        if self._wanted and not makes_up_for_the_list(failure.cause, len(self._wanted)):
            raise failure
        if self._wanted:
            self._session.ledger.note(
                f"the list of groups broke off ({failure.message}); the rest was asked for one by one"
            )
