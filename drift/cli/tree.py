"""``drift tree``: the forest of groups, declared, live, or both."""

from collections.abc import Sequence

import click
from msgspec.structs import replace

from drift.checker.check import GroupSource
from drift.cli.checking import Request, api_key, compare, connected
from drift.cli.console import say, say_drift_error, say_error, stdout_colour, terminal_width, unexpected, write_result
from drift.cli.options import Connection, colour, connection_options, desired_paths, read_stdin
from drift.cli.watching import Watched
from drift.desired import load_desired
from drift.errors import HINTS, Cause, DriftError, ExitCode, SettingsError
from drift.gateway.settings import ColourChoice
from drift.model.groups import Group
from drift.model.readings import Found, Reading
from drift.model.wording import counted
from drift.render import TREES, RenderOptions
from drift.render.visible import visible
from drift.report.report import FailOn, Failure, Gate
from drift.tree import Tree, View, compared_tree, desired_tree, failed_tree, live_tree

_REFUSED = frozenset({Cause.UNAUTHORIZED, Cause.FORBIDDEN})


@click.command(
    epilog="Exit codes: 0 shown, whatever the positions say, 1 unexpected error, 3 something could not be read, "
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
    """Show groups as trees: their limits, whose they are, and what differs.

    PATH (default: desired) is a YAML file, a directory of them, or - for standard input. Drift is shown, not
    judged: it leaves the exit code 0. `drift check` is the command that fails.
    """
    options = RenderOptions(depth=depth, width=terminal_width(), colour=stdout_colour(colour))
    try:
        tree, code = _grow(view, paths, connection)
    except DriftError as error:
        return _fail(view, error, output, options)
    except Exception as error:  # noqa: BLE001 - machine formats are one document, whatever happens
        return _fail(view, unexpected(error), output, options)
    write_result(TREES.render(tree, output, options))
    return code


def _fail(view: View, error: DriftError, output: str, options: RenderOptions) -> int:
    say_drift_error(error)
    if output != "text":
        write_result(TREES.render(failed_tree(view, Failure(error.message, error.hint)), output, options))
    return error.exit_code


def _grow(view: View, paths: tuple[str, ...], connection: Connection) -> tuple[Tree, int]:
    if view is View.LIVE:
        if paths:
            raise SettingsError("--live shows the whole workspace and takes no PATH", hint="--both compares with files")
        return _live(connection)
    paths = paths or ("desired",)
    if view is View.DESIRED:
        return desired_tree(load_desired(paths, stdin=read_stdin).groups), ExitCode.IN_SYNC
    return _both(paths, connection)


def _live(connection: Connection) -> tuple[Tree, int]:
    settings = connection.settings
    groups: list[Group] = []
    with connected(settings, api_key(connection.api_key_file), None, show_progress=True) as live:
        for reading in live.source.read((), unmanaged=True):
            live.on_reading()
            if isinstance(reading, Found):
                groups.append(reading.live)
        failure = live.source.list_failure
        unseen = failure.message if failure else _broken(live.source.broken_items)
        ended_by = live.interrupts.code()
        notes = live.source.notes()
    if failure and not groups:
        hint = HINTS.get(failure.cause, "")
        say_error(failure.message, hint)
        refused = ExitCode.AUTH if failure.cause in _REFUSED else ExitCode.INCOMPLETE
        return failed_tree(View.LIVE, Failure(failure.message, hint)), ended_by or refused
    _say_notes(notes)
    tree = live_tree(groups, api_url=settings.api_url, unseen=unseen)
    return tree, ended_by or (ExitCode.INCOMPLETE if unseen else ExitCode.IN_SYNC)


def _both(paths: tuple[str, ...], connection: Connection) -> tuple[Tree, int]:
    desired = load_desired(paths, stdin=read_stdin)
    # With this gate the exit code says only whether everything was read.
    request = Request(paths=paths, settings=connection.settings, gate=Gate(FailOn.NEVER), unmanaged=True)
    watched: list[_Watched] = []

    def watch(source: GroupSource) -> GroupSource:
        watched.append(_Watched(source))
        return watched[0]

    report = compare(desired, request, api_key(connection.api_key_file), through=watch)
    _say_notes(report.warnings)
    tree = compared_tree(desired.groups, report, watched[0].undeclared)
    if report.exit_code == ExitCode.IN_SYNC and (unseen := _broken(watched[0].broken_items)):
        return replace(tree, unseen=unseen), ExitCode.INCOMPLETE
    return tree, report.exit_code


class _Watched(Watched):
    """Keeps the groups that nobody declared."""

    def __init__(self, source: GroupSource) -> None:
        super().__init__(source)
        self.undeclared: list[Group] = []

    def note(self, reading: Reading) -> None:
        """See :class:`Watched`."""
        if reading.desired is None:
            self.undeclared.append(reading.live)


def _broken(items: int) -> str | None:
    return f"{counted(items, 'item')} of the list could not be read" if items else None


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {visible(note)}")
