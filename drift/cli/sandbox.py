"""``drift sandbox``: a gateway on this machine, to try things and to test pipelines against."""

import time
from pathlib import Path

import click

from drift.cli.checking import api_key, now
from drift.cli.console import environment, say, write_result
from drift.cli.interrupts import catch_interrupts
from drift.cli.options import read_stdin
from drift.desired import load_desired
from drift.gateway.settings import KEY_VARIABLE
from drift.model.wording import counted
from drift.render.visible import visible
from drift.sandbox.fault_text import SYNTAX, parse_fault
from drift.sandbox.faults import Faults
from drift.sandbox.seeding import seed
from drift.sandbox.server import Logged, serve
from drift.sandbox.world import DEFAULT_KEY, World

_POLL = 0.1
"""Seconds between looks at whether a signal came; a signal handler must not set an event that is waited for."""


# click keeps the lines of a paragraph that begins with \b.
_EPILOG = "Faults:\n\n" + "\n\n".join(f"\b\n{paragraph}" for paragraph in SYNTAX.split("\n\n"))


@click.command(epilog=_EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="0 takes a free one.")
@click.option(
    "--api-key-file",
    type=click.Path(path_type=Path),
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
def command(
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
        keys=[DEFAULT_KEY] if api_key_file is None else [_secret(api_key_file)],
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


def _secret(file: Path) -> str:
    return api_key(file).header("bearer").removeprefix("Bearer ")


def _log(logged: Logged) -> None:
    say(f"{logged.method} {visible(logged.target)} {logged.status or 'dropped'}")
