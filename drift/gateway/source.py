"""Live groups from the gateway, as the stream of readings that the checker consumes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from drift.errors import Cause, GatewayError
from drift.gateway.client import Access, GatewayClient
from drift.gateway.gets import one_by_one
from drift.gateway.key import ApiKey
from drift.gateway.pace import Budget, Clock, Throttle
from drift.gateway.plan import SAMPLE, Session, Wanted, begins_with_list, failed
from drift.gateway.retry import Conduct, Ledger
from drift.gateway.settings import ReadMode, ReadOptions, parse_address
from drift.gateway.sweep import Sweep
from drift.gateway.transport import Connect, connector
from drift.gateway.workers import Workers
from drift.model.groups import DesiredGroup
from drift.model.readings import Missing, Reading


class GatewaySource:
    """Reads declared groups, in as few calls as it can, and says of each what came of it.

    Use it as a context manager, from one thread; only :meth:`stop` may be called from anywhere.
    """

    def __init__(
        self,
        api_url: str,
        key: ApiKey,
        options: ReadOptions | None = None,
        *,
        connect: Connect | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``connect`` and ``clock`` are for tests and simulations.

        Raises:
            SettingsError: the URL, or the proxy or certificates of the environment cannot be used.
        """
        self._options = options or ReadOptions()
        clock = clock or Clock()
        access = Access(parse_address(api_url), key, self._options)
        make = connect or connector(access.address)
        self._budget = Budget(self._options.timeout, clock)
        conduct = Conduct(Throttle(self._options.rate, clock), self._budget, Ledger())
        workers = Workers(
            self._options.concurrency,
            lambda: GatewayClient(access, make, conduct),
            self._budget,
            access.address.where,
        )
        self._session = Session(workers, conduct.ledger)

    @property
    def list_failure(self) -> GatewayError | None:
        """Why not all unmanaged groups were seen, where they were asked for; None if all were."""
        return self._session.list_failure

    @property
    def broken_items(self) -> int:
        """Items of the list that could not be read as groups, and are none of those wanted."""
        return len(self._session.broken)

    @property
    def broken_ids(self) -> Sequence[str | None]:
        """External ids of those items; None where an item has none that can be read."""
        return tuple(self._session.broken)

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """One reading for every wanted group, in the order of arrival; a second one replaces the first.

        Groups of the list are let go as they are yielded. With ``unmanaged`` the whole list is read, and its
        other groups are yielded too, as ``Found`` without a declaration.

        Where several groups are wanted and none is found, all are ``Failed`` and none is ``Missing``.
        """
        return self._start(wanted, self._options.read, unmanaged=unmanaged)

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """One fresh reading for every suspect: by get, or from the list where that takes fewer calls."""
        mode: ReadMode = "get" if self._options.read == "get" else "auto"
        return self._start(suspects, mode, pages=self._session.pages, after=self._options.confirm_after)

    def stop(self) -> None:
        """Let every group that is still to be read be ``Failed``; also from a signal handler."""
        self._budget.stop()

    def notes(self) -> tuple[str, ...]:
        """What else was met: members of the API that are not compared, broken items of the list."""
        return self._session.ledger.notes()

    def requests(self) -> Mapping[str, int]:
        """Requests so far: ``get`` and ``list``, ``retries`` among them, and ``throttled``: answers with 429."""
        return self._session.ledger.counts()

    def close(self) -> None:
        """Close the connections. What still waits for the network is left behind."""
        self._session.workers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(
        self,
        groups: Sequence[DesiredGroup],
        mode: ReadMode,
        *,
        unmanaged: bool = False,
        pages: int | None = None,
        after: float = 0.0,
    ) -> Iterator[Reading]:
        """The readings, ``after`` so many seconds; the time runs from now on."""
        self._budget.start()
        by_list = begins_with_list(mode, len(groups), unmanaged=unmanaged, pages=pages)
        wanted = Wanted(groups)
        sweep = Sweep(self._session, wanted, mode, unmanaged=unmanaged) if by_list else None
        return self._certain(self._readings(wanted, sweep, after), alone=len(groups) == 1)

    def _readings(self, wanted: Wanted, sweep: Sweep | None, after: float) -> Iterator[Reading]:
        """One reading for every wanted group: whatever ends the reading early, the rest is ``Failed``."""
        try:
            if after:
                self._budget.sleep(after, self._session.workers.where)
            if sweep:
                before = len(wanted)
                yield from sweep.readings()
                if sweep.complete and SAMPLE < len(wanted) == before:
                    # The whole list held none: if a few of them are absent for sure, the others are not asked for.
                    yield from one_by_one(self._session, wanted, list(wanted)[:SAMPLE])
                    if self._session.witness is None:
                        raise self._none_found()
            yield from one_by_one(self._session, wanted, list(wanted))
        except GatewayError as error:
            for position in wanted:
                yield failed(wanted.close(position), error)

    def _certain(self, readings: Iterator[Reading], *, alone: bool) -> Iterator[Reading]:
        """Holds ``Missing`` back until some declared group was found, which shows that the key is the right one.

        Where none is, all are ``Failed``: more likely the key is of another workspace than all are deleted.
        A group that is wanted ``alone`` has nothing to be compared with.
        """
        held: list[Missing] = []
        for reading in readings:
            if isinstance(reading, Missing) and not alone and self._session.witness is None:
                held.append(reading)
                continue
            yield reading
            if held and self._session.witness is not None:
                yield from held
                held.clear()
        yield from (failed(missing.desired, self._none_found()) for missing in held)

    def _none_found(self) -> GatewayError:
        message = "none of the declared groups was found: is the API key of their workspace?"
        return GatewayError(Cause.NOT_FOUND_ANYWHERE, message, where=self._session.workers.where)
