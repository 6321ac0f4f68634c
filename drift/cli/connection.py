"""Where live groups come from: the gateway, reached with a key, or a snapshot of it; and the options that say so."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import click
from msgspec import Struct, convert
from msgspec.structs import replace

from drift.checker.check import GroupSource
from drift.cli.console import Interrupts, catch_interrupts, environment, progress
from drift.cli.files import read_snapshot
from drift.cli.options import FILE, SAVED, timeout_option
from drift.errors import SettingsError
from drift.gateway.key import ApiKey
from drift.gateway.settings import API_URL, API_URL_VARIABLE, KEY_VARIABLE, ReadSettings
from drift.gateway.settings import api_url as resolve_api_url
from drift.model.readings import Reading

if TYPE_CHECKING:
    from drift.gateway.source import GatewaySource
    from drift.snapshot import Snapshot

S_co = TypeVar("S_co", bound=GroupSource, covariant=True)


class Opened(NamedTuple, Generic[S_co]):
    """Live groups, open for reading."""

    source: S_co
    api_url: str
    """Of the gateway whose groups they are."""
    name: str
    """What reports call the source."""
    key_prefix: str | None
    """The part of the key that is no secret; None without a key."""
    interrupts: Interrupts
    on_reading: Callable[[Reading], None]
    """To be called with every reading."""


class Connection(Struct, frozen=True):
    """What the command line says of where live groups are read; nothing is opened yet."""

    settings: ReadSettings
    key: Callable[[], ApiKey]
    """Asked for only when the gateway is to be read."""
    snapshot: Path | None = None
    """Read instead of the gateway."""
    show_progress: bool = True

    @property
    def name(self) -> str:
        """The source as the command line has it."""
        return f"snapshot {self.snapshot}" if self.snapshot else self.settings.api_url

    def open(self, expected: int) -> AbstractContextManager[Opened[GroupSource]]:
        """Within the block the groups can be read, and signals end the reading, not the run.

        Args:
            expected: How many groups will be read.

        Raises:
            SettingsError: There is no key, or no such snapshot.
        """
        return self._offline(self.snapshot) if self.snapshot else self.gateway(expected)

    @contextmanager
    def gateway(self, expected: int | None = None) -> "Iterator[Opened[GatewaySource]]":
        """The gateway alone, as :meth:`open`; ``expected`` is None if nobody knows."""
        from drift.gateway.source import GatewaySource  # noqa: PLC0415 - httpx is slow to import

        key, url = self.key(), self.settings.api_url
        with (
            catch_interrupts() as interrupts,
            GatewaySource(url, key, self.settings) as source,
            progress("reading and comparing", expected, wanted=self.show_progress) as on_reading,
        ):
            interrupts.on_stop(source.stop)
            yield Opened(source, url, url, key.prefix or None, interrupts, on_reading)

    @contextmanager
    def _offline(self, path: Path) -> Iterator[Opened[GroupSource]]:
        from drift.snapshot import SnapshotSource  # noqa: PLC0415 - a check of the gateway needs none of it

        snapshot = read_snapshot(path)
        source = SnapshotSource(snapshot, str(path))
        with catch_interrupts() as interrupts:
            yield Opened(source, snapshot.api_url, described(snapshot, path), None, interrupts, lambda _: None)


def described(snapshot: "Snapshot", path: Path) -> str:
    """How a report names a snapshot: whose it is and when it was read."""
    return f"snapshot {path} of {snapshot.api_url}, read {snapshot.read_at}"


def api_key(file: Path | None) -> ApiKey:
    """The key from ``--api-key-file``, else from the environment; never from a flag, which `ps` would show.

    Raises:
        SettingsError: There is none, or it cannot be a key.
    """
    if file is not None:
        return ApiKey.from_file(file)
    text = environment().get(KEY_VARIABLE)
    if not text:
        raise SettingsError(
            "no API key",
            hint=f"set {KEY_VARIABLE}, or give --api-key-file PATH; it must be a workspace key with management scope",
        )
    return ApiKey(text, origin=KEY_VARIABLE)


def connection_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options of every command that reads the gateway, as the one argument ``connection``."""
    default = ReadSettings()

    @click.option("--api-url", metavar="URL", help=f"Base URL. [env: {API_URL_VARIABLE}; default: {API_URL}]")
    @click.option(
        "--api-key-file",
        type=FILE,
        help=f"File with the API key on its only line. [default: the key in {KEY_VARIABLE}]",
    )
    @click.option("--auth-scheme", type=click.Choice(["bearer", "api-key"]), default="bearer", show_default=True)
    @click.option(
        "--read",
        type=click.Choice(["auto", "get", "list"]),
        default="auto",
        show_default=True,
        help="Get each group, list the workspace, or whatever takes fewer calls.",
    )
    @timeout_option(default.timeout, "Time for the whole run; what is not read by then is unread.")
    @click.option(
        "--concurrency",
        type=click.IntRange(1, 128),
        default=default.concurrency,
        show_default=True,
        help="Connections at the same time.",
    )
    @wraps(function)
    def collected(*, api_url: str | None, api_key_file: Path | None, **others: object) -> int:
        named = {name: others.pop(name) for name in ("auth_scheme", "read", "timeout", "concurrency")}
        settings = convert({**named, "api_url": resolve_api_url(api_url, environment())}, ReadSettings)
        return function(connection=Connection(settings, partial(api_key, api_key_file)), **others)

    return collected


def live_options(function: Callable[..., int]) -> Callable[..., int]:
    """:func:`connection_options`, and ``--live`` for a snapshot instead."""

    @connection_options
    @click.option(
        "--live",
        type=SAVED,
        metavar="SNAPSHOT",
        help="Compare with a file of `drift snapshot` instead of the gateway: no key, no network.",
    )
    @wraps(function)
    def collected(*, connection: Connection, live: Path | None, **others: object) -> int:
        if live:
            _refuse_gateway_options()
        return function(connection=replace(connection, snapshot=live), **others)

    return collected


def _refuse_gateway_options() -> None:
    context = click.get_current_context()
    for name in ("api_url", "api_key_file", "auth_scheme", "read", "timeout", "concurrency", "confirm_after"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            flag = f"--{name.replace('_', '-')}"
            raise SettingsError(
                f"{flag} is of no use with --live, which reads a file", hint=f"leave out {flag}, or --live"
            )
