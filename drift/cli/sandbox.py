"""``drift sandbox`` and ``drift demo``: a gateway on this machine, to try things and to test pipelines against."""

import time
from pathlib import Path

import click

from drift.cli.checking import Request, run_check
from drift.cli.connection import Connection, api_key
from drift.cli.console import (
    ColourChoice,
    catch_interrupts,
    environment,
    now,
    read_stdin,
    say,
    write_result,
)
from drift.cli.options import FILE, Output, ReportOutputs, colour, desired_paths
from drift.desired import example_directory, load_desired
from drift.errors import ExitCode
from drift.gateway.key import ApiKey
from drift.gateway.settings import KEY_VARIABLE, ReadSettings
from drift.model.wording import counted
from drift.render import RenderOptions
from drift.render.visible import visible
from drift.report.report import Gate
from drift.sandbox.fault_text import SYNTAX, parse_fault
from drift.sandbox.faults import Faults
from drift.sandbox.seeding import seed
from drift.sandbox.server import Logged, serve
from drift.sandbox.tampering import tamper
from drift.sandbox.world import DEFAULT_KEY, World

_POLL = 0.1
"""Seconds between looks at whether a signal came; a signal handler must not set an event that is waited for."""


# click keeps the lines of a paragraph that begins with \b.
_EPILOG = "Faults:\n\n" + "\n\n".join(f"\b\n{paragraph}" for paragraph in SYNTAX.split("\n\n"))


@click.command(epilog=_EPILOG)
@desired_paths
@click.option("--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="0 takes a free one.")
@click.option(
    "--api-key-file",
    type=FILE,
    help=f"File with the only key to accept. [default: {DEFAULT_KEY}]",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Misbehave, e.g. latency=50ms or 429:retry_after=2,times=3; may be repeated; see below.",
)
@click.option("--throttle", type=click.IntRange(min=1), metavar="N", help="Answer 429 above N requests a second.")
@click.option("-q", "--quiet", is_flag=True, help="Do not log requests.")
def sandbox(
    paths: tuple[str, ...],
    port: int,
    *,
    api_key_file: Path | None,
    faults: tuple[str, ...],
    throttle: int | None,
    quiet: bool,
) -> int:
    """Serve the groups endpoints on loopback, with the groups declared at PATH, until Ctrl-C.

    Groups can be read, listed, created, updated and deleted with the rules and answers of the real API. The
    state is in memory and gone afterwards.
    """
    if environment().get(KEY_VARIABLE) and api_key_file is None:
        say(f"note: the sandbox accepts the key {DEFAULT_KEY!r}, not the one in {KEY_VARIABLE}")
    world = World(
        clock=now,
        keys=[api_key(api_key_file).header().removeprefix("Bearer ") if api_key_file else DEFAULT_KEY],
        requests_per_second=throttle,
    )
    groups = load_desired(paths, stdin=read_stdin).groups if paths else ()
    seed(world, groups)
    with (
        catch_interrupts() as interrupts,
        serve(
            world,
            Faults([parse_fault(text) for text in faults]),
            port=port,
            on_request=None if quiet else _log,
        ) as served,
    ):
        key = f"{KEY_VARIABLE}={DEFAULT_KEY} " if api_key_file is None else ""
        write_result(
            f"{counted(len(groups), 'group')} at {served.url}; stop with Ctrl-C\n"
            f"try: {key}drift check {' '.join(paths) or 'PATH'} --api-url {served.url}\n"
        )
        while interrupts.code() is None:
            time.sleep(_POLL)
    return 0


def _log(logged: Logged) -> None:
    say(f"{logged.method} {visible(logged.target)} {logged.status or 'dropped'}")


@click.command()
@desired_paths
@colour
def demo(paths: tuple[str, ...], colour: ColourChoice) -> int:
    """Show a check: serve the groups at PATH (default: the worked example) from a sandbox on this machine,
    change some of them behind the files' back, and report the drift.

    Exits 0 when the demonstration worked, whatever the check found.
    """  # noqa: D205 - click shows this as one paragraph
    shown = paths or (_example(),)
    outputs = ReportOutputs((Output("text", None),), RenderOptions(), colour)
    desired = load_desired(shown, stdin=read_stdin)
    world = World(clock=now)
    seed(world, desired.groups)
    with serve(world) as served:
        connection = Connection(
            ReadSettings(api_url=served.url), lambda: ApiKey(DEFAULT_KEY, origin="the demo"), show_progress=False
        )
        request = Request(shown, connection, Gate(), unmanaged=True)
        line = f"$ drift check {' '.join(shown)} --api-url {served.url} --unmanaged"
        write_result(
            f"A sandbox gateway serves {counted(len(desired.groups), 'group')}, exactly as declared.\n\n{line}\n"
        )
        before = run_check(request)
        outputs.write(before)
        write_result("\nThen people changed live groups, and nobody changed the files:\n")
        for tampering in tamper(world, pinned={group.id for group in desired.groups if group.id}):
            write_result(f"  - {visible(tampering.external_entity_id)}: {tampering.what}\n")
        write_result(f"\n{line}\n")
        after = run_check(request)
        outputs.write(after)
    write_result(
        f"\nThe check exited with {before.exit_code} before the changes and {after.exit_code} after them; "
        "2 means drift.\nWith your own key and no --api-url, the same command reads the real gateway.\n"
    )
    worked = (before.exit_code, after.exit_code) == (ExitCode.IN_SYNC, ExitCode.DRIFT)
    return ExitCode.IN_SYNC if worked else ExitCode.UNEXPECTED


def _example() -> str:
    """The example as a path that reads well: relative where the shell is in a checkout."""
    directory = example_directory()
    return str(directory.relative_to(Path.cwd()) if directory.is_relative_to(Path.cwd()) else directory)
