"""One reading of many groups: the list, or gets, or first the one and then the other."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from msgspec import Struct

from drift.errors import Cause, GatewayError
from drift.gateway.client import GatewayClient
from drift.gateway.ledger import Ledger
from drift.gateway.lookup import look_up
from drift.gateway.plan import SAMPLE, Patience, ReadMode, Wanted, next_page_is_certain, turns_to_gets, worth_gets
from drift.gateway.sweep import Sweep
from drift.gateway.wire import Broken
from drift.gateway.workers import Workers
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Failed, Found, Missing, Reading


class Memory(Struct):
    """What earlier readings of a source learned."""

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
    broken: int = 0
    """Items of the list that are no group as documented, and not one that was asked for."""
    broken_ids: list[str | None] = []
    """Their external ids, where those can be told."""


class _Aside(Struct):
    """Groups of the list that cannot be judged before its end."""

    namesakes: dict[int, Group] = {}
    """With the declared id but another external id; the group with the right one may still come."""
    contested: list[int] = []
    """Positions for which two groups came: the list may show a group before and after it was created anew."""


class Reader(Struct, frozen=True):
    """How to get at groups, and what is known about them."""

    workers: Workers[GatewayClient]
    where: str
    """The list's URL path, for messages."""
    ledger: Ledger
    memory: Memory
    effective: bool

    def read(
        self, wanted: Wanted, mode: ReadMode, *, sweeping: bool, unmanaged: bool, after: float = 0.0
    ) -> Iterator[Reading]:
        """One reading for every wanted group: whatever ends the reading early, the rest is ``Failed``.

        It begins ``after`` so many seconds.
        """
        try:
            self.workers.pause(after)
            if sweeping:
                yield from self._listed(wanted, mode, unmanaged=unmanaged)
            yield from self._one_by_one(wanted, list(wanted))
        except GatewayError as error:
            for position in wanted:
                yield _failed(wanted.close(position), error)

    def _listed(self, wanted: Wanted, mode: ReadMode, *, unmanaged: bool) -> Iterator[Reading]:
        sweep = Sweep(self.workers, self.where, effective=self.effective)
        before = len(wanted)
        aside = _Aside()
        failure = None
        try:
            yield from self._swept(sweep, wanted, aside, mode, unmanaged=unmanaged)
        except GatewayError as error:
            failure = error
        self.memory.pages = max(self.memory.pages, sweep.pages_read)
        for position, live in aside.namesakes.items():
            if position in wanted:
                yield self._found(wanted, position, live)
            elif unmanaged:
                yield Found(None, live)
        for position in aside.contested:
            self.memory.ids.pop(_name(wanted[position]), None)
            wanted.reopen(position)
        if failure:
            self._broken_off(failure, wanted, unmanaged=unmanaged)
        elif sweep.complete and len(wanted) == before:
            yield from self._sampled(wanted)

    def _swept(
        self, sweep: Sweep, wanted: Wanted, aside: "_Aside", mode: ReadMode, *, unmanaged: bool
    ) -> Iterator[Reading]:
        """The readings of one page after another, until the list ends or is no longer the cheaper way."""

        def next_is_certain() -> bool:
            return unmanaged or next_page_is_certain(mode, len(wanted), sweep.pages_read + 1)

        with closing(sweep.pages(next_is_certain)) as pages:
            for items in pages:
                for live in items.groups:
                    if found := self._matched(live, wanted, aside, unmanaged=unmanaged):
                        yield found
                for broken in items.broken:
                    yield from self._broken(broken, wanted)
                if not unmanaged and (not wanted or turns_to_gets(mode, len(wanted), sweep.pages_read)):
                    return

    def _matched(self, live: Group, wanted: Wanted, aside: "_Aside", *, unmanaged: bool) -> Found | None:
        """The reading that a listed group amounts to, if any."""
        position = wanted.by_external(live.external_entity_id)
        if position is not None:
            return self._found(wanted, position, live)
        position = wanted.by_id(live.id)
        if position is not None:
            if wanted[position].external_entity_id is None:
                return self._found(wanted, position, live)
            aside.namesakes[position] = live
            return None
        position = wanted.declares(live)
        if position is None:
            return Found(None, live) if unmanaged else None
        first = self.memory.ids.get(live.external_entity_id)
        if first not in (None, live.id):
            aside.contested.append(position)
            self.ledger.note(
                f"two groups of the list have the external id {live.external_entity_id!r}: {first!r} and {live.id!r}"
            )
        return None

    def _broken(self, broken: Broken, wanted: Wanted) -> Iterator[Reading]:
        position = wanted.by_external(broken.external_entity_id)
        if position is None:
            position = wanted.by_id(broken.id)
        message = f"not a group as documented: {broken.message}"
        if position is None:
            self.memory.broken += 1
            self.memory.broken_ids.append(broken.external_entity_id)
            who = broken.external_entity_id or broken.id
            self.ledger.note(f"an item of the list{f' ({who!r})' if who else ''} is {message}")
        else:
            error = GatewayError(Cause.UNREADABLE_RESPONSE, message, where=self.where)
            yield _failed(wanted.close(position), error)

    def _broken_off(self, failure: GatewayError, wanted: Wanted, *, unmanaged: bool) -> None:
        if unmanaged:
            self.memory.list_failure = failure
            self.ledger.note(f"not all unmanaged groups were seen: {failure.message}")
        if wanted and not worth_gets(failure.cause, len(wanted)):
            raise failure
        if wanted:
            self.ledger.note(f"the list of groups broke off ({failure.message}); the rest was asked for one by one")

    def _sampled(self, wanted: Wanted) -> Iterator[Reading]:
        """Look for a few groups one by one, because the whole list held none. Ends the reading if they are absent."""
        if len(wanted) <= SAMPLE:
            return
        yield from self._one_by_one(wanted, list(wanted)[:SAMPLE])
        if self.memory.witness is None:
            raise GatewayError(Cause.NOT_FOUND_ANYWHERE, NONE_FOUND, where=self.where)

    def _one_by_one(self, wanted: Wanted, positions: Sequence[int]) -> Iterator[Reading]:
        def call(client: GatewayClient, position: int) -> Group | None:
            desired = wanted[position]
            return look_up(client, desired, self.memory.ids.get(_name(desired)))

        patience = Patience()
        absent: list[int] = []
        hopeless = None
        for position, result in self.workers.run(positions, call):
            if isinstance(result, GatewayError):
                yield _failed(wanted.close(position), result)
                if patience.is_over(result.cause):
                    hopeless = _hopeless(result)
                    break
                continue
            patience.answered()
            if result is None:
                absent.append(position)
                continue
            desired = wanted[position]
            if result.id not in (desired.id, self.memory.ids.get(_name(desired))):
                self.memory.filter_works = True
            yield self._found(wanted, position, result)
        yield from self._absent(wanted, absent)
        if hopeless:
            raise hopeless

    def _absent(self, wanted: Wanted, positions: Sequence[int]) -> Iterator[Reading]:
        """Groups that the gateway says it does not have: ``Missing``, unless it says so of others that are there."""
        doubt = None
        if any(wanted[position].external_entity_id is not None for position in positions):
            doubt = self._doubt_in_the_filter()
        for position in positions:
            desired = wanted.close(position)
            yield _failed(desired, doubt) if doubt and desired.external_entity_id is not None else Missing(desired)

    def _doubt_in_the_filter(self) -> GatewayError | None:
        """Ask the list's filter for a group that is known to be there, unless it has found one before.

        The filter is documented but missing from the vendor's OpenAPI document, so that nothing it finds may
        be nothing it understood.
        """
        witness = self.memory.witness
        if witness is None or self.memory.filter_works:
            return None

        def call(client: GatewayClient, live: Group) -> bool:
            # A group that is gone by now is no evidence against the filter.
            return client.find(live.external_entity_id) is not None or client.get(live.id) is None

        for _, works in self.workers.run([witness], call):
            if isinstance(works, GatewayError):
                return works
            self.memory.filter_works = works
        if self.memory.filter_works:
            return None
        message = f"the list says that this group is absent, but says so of {witness.external_entity_id!r} too"
        return GatewayError(Cause.INCONSISTENT, message, where=self.where)

    def _found(self, wanted: Wanted, position: int, live: Group) -> Found:
        desired = wanted.close(position)
        self.memory.witness = live
        self.memory.ids[_name(desired)] = live.id
        return Found(desired, live)


NONE_FOUND = "none of the declared groups was found: is the API key of their workspace?"


def certain(readings: Iterator[Reading], memory: Memory, where: str, *, alone: bool) -> Iterator[Reading]:
    """Holds ``Missing`` back until some declared group was found, which shows that the key is the right one.

    Where none is, all are ``Failed``: more likely the key is of another workspace than all are deleted.
    A group that is wanted ``alone`` has nothing to be compared with.
    """
    held: list[Missing] = []
    for reading in readings:
        if isinstance(reading, Missing) and not alone and memory.witness is None:
            held.append(reading)
            continue
        yield reading
        if held and memory.witness is not None:
            yield from held
            held.clear()
    error = GatewayError(Cause.NOT_FOUND_ANYWHERE, NONE_FOUND, where=where)
    yield from (_failed(missing.desired, error) for missing in held)


def _name(desired: DesiredGroup) -> str:
    return desired.external_entity_id or desired.id or ""


def _failed(desired: DesiredGroup, error: GatewayError) -> Failed:
    return Failed(desired, error.cause, error.message, error.where)


def _hopeless(error: GatewayError) -> GatewayError:
    message = f"not asked for, because others failed alike: {error.message}"
    return GatewayError(error.cause, message, where=error.where, status=error.status)
