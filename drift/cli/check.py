"""``drift check``: the main job."""

from pathlib import Path

import click
from msgspec.structs import replace

from drift.cli.checking import Request, api_key, run_check
from drift.cli.console import say_drift_error, say_problems
from drift.cli.options import (
    Connection,
    DurationType,
    ShardType,
    colour,
    connection_options,
    desired_paths,
    ignore_option,
    live_option,
    refuse_connection,
    verbosity,
)
from drift.cli.outputs import Output, checked, emit, output_option
from drift.report import FailOn, Gate
from drift.settings import ColourChoice
from drift.shard import Shard


@click.command(
    epilog="Exit codes: 0 in sync, 1 unexpected error, 2 drift, 3 incomplete, 4 usage or invalid files, "
    "5 authentication, 130/143 interrupted."
)
@desired_paths
@connection_options
@live_option
@click.option(
    "--confirm-after",
    type=DurationType(),
    metavar="DURATION",
    help="Wait before a difference is read a second time: changes take a while to reach every reader.",
)
@click.option("--unmanaged", is_flag=True, help="Also report live groups that are not declared.")
@click.option(
    "--fail-on",
    type=click.Choice([choice.value for choice in FailOn]),
    default=FailOn.DRIFT.value,
    show_default=True,
    help="Which drift makes the exit code 2.",
)
@click.option("--strict", is_flag=True, help="Exit 3 if anything is unread, even if there is drift as well.")
@click.option(
    "--shard",
    type=ShardType(),
    metavar="I/N",
    help="Check only part I of N, by a hash of the external id; `drift render` merges the reports.",
)
@ignore_option
@output_option
@verbosity
@colour
def command(
    paths: tuple[str, ...],
    *,
    connection: Connection,
    live: Path | None,
    confirm_after: float | None,
    unmanaged: bool,
    fail_on: str,
    strict: bool,
    outputs: tuple[Output, ...],
    shard: Shard | None,
    ignore: tuple[str, ...],
    verbosity: int,
    colour: ColourChoice,
) -> int:
    """Compare the groups declared at PATH (default: desired) with the live ones.

    PATH is a YAML file, a directory of them, or - for standard input. Nothing is ever written to the gateway.
    """
    places = checked(outputs)
    if live:
        refuse_connection("--live", more=("confirm_after",))
    request = Request(
        paths=paths or ("desired",),
        settings=replace(connection.settings, confirm_after=confirm_after or 0.0),
        gate=Gate(FailOn(fail_on), strict=strict),
        unmanaged=unmanaged,
        shard=shard,
        ignore=frozenset(ignore),
        show_progress=verbosity >= 0,
        live=live,
    )
    report = run_check(request, lambda: api_key(connection.api_key_file), on_error=say_drift_error)
    emit(report, places, verbosity=verbosity, colour=colour)
    if not report.failure:
        say_problems(report.problems)
    return report.exit_code
