"""Reading live groups, and one check from settings and files to the report."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from msgspec import Struct

from drift.checker.check import GroupSource, check
from drift.cli.base import baseline, commit_of
from drift.cli.console import attempt, environment, progress
from drift.cli.files import read_snapshot
from drift.cli.interrupts import Interrupts, catch_interrupts
from drift.cli.options import read_stdin
from drift.desired import Desired, load_desired
from drift.errors import DesiredError, SettingsError
from drift.gateway.key import ApiKey
from drift.gateway.settings import KEY_VARIABLE, ReadSettings
from drift.model.selection import Selection, Shard
from drift.report.acceptance import Acceptances
from drift.report.evidence import Evidence, EvidenceFile
from drift.report.report import Failure, Gate, Report, failed_report
from drift.rules import RULE_SET

if TYPE_CHECKING:
    from drift.gateway.source import GatewaySource
    from drift.snapshot import Snapshot, SnapshotSource


class Request(Struct, frozen=True):
    """What one check is asked to do."""

    paths: tuple[str, ...]
    settings: ReadSettings
    gate: Gate
    unmanaged: bool
    shard: Shard | None = None
    show_progress: bool = True
    as_of: date | None = None
    """The day on which acceptances are judged; today if left out."""
    warn_expiring: float = 14 * 86_400.0
    """Seconds before the end of an acceptance from which on it is expiring."""
    base: str | None = None
    """An earlier declaration, by which the origin of a difference is known; see :mod:`drift.cli.base`."""
    ignore: frozenset[str] = frozenset()
    """Rules for desired files whose warnings are left out."""
    live: Path | None = None
    """A snapshot to compare with instead of the gateway."""


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


def run_check(request: Request, key: Callable[[], ApiKey]) -> Report:
    """Run the check; there is a report whatever happens, see :func:`reported`."""

    def run() -> Report:
        desired = load_desired(request.paths, stdin=read_stdin, ignore=request.ignore)
        return compare(desired, request, None if request.live else key())

    live = f"snapshot {request.live}" if request.live else request.settings.api_url
    return reported(run, gate=request.gate, api_url=live)


def reported(run: Callable[[], Report], *, gate: Gate, api_url: str) -> Report:
    """The report of a run; what keeps it from running is said on stderr and becomes a report that is not in sync."""
    report = attempt(run)
    if isinstance(report, Report):
        return report
    return failed_report(
        Failure(report.message, report.hint),
        report.exit_code,
        gate=gate,
        api_url=api_url,
        at=now(),
        problems=report.problems if isinstance(report, DesiredError) else (),
    )


S_co = TypeVar("S_co", bound=GroupSource, covariant=True)


class Live(NamedTuple, Generic[S_co]):
    """The gateway, opened; its name; what ends the reading early; and what to call for every reading."""

    source: S_co
    name: str
    interrupts: Interrupts
    on_reading: Callable[[], None]


@contextmanager
def connected(
    settings: ReadSettings, key: ApiKey, expected: int | None, *, show_progress: bool
) -> "Iterator[Live[GatewaySource]]":
    """Within the block the gateway can be read, and signals end the reading, not the run.

    ``expected`` is how many groups will be read, if that is known.
    """
    from drift.gateway.source import GatewaySource  # noqa: PLC0415 - httpx is slow to import

    with (
        catch_interrupts() as interrupts,
        GatewaySource(settings.api_url, key, settings) as source,
        progress("reading and comparing", expected, wanted=show_progress) as on_reading,
    ):
        interrupts.on_stop(source.stop)
        yield Live(source, settings.api_url, interrupts, on_reading)


@contextmanager
def offline(path: Path) -> "Iterator[Live[SnapshotSource]]":
    """Within the block a snapshot stands for the gateway."""
    from drift.snapshot import SnapshotSource  # noqa: PLC0415 - a check of the gateway needs none of it

    snapshot = read_snapshot(path)
    with catch_interrupts() as interrupts:
        yield Live(SnapshotSource(snapshot, str(path)), described(snapshot, path), interrupts, lambda: None)


def described(snapshot: "Snapshot", path: Path) -> str:
    """How a report names a snapshot: whose it is and when it was read."""
    return f"snapshot {path} of {snapshot.api_url}, read {snapshot.read_at}"


def compare(
    desired: Desired,
    request: Request,
    key: ApiKey | None,
    *,
    through: Callable[[GroupSource], GroupSource] | None = None,
) -> Report:
    """Read and compare; ``through`` may put something between the gateway and the check that watches it.

    ``key`` may be None where a snapshot is compared with.
    """
    if not desired.groups:
        raise SettingsError(
            f"no groups are declared in {', '.join(request.paths)}",
            hint="a check of nothing would always be in sync",
        )
    earlier = baseline(request.base, request.paths, desired) if request.base is not None else None
    with _opened(request, key, len(desired.groups)) as live:
        return check(
            desired.groups,
            through(live.source) if through else live.source,
            now=now,
            api_url=live.name,
            gate=request.gate,
            unmanaged=request.unmanaged,
            selection=Selection(shard=request.shard),
            prices=desired.prices,
            acceptances=Acceptances(
                desired.accepted, request.as_of or now().date(), timedelta(seconds=request.warn_expiring)
            ),
            baseline=earlier,
            evidence=_evidence(desired, request.paths, key),
            problems=desired.warnings,
            on_reading=live.on_reading,
            interrupted=live.interrupts.code,
        )


def _opened(request: Request, key: ApiKey | None, expected: int) -> AbstractContextManager[Live[GroupSource]]:
    if request.live:
        return offline(request.live)
    if key is None:
        raise TypeError("reading the gateway takes a key")
    return connected(request.settings, key, expected, show_progress=request.show_progress)


def _evidence(desired: Desired, paths: Sequence[str], key: ApiKey | None) -> Evidence:
    commit = commit_of(paths)
    return Evidence(
        rule_set=RULE_SET,
        files=tuple(EvidenceFile(file.path, file.sha256) for file in desired.files),
        git_commit=commit.hash if commit else None,
        git_dirty=commit.dirty if commit else None,
        key_prefix=(key.prefix or None) if key else None,
    )
