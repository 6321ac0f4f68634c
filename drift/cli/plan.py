"""``drift plan``: the repair as a document to review."""

from pathlib import Path

import click

from drift.cli.checking import Request, api_key, compare, now
from drift.cli.console import attempt, say_error, say_problems, write_result
from drift.cli.options import (
    Connection,
    connection_options,
    desired_paths,
    ignore_option,
    live_option,
    read_stdin,
    refuse_connection,
)
from drift.cli.watching import Watched
from drift.desired import load_desired
from drift.gateway.settings import parse_address
from drift.model.readings import Found, Missing
from drift.plan import LARGE_PERCENT, Plan, Seen, Verdict, draw_up
from drift.render import PLANS, RenderOptions
from drift.report.report import FailOn, Failure, Gate, timestamp
from drift.snapshot import SnapshotSource


@click.command(
    epilog="Exit codes: 0 nothing to do, 1 unexpected error, 2 there is a plan, 3 incomplete: something could not be "
    "read, 4 usage, invalid files, or a large plan without --yes-large, 5 authentication, 130/143 interrupted."
)
@desired_paths
@connection_options
@live_option
@click.option("--output", type=click.Choice(PLANS.names), default="text", show_default=True)
@click.option(
    "--yes-large", is_flag=True, help=f"Plan also what touches more than {LARGE_PERCENT} % of the declared groups."
)
@ignore_option
def command(
    paths: tuple[str, ...],
    *,
    connection: Connection,
    live: Path | None,
    output: str,
    yes_large: bool,
    ignore: tuple[str, ...],
) -> int:
    """Write how the live groups could be made what PATH (default: desired) declares.

    Nothing is ever sent: the plan is a text to review, a JSON document, or a shell script (--output sh) that you may
    run, and that checks each group before it touches it.
    """
    if live:
        refuse_connection("--live")
    settings = connection.settings
    request = Request(
        paths=paths or ("desired",),
        settings=settings,
        # With this gate the exit code says only whether everything was read.
        gate=Gate(FailOn.NEVER),
        unmanaged=True,
        ignore=frozenset(ignore),
        live=live,
    )
    plan = attempt(lambda: _planned(request, connection.api_key_file, large=yes_large))
    if not isinstance(plan, Plan):
        plan = Plan(
            api_url=settings.api_url,
            live=f"snapshot {live}" if live else settings.api_url,
            read_at=timestamp(now()),
            verdict=Verdict.FAILED,
            exit_code=int(plan.exit_code),
            failure=Failure(plan.message, plan.hint),
        )
    elif plan.failure:
        say_error(plan.failure.message, plan.failure.hint)
    if output != "text" or not plan.failure:
        write_result(PLANS.render(plan, output, RenderOptions(auth_scheme=settings.auth_scheme)))
    return plan.exit_code


def _planned(request: Request, key_file: Path | None, *, large: bool) -> Plan:
    desired = load_desired(request.paths, stdin=read_stdin, ignore=request.ignore)
    watched = Watched()
    report = compare(desired, request, None if request.live else api_key(key_file), through=watched.over)
    say_problems(desired.warnings)
    source = watched.source
    api_url = source.api_url if isinstance(source, SnapshotSource) else request.settings.api_url
    address = parse_address(api_url)
    answers = {position: watched.answer(group) for position, group in enumerate(desired.groups)}
    seen = Seen(
        found={position: answer.live for position, answer in answers.items() if isinstance(answer, Found)},
        missing=frozenset(position for position, answer in answers.items() if isinstance(answer, Missing)),
        unmanaged=watched.unmanaged,
    )
    return draw_up(
        desired.groups,
        seen,
        report,
        api_url=api_url,
        read_at=now(),
        url_of=lambda id_: address.group(id_).url,
        large=large,
    )
