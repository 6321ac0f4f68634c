"""``drift demo``: the main job from end to end, without a key and without a network."""

from pathlib import Path

import click

from drift.cli.checking import Request, now, run_check
from drift.cli.console import ColourChoice, stdout_colour, terminal_width, write_result
from drift.cli.options import colour, read_stdin
from drift.desired import example_directory, load_desired
from drift.errors import ExitCode
from drift.gateway.key import ApiKey
from drift.gateway.settings import ReadSettings
from drift.model.wording import counted
from drift.render import RenderOptions, render_report
from drift.render.visible import visible
from drift.report.report import Gate, Report
from drift.sandbox.seeding import seed
from drift.sandbox.server import serve
from drift.sandbox.tampering import tamper
from drift.sandbox.world import DEFAULT_KEY, World


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@colour
def command(paths: tuple[str, ...], colour: ColourChoice) -> int:
    """Show a check: serve the groups at PATH (default: the worked example) from a sandbox on this machine,
    change some of them behind the files' back, and report the drift.

    Exits 0 when the demonstration worked, whatever the check found.
    """  # noqa: D205 - click shows this as one paragraph
    shown = paths or (_example(),)
    desired = load_desired(shown, stdin=read_stdin)
    world = World(clock=now)
    seed(world, desired.groups)
    with serve(world) as served:
        request = Request(
            paths=shown,
            settings=ReadSettings(api_url=served.url),
            gate=Gate(),
            unmanaged=True,
            show_progress=False,
        )
        line = f"$ drift check {' '.join(shown)} --api-url {served.url} --unmanaged"

        def check() -> Report:
            return run_check(request, lambda: ApiKey(DEFAULT_KEY, origin="the demo"))

        write_result(
            f"A sandbox gateway serves {counted(len(desired.groups), 'group')}, exactly as declared.\n\n{line}\n"
        )
        before = check()
        _show(before, colour)
        write_result("\nThen people changed live groups, and nobody changed the files:\n")
        for tampering in tamper(world, pinned={group.id for group in desired.groups if group.id}):
            write_result(f"  - {visible(tampering.external_entity_id)}: {tampering.what}\n")
        write_result(f"\n{line}\n")
        after = check()
        _show(after, colour)
    write_result(
        f"\nThe check exited with {before.exit_code} before the changes and {after.exit_code} after them; "
        "2 means drift.\nWith your own key and no --api-url, the same command reads the real gateway.\n"
    )
    worked = (before.exit_code, after.exit_code) == (ExitCode.IN_SYNC, ExitCode.DRIFT)
    return ExitCode.IN_SYNC if worked else ExitCode.UNEXPECTED


def _show(report: Report, colour: ColourChoice) -> None:
    options = RenderOptions(width=terminal_width(), colour=stdout_colour(colour))
    write_result(render_report(report, "text", options))


def _example() -> str:
    """The example as a path that reads well: relative where the shell is in a checkout."""
    directory = example_directory()
    return str(directory.relative_to(Path.cwd()) if directory.is_relative_to(Path.cwd()) else directory)
