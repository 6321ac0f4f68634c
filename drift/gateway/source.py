"""Live groups from the gateway, as the stream of readings that the checker consumes.

One call gets one group, or lists up to 1,000. The cheaper way depends on how many groups are wanted and
where in the list they are, which only reading shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Self

from drift.errors import Cause, GatewayError
from drift.gateway.client import Access, GatewayClient
from drift.gateway.key import ApiKey
from drift.gateway.pace import Budget, Clock, Throttle
from drift.gateway.retry import Conduct, Ledger
from drift.gateway.settings import ReadMode, ReadOptions, parse_address
from drift.gateway.sweep import Session, Sweep, Wanted, failed
from drift.gateway.transport import Connect, connector
from drift.gateway.workers import Workers
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Missing, Reading

FEW = 5
"""Groups that are asked for one by one without looking at the list first."""
SAMPLE = 3
"""Groups looked up one by one when a whole list held none of those wanted."""
_GIVE_UP_AFTER = 10


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
            for position in list(wanted):
                yield failed(wanted.pop(position), error)

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


def begins_with_list(mode: ReadMode, wanted: int, *, unmanaged: bool, pages: int | None = None) -> bool:
    """Whether to read the list at first. ``pages`` is how many it has, if that is known already."""
    if unmanaged:
        return True
    if mode == "get" or wanted == 0:
        return False
    return mode == "list" or wanted > max(FEW, pages or 0)


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


def look_up(client: GatewayClient, desired: DesiredGroup, known_id: str | None) -> Group | None:
    """The live group, or None if there is none under any id it was declared with or seen under.

    The external id has the last word: it distinguishes a deleted group from one that was created anew. A group that
    has the pinned id but another external id than declared is returned; the comparison says so.

    Args:
        client: The connection to ask over.
        desired: The declaration.
        known_id: The internal id under which an earlier reading found it.

    Raises:
        GatewayError: whether there is such a group could not be learned.
    """
    for group_id in dict.fromkeys(filter(None, (known_id, desired.id))):
        try:
            group = client.get(group_id)
        except GatewayError as error:
            # A 404 that is not the gateway's own may come from anything on the way; the list still knows.
            if error.status != HTTPStatus.NOT_FOUND or desired.external_entity_id is None:
                raise
        else:
            if group is not None:
                return group
    return None if desired.external_entity_id is None else client.find(desired.external_entity_id)


def one_by_one(session: Session, wanted: Wanted, positions: Sequence[int]) -> Iterator[Reading]:
    """The reading of each of these positions.

    Raises:
        GatewayError: so many failed alike that the others are not asked for.
    """
    patience = Patience()
    absent: list[int] = []
    hopeless = None

    def call(client: GatewayClient, position: int) -> Group | None:
        desired = wanted.all[position]
        return look_up(client, desired, session.id_of(desired))

    for position, result in session.workers.run(positions, call):
        if isinstance(result, GatewayError):
            yield failed(wanted.pop(position), result)
            if patience.is_over(result.cause):
                message = f"not asked for, because others failed alike: {result.message}"
                hopeless = GatewayError(result.cause, message, where=result.where, status=result.status)
                break
            continue
        patience.answered()
        if result is None:
            absent.append(position)
            continue
        if result.id not in (wanted[position].id, session.id_of(wanted[position])):
            session.filter_works = True
        yield session.found(wanted, position, result)
    yield from _absent(session, wanted, absent)
    if hopeless:
        raise hopeless


def _absent(session: Session, wanted: Wanted, positions: Sequence[int]) -> Iterator[Reading]:
    """Groups that the gateway says it does not have: ``Missing``, unless it says so of others that are there."""
    doubt = None
    if any(wanted[position].external_entity_id is not None for position in positions):
        doubt = _doubt_in_the_filter(session)
    for position in positions:
        desired = wanted.pop(position)
        yield failed(desired, doubt) if doubt and desired.external_entity_id is not None else Missing(desired)


def _doubt_in_the_filter(session: Session) -> GatewayError | None:
    """Ask the list's filter for a group that is known to be there, unless it has found one before.

    The filter is documented but missing from the vendor's OpenAPI document, so that nothing it finds may
    be nothing it understood.
    """
    witness = session.witness
    if witness is None or session.filter_works:
        return None

    def works(client: GatewayClient, live: Group) -> bool:
        # A group that is gone by now is no evidence against the filter.
        return client.find(live.external_entity_id) is not None or client.get(live.id) is None

    ((_, answer),) = session.workers.run([witness], works)
    if isinstance(answer, GatewayError):
        return answer
    session.filter_works = answer
    if answer:
        return None
    message = f"the list says that this group is absent, but says so of {witness.external_entity_id!r} too"
    return GatewayError(Cause.INCONSISTENT, message, where=session.workers.where)
