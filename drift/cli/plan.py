"""``drift plan``: the repair as a document to review."""

import click

from drift.cli.checking import survey
from drift.cli.connection import Connection, live_options
from drift.cli.console import attempt, now, say_error, say_problems, write_result
from drift.cli.options import desired_paths, ignore_option
from drift.gateway.settings import parse_address
from drift.model.readings import Found, Missing
from drift.model.wording import timestamp
from drift.plan import LARGE_PERCENT, Plan, PlanVerdict, Seen, draw_up
from drift.render import PLANS, RenderOptions
from drift.report.report import Failure


@click.command(
    epilog="Exit codes: 0 nothing to do, 1 unexpected error, 2 there is a plan, 3 incomplete: something could not be "
    "read, 4 usage, invalid files, or a large plan without --yes-large, 5 authentication, 130/143 interrupted."
)
@desired_paths
@live_options
@click.option("--output", type=click.Choice(PLANS.names), default="text", show_default=True)
@click.option(
    "--yes-large", is_flag=True, help=f"Plan also what touches more than {LARGE_PERCENT} % of the declared groups."
)
@ignore_option
def command(
    paths: tuple[str, ...],
    *,
    connection: Connection,
    output: str,
    yes_large: bool,
    ignore: tuple[str, ...],
) -> int:
    """Write how the live groups could be made what PATH (default: desired) declares.

    Nothing is ever sent: the plan is a text to review, a JSON document, or a shell script (--output sh) that you may
    run, and that checks each group before it touches it.
    """
    settings = connection.settings
    plan = attempt(lambda: _planned(paths, connection, ignore, large=yes_large))
    if not isinstance(plan, Plan):
        plan = Plan(
            api_url=settings.api_url,
            live=connection.name,
            read_at=timestamp(now()),
            verdict=PlanVerdict.FAILED,
            exit_code=int(plan.exit_code),
            failure=Failure(plan.message, plan.hint),
        )
    elif plan.failure:
        say_error(plan.failure.message, plan.failure.hint)
    if output != "text" or not plan.failure:
        write_result(PLANS.render(plan, output, RenderOptions(auth_scheme=settings.auth_scheme)))
    return plan.exit_code


def _planned(paths: tuple[str, ...], connection: Connection, ignore: tuple[str, ...], *, large: bool) -> Plan:
    desired, report, record = survey(paths, connection, ignore)
    say_problems(desired.warnings)
    address = parse_address(record.api_url)
    answers = {position: record.answer(group) for position, group in enumerate(desired.groups)}
    seen = Seen(
        found={position: answer.live for position, answer in answers.items() if isinstance(answer, Found)},
        missing=frozenset(position for position, answer in answers.items() if isinstance(answer, Missing)),
        unmanaged=record.unmanaged,
    )
    return draw_up(
        desired.groups,
        seen,
        report,
        api_url=record.api_url,
        read_at=now(),
        url_of=lambda id_: address.origin + address.group(id_),
        large=large,
    )
