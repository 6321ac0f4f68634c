"""``drift diff``: what changed between two snapshots."""

from pathlib import Path

import click

from drift.checker.check import check
from drift.cli.checking import described, now, reported
from drift.cli.files import read_snapshot
from drift.cli.outputs import ReportOutputs, report_outputs
from drift.errors import SettingsError
from drift.report.report import FailOn, Gate, Report
from drift.snapshot import SnapshotSource, declared_by


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
    of_both = f"snapshot {after}, against snapshot {before}"
    report = reported(lambda: _compared(before, after, gate), gate=gate, api_url=of_both)
    outputs.write(report)
    return report.exit_code


def _compared(before: Path, after: Path, gate: Gate) -> Report:
    if str(before) == str(after) == "-":
        raise SettingsError("only one of the two snapshots can be standard input")
    a, b = read_snapshot(before), read_snapshot(after)
    other = f"the snapshots are of different gateways; the first is of {a.api_url}"
    source = SnapshotSource(
        b,
        str(after),
        may_hold_none=True,
        hidden=None if a.missed is None else f"{before} is incomplete: {a.missed.message}",
        notes=() if a.api_url == b.api_url else (other,),
    )
    return check(
        declared_by(a, str(before)),
        source,
        now=now,
        api_url=f"{described(b, after)}, against {described(a, before)}",
        gate=gate,
        unmanaged=True,
    )
