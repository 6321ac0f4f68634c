"""``drift tree``: the forest of groups, declared, live, or both."""

import click

from drift.checker.workspace import read_workspace
from drift.cli.checking import survey
from drift.cli.connection import Connection, connection_options
from drift.cli.console import (
    ColourChoice,
    attempt,
    read_stdin,
    say_error,
    say_notes,
    stdout_colour,
    terminal_width,
    write_result,
)
from drift.cli.options import colour, desired_paths
from drift.desired import load_desired
from drift.errors import HINTS, DriftError, ExitCode, SettingsError
from drift.render import TREES, RenderOptions
from drift.report.report import Failure
from drift.tree import Tree, View, compared_tree, desired_tree, failed_tree, live_tree


@click.command(
    epilog="Exit codes: 0 shown, whatever is marked, 1 unexpected error, 3 something could not be read, "
    "4 usage or invalid files, 5 authentication, 130/143 interrupted."
)
@desired_paths
@click.option(
    "--desired",
    "view",
    flag_value=View.DESIRED,
    type=View,
    default=View.DESIRED,
    help="The groups declared at PATH: no key, no network. [default]",
)
@click.option("--live", "view", flag_value=View.LIVE, type=View, help="All live groups of the workspace.")
@click.option(
    "--both",
    "view",
    flag_value=View.BOTH,
    type=View,
    help="The declared groups, marked with what a check finds, and the live ones that are not declared.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    metavar="N",
    help="Show N levels, and count what is below. JSON always has all.",
)
@click.option("--output", type=click.Choice(TREES.names), default="text", show_default=True)
@connection_options
@colour
def command(
    paths: tuple[str, ...],
    *,
    view: View,
    depth: int | None,
    output: str,
    connection: Connection,
    colour: ColourChoice,
) -> int:
    """Show groups as trees: their limits, the groups that set them, and what differs.

    PATH (default: desired) is a YAML file, a directory of them, or - for standard input. Drift is shown, not
    judged: it leaves the exit code 0. `drift check` is the command that fails.
    """
    options = RenderOptions(depth=depth, width=terminal_width(), colour=stdout_colour(colour))
    grown = attempt(lambda: _grow(view, paths, connection))
    if not isinstance(grown, DriftError):
        tree, code = grown
    elif output == "text":
        return grown.exit_code
    else:
        tree, code = failed_tree(view, Failure(grown.message, grown.hint)), grown.exit_code
    write_result(TREES.render(tree, output, options))
    return code


def _grow(view: View, paths: tuple[str, ...], connection: Connection) -> tuple[Tree, int]:
    if view is View.LIVE:
        if paths:
            raise SettingsError("--live shows the whole workspace and takes no PATH", hint="--both compares with files")
        return _live(connection)
    if view is View.DESIRED:
        return desired_tree(load_desired(paths or ("desired",), stdin=read_stdin).groups), ExitCode.IN_SYNC
    desired, report, record = survey(paths, connection)
    say_notes(report.warnings)
    return compared_tree(desired.groups, report, record.unmanaged), report.exit_code


def _live(connection: Connection) -> tuple[Tree, int]:
    with connection.gateway() as live:
        workspace = read_workspace(live.source, on_reading=live.on_reading)
        code = live.interrupts.code() or workspace.exit_code
    if workspace.list_failure and not workspace.groups:
        failure = Failure(workspace.list_failure.message, HINTS.get(workspace.list_failure.cause, ""))
        say_error(failure.message, failure.hint)
        return failed_tree(View.LIVE, failure), code
    say_notes(workspace.notes)
    unseen = workspace.missed.message if workspace.missed else None
    return live_tree(workspace.groups, api_url=live.api_url, unseen=unseen), code
