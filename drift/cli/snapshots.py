"""``drift snapshot``: the whole workspace as a file; ``drift diff``: what changed between two of them."""

from pathlib import Path

import click

from drift.checker.check import check
from drift.checker.workspace import read_workspace
from drift.cli.checking import reported
from drift.cli.connection import Connection, connection_options, described
from drift.cli.console import now, say, say_error, say_notes, write_bytes
from drift.cli.files import checked_path, read_snapshot, write_file
from drift.cli.options import SAVED, ReportOutputs, fail_on_option, report_outputs
from drift.errors import HINTS, SettingsError
from drift.model.wording import counted, timestamp
from drift.report.report import FailOn, Gate, Report
from drift.snapshot import Snapshot, SnapshotSource, declared_by, encode, pack


@click.command(
    epilog="Exit codes: 0 the whole workspace is in the snapshot, 1 unexpected error, 3 something could not be read, "
    "4 usage, 5 authentication, 130/143 interrupted."
)
@click.argument("path", default="-", type=SAVED)
@click.option("--partial", is_flag=True, help="Write also what an incomplete reading saw, marked as incomplete.")
@connection_options
def snapshot(path: Path, *, partial: bool, connection: Connection) -> int:
    """Write all live groups of the workspace to PATH (default: standard output).

    PATH is replaced in one step, and packed if it ends in .gz or .zst. An incomplete reading leaves it as it
    was, unless --partial is given. `drift check --live PATH` and `drift diff` read it back.
    """
    to_stdout = str(path) == "-"
    if not to_stdout:
        checked_path(path)
        pack(b"", path.name)  # what cannot be packed is refused before anything is read
    with connection.gateway() as live:
        workspace = read_workspace(live.source, on_reading=live.on_reading)
        ended_by = live.interrupts.code()
    code = (workspace.missed and ended_by) or workspace.exit_code
    taken = Snapshot(live.api_url, timestamp(now()), workspace.groups, workspace.missed, workspace.notes)
    if taken.missed and not (partial and taken.groups):
        say_error(f"no snapshot was written: {taken.missed.message}", HINTS.get(taken.missed.cause, ""))
        if taken.groups:
            say(f"  {counted(len(taken.groups), 'group')} could be read; --partial writes them")
        return code
    data = encode(taken)
    if to_stdout:
        write_bytes(data)
    else:
        write_file(path, pack(data, path.name))
    say_notes(taken.warnings)
    if taken.missed:
        say_error(f"the snapshot is incomplete: {taken.missed.message}", HINTS.get(taken.missed.cause, ""))
    return code


@click.command(
    epilog="Exit codes: 0 the same, 1 unexpected error, 2 different, 3 incomplete: a snapshot does not hold the whole "
    "workspace, 4 usage or an unusable file."
)
@click.argument("before", metavar="A", type=SAVED)
@click.argument("after", metavar="B", type=SAVED)
@fail_on_option("Which differences make the exit code 2.", FailOn.DRIFT.value)
@report_outputs
def diff(before: Path, after: Path, *, fail_on: str, outputs: ReportOutputs) -> int:
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
