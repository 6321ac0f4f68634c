"""``drift issue``: one issue that is open as long as scheduled checks find something."""

from pathlib import Path

import click

from drift.cli.console import write_result
from drift.cli.forging import DEFAULT_MARKER, forge_options, is_clean, text
from drift.cli.saved import read_report
from drift.forge.github import GitHub, OpenIssues
from drift.forge.sticky import keep, marker

_TITLE = "Live gateway groups differ from their declaration"


@click.command()
@click.argument("report", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="For a new issue; may be repeated.")
@forge_options
def command(report: Path, *, labels: tuple[str, ...], github: GitHub, name: str, link: str | None) -> int:
    """Keep one GitHub issue up to date with the JSON REPORT of a scheduled check.

    It is opened when there is something to tell, edited when that changes, and closed when all is in sync again;
    drift after that opens a new one. Exits 0 whatever the report says, 1 if GitHub did not take it.
    """
    told = read_report(report)
    title = _TITLE if name == DEFAULT_MARKER else f"{_TITLE} ({name})"
    issues = OpenIssues(github, title, labels)
    outcome = keep(issues, marker(name), text(told, name, link), clean=is_clean(told))
    write_result(f"issue: {outcome.value}\n")
    return 0
