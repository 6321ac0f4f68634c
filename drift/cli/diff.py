"""``drift diff``: what changed between two snapshots."""

from pathlib import Path

import click

from drift.checker.check import check
from drift.cli.checking import now
from drift.cli.console import say_drift_error, unexpected
from drift.cli.offline import described, read_snapshot
from drift.cli.outputs import ReportOutputs, report_outputs
from drift.errors import DriftError, SettingsError
from drift.report.report import FailOn, Failure, Gate, Report, failed_report
from drift.snapshot import Snapshot, SnapshotSource, declared_by


@click.command(
    epilog="Exit codes: 0 the same, 1 unexpected error, 2 different, 3 incomplete: a snapshot does not hold the whole "
    "workspace, 4 usage or an unusable file."
)
@click.argument("before", metavar="A", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("after", metavar="B", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--fail-on",
    type=click.Choice([choice.value for choice in FailOn]),
    default=FailOn.DRIFT.value,
    show_default=True,
    help="Which differences make the exit code 2.",
)
@report_outputs
def command(before: Path, after: Path, *, fail_on: str, outputs: ReportOutputs) -> int:
    """Say what changed between two files of `drift snapshot`; no key, no network.

    A takes the part of the declaration and B that of the live groups: groups that only A has are missing, groups
    that only B has are unmanaged, and a permissive finding means that B allows more than A.
    """
    gate = Gate(FailOn(fail_on))
    try:
        report = _compared(before, after, gate)
    except DriftError as error:
        report = _failed(error, before, after, gate)
    except Exception as error:  # noqa: BLE001 - whatever happens, there is a report and it is not "the same"
        report = _failed(unexpected(error), before, after, gate)
    outputs.write(report)
    return report.exit_code


def _compared(before: Path, after: Path, gate: Gate) -> Report:
    if str(before) == str(after) == "-":
        raise SettingsError("only one of the two snapshots can be standard input")
    a, b = read_snapshot(before), read_snapshot(after)
    hidden = None if a.missed is None else f"{before} is incomplete: {a.missed.message}"
    return check(
        declared_by(a, str(before)),
        _Second(a, b, after, hidden),
        now=now,
        api_url=f"{described(b, after)}, against {described(a, before)}",
        gate=gate,
        unmanaged=True,
    )


class _Second(SnapshotSource):
    """The second snapshot; it may hold nothing of the first."""

    def __init__(self, before: Snapshot, after: Snapshot, path: Path, hidden: str | None) -> None:
        super().__init__(after, str(path), may_hold_none=True, hidden=hidden)
        self._other_url = None if before.api_url == after.api_url else before.api_url

    def notes(self) -> tuple[str, ...]:
        """Also that the two are of different workspaces, as far as the URL tells."""
        other = self._other_url
        note = () if other is None else (f"the snapshots are of different gateways; the first is of {other}",)
        return (*note, *super().notes())


def _failed(error: DriftError, before: Path, after: Path, gate: Gate) -> Report:
    say_drift_error(error)
    return failed_report(
        Failure(error.message, error.hint),
        error.exit_code,
        gate=gate,
        api_url=f"snapshot {after}, against snapshot {before}",
        at=now(),
    )
