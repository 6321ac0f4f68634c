"""The whole list of groups, page by page, with guards against lists that do not end.

Pages are chained by opaque cursors, so they come one after the other; while one is being compared, the next
is already on its way. A list is no snapshot: groups may move between pages, or be seen twice.
"""

from collections.abc import Callable, Generator

from drift.errors import Cause, GatewayError
from drift.gateway.client import GatewayClient
from drift.gateway.wire import Items, Page, Pagination
from drift.gateway.workers import Workers

_MOST_STALE_PAGES = 3
"""Pages in a row that may hold nothing new, e.g. because groups were deleted meanwhile."""


class Sweep:
    """One reading of the list. ``pages_read`` counts, ``complete`` tells whether the end was reached."""

    def __init__(self, workers: Workers[GatewayClient], where: str, *, effective: bool) -> None:
        self._workers = workers
        self._where = where
        self._effective = effective
        self._seen: set[str] = set()
        self._cursors: set[str] = set()
        self._stale = 0
        self.pages_read = 0
        self.complete = False

    def pages(self, next_is_certain: Callable[[], bool]) -> Generator[Items, None, None]:
        """The items of each page, every group once.

        Args:
            next_is_certain: Asked when a page has arrived and is not compared yet: will the next one be
                needed in any case? Otherwise it is asked for when the caller comes back for it.

        Raises:
            GatewayError: a page could not be read, or the list does not end. What came before is good.
        """
        batch = self._workers.batch(_page)
        try:
            batch.submit(None)
            while True:
                page = _result(batch.next()[1])
                cursor, problem = self._next(page.pagination)
                ahead = cursor is not None and next_is_certain()
                if ahead:
                    batch.submit(cursor)
                self.pages_read += 1
                items = self._new(page.decode(effective=self._effective))
                yield items
                if problem:
                    raise problem
                if cursor is None:
                    self.complete = True
                    return
                self._check_progress(items)
                if not ahead:
                    batch.submit(cursor)
        finally:
            batch.cancel()

    def _next(self, pagination: Pagination) -> tuple[str | None, GatewayError | None]:
        """The cursor to go on with, or None at the end; and what is wrong with it."""
        if not pagination.has_more:
            return None, None
        if not pagination.cursor:
            return None, self._inconsistent("the list says that there is more, and not where")
        if pagination.cursor in self._cursors:
            return None, self._inconsistent("the list leads in a circle: a cursor came twice")
        self._cursors.add(pagination.cursor)
        return pagination.cursor, None

    def _new(self, items: Items) -> Items:
        groups = [group for group in items.groups if group.id not in self._seen]
        self._seen.update(group.id for group in groups)
        # Within one page too.
        unique = {group.id: group for group in groups}
        return Items(list(unique.values()) if len(unique) != len(groups) else groups, items.broken)

    def _check_progress(self, items: Items) -> None:
        self._stale = 0 if items.groups or items.broken else self._stale + 1
        if self._stale >= _MOST_STALE_PAGES:
            raise self._inconsistent(f"the list does not end: {self._stale} pages in a row held nothing new")

    def _inconsistent(self, message: str) -> GatewayError:
        return GatewayError(Cause.INCONSISTENT, message, where=self._where)


def _page(client: GatewayClient, cursor: str | None) -> Page:
    return client.page(cursor=cursor)


def _result(result: Page | GatewayError) -> Page:
    if isinstance(result, GatewayError):
        raise result
    return result
