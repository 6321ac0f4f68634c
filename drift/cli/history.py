"""``drift history``: saved reports over time."""

from pathlib import Path

import click

from drift.cli.console import say, write_result
from drift.cli.outputs import write_file
from drift.cli.saved import read_report
from drift.errors import SettingsError
from drift.render import HISTORIES
from drift.render.visible import visible
from drift.report.history import history
from drift.report.report import Report


class HistoryOutputType(click.ParamType[tuple[str, Path | None]]):
    """Reads ``json`` or ``html=trend.html``."""

    name = "FORMAT[=PATH]"

    def convert(
        self, value: str | tuple[str, Path | None], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path | None]:
        """Turn the text into a format and a place, or fail with the formats there are."""
        if isinstance(value, tuple):
            return value
        output_format, _, path = value.partition("=")
        if output_format not in HISTORIES.names:
            self.fail(f"{output_format!r} is not a format; there are {', '.join(HISTORIES.names)}", param, ctx)
        return output_format, Path(path) if path not in {"", "-"} else None


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output",
    "outputs",
    type=HistoryOutputType(),
    multiple=True,
    help=f"Format ({', '.join(HISTORIES.names)}) and where it goes; may be repeated. [default: text]",
)
def command(paths: tuple[Path, ...], *, outputs: tuple[tuple[str, Path | None], ...]) -> int:
    """Say of each difference when it was first and last seen and when it was gone, from saved JSON reports.

    PATHS are reports and directories of them (every *.json). Files in a directory that are no reports are told
    and left out. A difference is gone when a run that looked at its group does not show it any more.
    """
    reports = [report for path in paths for report in _reports(path)]
    if not reports:
        raise SettingsError("there is no report to tell of", hint="`drift check --output json=PATH` writes one")
    told = history(reports)
    for output_format, path in outputs or (("text", None),):
        text = HISTORIES.render(told, output_format)
        if path is None:
            write_result(text)
        else:
            write_file(path, text)
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
