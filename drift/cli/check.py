"""``drift check``: the main job."""

from pathlib import Path

import click

from drift.cli.checking import Request, api_key, run_check
from drift.cli.console import environment, say_drift_error, say_problems
from drift.cli.options import DurationType, ShardType, colour, desired_paths, verbosity
from drift.cli.outputs import Output, checked, emit, output_option
from drift.errors import DesiredError, DriftError
from drift.report import FailOn, Gate
from drift.settings import API_URL, API_URL_VARIABLE, KEY_VARIABLE, AuthScheme, ColourChoice, ReadMode, ReadSettings
from drift.settings import api_url as resolve_api_url
from drift.shard import Shard

_DEFAULTS = ReadSettings()


@click.command(
    epilog="Exit codes: 0 in sync, 1 unexpected error, 2 drift, 3 incomplete, 4 usage or invalid files, "
    "5 authentication, 130/143 interrupted."
)
@desired_paths
@click.option("--api-url", metavar="URL", help=f"Base URL. [env: {API_URL_VARIABLE}; default: {API_URL}]")
@click.option(
    "--api-key-file",
    type=click.Path(path_type=Path),
    help=f"File with the API key on its only line. [default: the key in {KEY_VARIABLE}]",
)
@click.option("--auth-scheme", type=click.Choice(["bearer", "api-key"]), default="bearer", show_default=True)
@click.option(
    "--read",
    type=click.Choice(["auto", "get", "list"]),
    default="auto",
    show_default=True,
    help="Get each group, list the workspace, or whatever takes fewer calls.",
)
@click.option(
    "--timeout",
    type=DurationType(),
    default=_DEFAULTS.timeout,
    show_default="5m",
    help="Time for the whole run; what is not read by then is unread.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 128),
    default=_DEFAULTS.concurrency,
    show_default=True,
    help="Connections at the same time.",
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
@output_option
@verbosity
@colour
def command(
    paths: tuple[str, ...],
    *,
    api_url: str | None,
    api_key_file: Path | None,
    auth_scheme: AuthScheme,
    read: ReadMode,
    timeout: float,
    concurrency: int,
    unmanaged: bool,
    fail_on: str,
    strict: bool,
    outputs: tuple[Output, ...],
    shard: Shard | None,
    verbosity: int,
    colour: ColourChoice,
) -> int:
    """Compare the groups declared at PATH (default: desired) with the live ones.

    PATH is a YAML file, a directory of them, or - for standard input. Nothing is ever written to the gateway.
    """
    places = checked(outputs)
    request = Request(
        paths=paths or ("desired",),
        settings=ReadSettings(
            api_url=resolve_api_url(api_url, environment()),
            auth_scheme=auth_scheme,
            read=read,
            concurrency=concurrency,
            timeout=timeout,
        ),
        gate=Gate(FailOn(fail_on), strict=strict),
        unmanaged=unmanaged,
        shard=shard,
        show_progress=verbosity >= 0,
    )
    report = run_check(request, lambda: api_key(api_key_file), on_error=_tell)
    emit(report, places, verbosity=verbosity, colour=colour)
    if not report.failure:
        say_problems(report.problems)
    return report.exit_code


def _tell(error: DriftError) -> None:
    if isinstance(error, DesiredError):
        say_problems(error.problems)
    say_drift_error(error)
