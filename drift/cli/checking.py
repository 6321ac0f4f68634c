"""The check as a whole: settings and files in, report out. The commands `check` and `demo` both run it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from drift.checker import check
from drift.cli.console import environment, unexpected
from drift.cli.interrupts import catch_interrupts
from drift.cli.options import read_stdin
from drift.cli.progress import progress
from drift.desired import Desired, load_desired
from drift.errors import DesiredError, DriftError, SettingsError
from drift.gateway.key import ApiKey
from drift.report import Failure, Gate, Report, failed_report
from drift.settings import KEY_VARIABLE, ReadSettings
from drift.shard import Shard


class Request(Struct, frozen=True):
    """What one check is asked to do."""

    paths: tuple[str, ...]
    settings: ReadSettings
    gate: Gate
    unmanaged: bool
    shard: Shard | None = None
    show_progress: bool = True
    ignore: frozenset[str] = frozenset()
    """Rules for desired files whose warnings are left out."""


def now() -> datetime:
    """The clock; nobody else reads it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


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


def run_check(request: Request, key: Callable[[], ApiKey], *, on_error: Callable[[DriftError], None]) -> Report:
    """Run the check; what keeps it from running is told to ``on_error`` and becomes a report as well."""
    try:
        desired = load_desired(request.paths, stdin=read_stdin, ignore=request.ignore)
        return _compare(desired, request, key())
    except DriftError as error:
        return _failed(error, request, on_error)
    except Exception as error:  # noqa: BLE001 - whatever happens, there is a report and it is not "in sync"
        return _failed(unexpected(error), request, on_error)


def _failed(error: DriftError, request: Request, on_error: Callable[[DriftError], None]) -> Report:
    on_error(error)
    return failed_report(
        Failure(error.message, error.hint),
        error.exit_code,
        gate=request.gate,
        api_url=request.settings.api_url,
        at=now(),
        problems=error.problems if isinstance(error, DesiredError) else (),
    )


def _compare(desired: Desired, request: Request, key: ApiKey) -> Report:
    if not desired.groups:
        raise SettingsError(
            f"no groups are declared in {_named(request.paths)}", hint="a check of nothing would always be in sync"
        )
    from drift.gateway.source import GatewaySource, Options  # noqa: PLC0415 - httpx is slow to import

    settings = request.settings
    options = Options(
        mode=settings.read,
        concurrency=settings.concurrency,
        timeout=settings.timeout,
        scheme=settings.auth_scheme,
        effective=True,
    )
    with (
        catch_interrupts() as interrupts,
        GatewaySource(settings.api_url, key, options) as source,
        progress("reading groups", len(desired.groups), wanted=request.show_progress) as on_reading,
    ):
        interrupts.on_stop(source.stop)
        return check(
            desired.groups,
            source,
            now=now,
            api_url=settings.api_url,
            gate=request.gate,
            unmanaged=request.unmanaged,
            shard=request.shard,
            problems=desired.warnings,
            on_reading=on_reading,
            interrupted=interrupts.code,
        )


def _named(paths: Sequence[str]) -> str:
    return ", ".join(paths)
