"""``drift render`` and ``drift history``: saved reports again, in other formats, as one, or over time."""

from pathlib import Path

import click

from drift.cli.console import say
from drift.cli.files import read_report
from drift.cli.options import FILE, SAVED, Output, ReportOutputs, output_type, report_outputs
from drift.errors import SettingsError
from drift.render import HISTORIES
from drift.render.visible import visible
from drift.report.history import history as told_as_one
from drift.report.merge import merge
from drift.report.report import Report


@click.command()
@click.argument("reports", nargs=-1, required=True, type=SAVED)
@report_outputs
def render(reports: tuple[Path, ...], *, outputs: ReportOutputs) -> int:
    """Print saved JSON REPORTS in other formats, several merged into one; no key, no network.

    The exit code is that of the report. Of reports made with --shard all must be given, else the result is
    incomplete.
    """
    report = merge([read_report(path) for path in reports])
    outputs.write(report)
    return report.exit_code


def _refuse_history_format(name: str) -> None:
    if name not in HISTORIES.names:
        raise SettingsError(f"{name!r} is not a format", hint=f"there are {', '.join(HISTORIES.names)}")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FILE)
@click.option(
    "--output",
    "outputs",
    type=output_type(_refuse_history_format),
    multiple=True,
    help=f"Format ({', '.join(HISTORIES.names)}) and where it goes; may be repeated. [default: text]",
)
def history(paths: tuple[Path, ...], *, outputs: tuple[Output, ...]) -> int:
    """Say of each difference when it was first and last seen and when it was gone, from saved JSON reports.

    PATHS are reports and directories of them (every *.json). Files in a directory that are no reports are named
    and left out. A difference is gone when a run that looked at its group does not show it any more.
    """
    reports = [report for path in paths for report in _reports(path)]
    if not reports:
        raise SettingsError("there is no report to read", hint="`drift check --output json=PATH` writes one")
    story = told_as_one(reports)
    for output in outputs or (Output("text", None),):
        output.write(HISTORIES.render(story, output.format))
    return 0


def _reports(path: Path) -> list[Report]:
    if not path.is_dir():
        return [read_report(path)]
    reports: list[Report] = []
    for file in sorted(path.glob("*.json")):
        try:
            reports.append(read_report(file))
        except SettingsError as error:
            say(f"left out: {visible(error.message)}")
    return reports
