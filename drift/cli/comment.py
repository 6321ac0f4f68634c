"""``drift comment``: one comment on a pull request that follows the newest report."""

from pathlib import Path

import click

from drift.cli.console import write_result
from drift.cli.forging import forge_options, is_clean, text
from drift.cli.saved import read_report
from drift.forge.github import GitHub, PullRequestComments
from drift.forge.sticky import keep, marker


@click.command()
@click.argument("report", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--pr", "number", required=True, type=click.IntRange(min=1), help="Number of the pull request.")
@forge_options
def command(report: Path, *, number: int, github: GitHub, name: str, link: str | None) -> int:
    """Keep one comment on a GitHub pull request up to date with the JSON REPORT.

    It is written when there is something to tell, edited when that changes, and says so when all is in sync again.
    Exits 0 whatever the report says, 1 if GitHub did not take it.
    """
    told = read_report(report)
    outcome = keep(PullRequestComments(github, number), marker(name), text(told, name, link), clean=is_clean(told))
    write_result(f"comment: {outcome.value}\n")
    return 0
