"""Live groups from the gateway, as the stream of readings that the checker consumes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from msgspec import Struct

from drift.errors import GatewayError, SettingsError
from drift.gateway.address import parse_address
from drift.gateway.client import MAX_BODY, Access, GatewayClient
from drift.gateway.clock import Budget, Clock
from drift.gateway.key import ApiKey, Scheme
from drift.gateway.ledger import Ledger
from drift.gateway.plan import ReadMode, Wanted, begins_with_list
from drift.gateway.reader import Memory, Reader, certain
from drift.gateway.retry import Conduct
from drift.gateway.throttle import RATE, Throttle
from drift.gateway.transport import Connect, connector
from drift.gateway.workers import Workers
from drift.model.groups import DesiredGroup
from drift.model.readings import Reading


class Options(Struct, frozen=True):
    """How to read. Times are in seconds."""

    mode: ReadMode = "auto"
    """``get`` asks for groups one by one, ``list`` sweeps the list, ``auto`` takes fewer calls."""
    concurrency: int = 32
    """Requests under way at once. At the default rate this suffices for answers that take a third of a second."""
    timeout: float = 300.0
    """For everything: all readings, retries and waits of one source together."""
    request_timeout: float = 30.0
    rate: float | None = RATE
    """Requests a second; None for gateways that are not throttled."""
    scheme: Scheme = "bearer"
    confirm_after: float = 0.0
    """Wait before suspects are read again: changes take a while to reach every reader."""
    effective: bool = False
    """Also decode the effective limits of listed groups. Groups that are asked for one by one always have them."""
    max_body: int = MAX_BODY
    """Bytes of one answer, after decompression."""

    def check(self) -> None:
        """Refuse numbers that would read nothing.

        Raises:
            SettingsError: a number is not above zero.
        """
        for name in ("concurrency", "timeout", "request_timeout", "rate", "max_body"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SettingsError(f"{name.replace('_', ' ')} must be above zero, not {value}")


class GatewaySource:
    """Reads declared groups, in as few calls as it can, and says of each what came of it.

    Use it as a context manager, from one thread; only :meth:`stop` may be called from anywhere.
    """

    def __init__(
        self,
        api_url: str,
        key: ApiKey,
        options: Options | None = None,
        *,
        connect: Connect | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``connect`` and ``clock`` are for tests and simulations.

        Raises:
            SettingsError: the URL, an option, or the proxy or certificates of the environment cannot be used.
        """
        options = options or Options()
        options.check()
        clock = clock or Clock()
        address = parse_address(api_url)
        access = Access(address, key, options.scheme, options.request_timeout, options.max_body)
        conduct = Conduct(Throttle(options.rate, clock), Budget(options.timeout, clock), Ledger())
        make = connect or connector(address)
        self._mode = options.mode
        self._confirm_after = options.confirm_after
        self._budget, self._ledger = conduct.budget, conduct.ledger
        self._workers = Workers(
            options.concurrency, lambda: GatewayClient(access, make, conduct), self._budget, address.where
        )
        self._reader = Reader(self._workers, address.where, self._ledger, Memory(), options.effective)

    @property
    def list_failure(self) -> GatewayError | None:
        """Why not all unmanaged groups were seen, where they were asked for; None if all were."""
        return self._reader.memory.list_failure

    @property
    def broken_items(self) -> int:
        """Items of the list that could not be read as groups, and are none of those wanted."""
        return self._reader.memory.broken

    @property
    def broken_ids(self) -> Sequence[str | None]:
        """External ids of those items; None for one that does not tell its own."""
        return tuple(self._reader.memory.broken_ids)

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """One reading for every wanted group, in the order of arrival; a second one replaces the first.

        Groups of the list are let go as they are yielded. With ``unmanaged`` the whole list is read, and its
        other groups are yielded too, as ``Found`` without a declaration.

        Where several groups are wanted and none is found, all are ``Failed`` and none is ``Missing``.
        """
        sweeping = begins_with_list(self._mode, len(wanted), unmanaged=unmanaged)
        return self._read(Wanted(wanted), self._mode, sweeping=sweeping, unmanaged=unmanaged)

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """One fresh reading for every suspect: by get, or from the list where that takes fewer calls."""
        mode: ReadMode = "get" if self._mode == "get" else "auto"
        sweeping = begins_with_list(mode, len(suspects), unmanaged=False, pages=self._reader.memory.pages)
        return self._read(Wanted(suspects), mode, sweeping=sweeping, unmanaged=False, after=self._confirm_after)

    def stop(self) -> None:
        """Let every group that is still to be read be ``Failed``; also from a signal handler."""
        self._budget.stop()

    def notes(self) -> tuple[str, ...]:
        """What else was met: members of the API that are not compared, broken items of the list."""
        return self._ledger.notes()

    def requests(self) -> Mapping[str, int]:
        """Requests so far: ``get`` and ``list``, ``retries`` among them, and ``throttled``: answers with 429."""
        return self._ledger.counts()

    def close(self) -> None:
        """Close the connections. What still waits for the network is left behind."""
        self._workers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(
        self, wanted: Wanted, mode: ReadMode, *, sweeping: bool, unmanaged: bool, after: float = 0.0
    ) -> Iterator[Reading]:
        self._budget.start()
        alone = len(wanted) == 1
        readings = self._reader.read(wanted, mode, sweeping=sweeping, unmanaged=unmanaged, after=after)
        return certain(readings, self._reader.memory, self._reader.where, alone=alone)
