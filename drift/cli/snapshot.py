"""``drift snapshot``: the whole workspace as a file."""

from pathlib import Path

import click

from drift.checker.workspace import read_workspace
from drift.cli.checking import api_key, connected, now
from drift.cli.console import say, say_error, write_bytes
from drift.cli.files import checked_path, write_file
from drift.cli.options import Connection, connection_options
from drift.errors import HINTS
from drift.model.wording import counted
from drift.render.visible import visible
from drift.report.report import timestamp
from drift.snapshot import Snapshot, encode, pack


@click.command(
    epilog="Exit codes: 0 the whole workspace is in the snapshot, 1 unexpected error, 3 something could not be read, "
    "4 usage, 5 authentication, 130/143 interrupted."
)
@click.argument("path", default="-", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--partial", is_flag=True, help="Write also what an incomplete reading saw, marked as incomplete.")
@connection_options
def command(path: Path, *, partial: bool, connection: Connection) -> int:
    """Write all live groups of the workspace to PATH (default: standard output).

    PATH is replaced in one step, and packed if it ends in .gz or .zst. An incomplete reading leaves it as it
    was, unless --partial is given. `drift check --live PATH` and `drift diff` read it back.
    """
    to_stdout = str(path) == "-"
    if not to_stdout:
        checked_path(path)
        pack(b"", path.name)  # what cannot be packed is refused before anything is read
    snapshot, code = _take(connection)
    if snapshot.missed and not (partial and snapshot.groups):
        say_error(f"no snapshot was written: {snapshot.missed.message}", HINTS.get(snapshot.missed.cause, ""))
        if snapshot.groups:
            say(f"  {counted(len(snapshot.groups), 'group')} could be read; --partial writes them")
        return code
    data = encode(snapshot)
    if to_stdout:
        write_bytes(data)
    else:
        write_file(path, pack(data, path.name))
    _say_notes(snapshot)
    return code


def _take(connection: Connection) -> tuple[Snapshot, int]:
    with connected(connection.settings, api_key(connection.api_key_file), None, show_progress=True) as live:
        workspace = read_workspace(live.source, on_reading=live.on_reading)
        ended_by = live.interrupts.code()
    api_url, read_at = connection.settings.api_url, timestamp(now())
    snapshot = Snapshot(api_url, read_at, workspace.groups, workspace.missed, workspace.notes)
    return snapshot, (workspace.missed and ended_by) or workspace.exit_code


def _say_notes(snapshot: Snapshot) -> None:
    for warning in snapshot.warnings:
        say(f"note: {visible(warning)}")
    if snapshot.missed:
        say_error(f"the snapshot is incomplete: {snapshot.missed.message}", HINTS.get(snapshot.missed.cause, ""))
