"""``drift check``: the main job."""

from datetime import datetime

import click
from msgspec.structs import replace

from drift.cli.checking import Request, run_check
from drift.cli.connection import Connection, live_options
from drift.cli.console import say_problems
from drift.cli.options import (
    DAY,
    DURATION,
    SHARD,
    ReportOutputs,
    desired_paths,
    fail_on_option,
    ignore_option,
    report_outputs,
)
from drift.errors import SettingsError
from drift.model.selection import Selection, Shard
from drift.report.report import FailOn, Gate


@click.command(
    epilog="Exit codes: 0 in sync, 1 unexpected error, 2 drift, 3 incomplete, 4 usage or invalid files, "
    "5 authentication, 130/143 interrupted."
)
@desired_paths
@live_options
@click.option(
    "--confirm-after",
    type=DURATION,
    help="Wait before a difference is read a second time: changes take a while to reach every reader.",
)
@click.option("--unmanaged", is_flag=True, help="Also report live groups that are not declared.")
@click.option(
    "--base",
    metavar="REV|DIR|REPORT",
    help="Compare with an earlier declaration as well, and say of each difference where it comes from: a git revision "
    "(REV... for where this branch left it), a directory, or a JSON report.",
)
@fail_on_option("Which drift makes the exit code 2. [default: drift; conflicting with --base]")
@click.option("--strict", is_flag=True, help="Exit 3 if anything is unread, even if there is drift as well.")
@click.option(
    "--shard",
    type=SHARD,
    metavar="I/N",
    help="Check only part I of N, by a hash of the external id; `drift render` merges the reports.",
)
@click.option(
    "--warn-expiring",
    type=DURATION,
    default=14 * 86_400.0,
    show_default="14d",
    help="Mark acceptances that end within this time.",
)
@click.option(
    "--as-of",
    type=DAY,
    metavar="YYYY-MM-DD",
    help="Judge acceptances as on this day. [default: today, UTC]",
)
@ignore_option
@report_outputs
def command(
    paths: tuple[str, ...],
    *,
    connection: Connection,
    confirm_after: float | None,
    unmanaged: bool,
    base: str | None,
    fail_on: str | None,
    strict: bool,
    outputs: ReportOutputs,
    shard: Shard | None,
    warn_expiring: float,
    as_of: datetime | None,
    ignore: tuple[str, ...],
) -> int:
    """Compare the groups declared at PATH (default: desired) with the live ones.

    PATH is a YAML file, a directory of them, or - for standard input. Nothing is ever written to the gateway.
    """
    request = Request(
        paths=paths or ("desired",),
        connection=replace(
            connection,
            settings=replace(connection.settings, confirm_after=confirm_after or 0.0),
            show_progress=outputs.options.verbosity >= 0,
        ),
        gate=Gate(_fail_on(fail_on, base), strict=strict),
        base=base,
        unmanaged=unmanaged,
        selection=Selection(shard=shard),
        as_of=as_of.date() if as_of else None,
        warn_expiring=warn_expiring,
        ignore=ignore,
    )
    report = run_check(request)
    outputs.write(report)
    if not report.failure:
        say_problems(report.problems)
    return report.exit_code


def _fail_on(choice: str | None, base: str | None) -> FailOn:
    if choice is None:
        return FailOn.DRIFT if base is None else FailOn.CONFLICTING
    if choice == FailOn.CONFLICTING.value and base is None:
        raise SettingsError("--fail-on conflicting needs --base", hint="without one nothing can be in conflict")
    return FailOn(choice)
