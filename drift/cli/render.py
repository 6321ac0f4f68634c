"""``drift render``: saved reports again, in other formats or as one."""

from pathlib import Path

import click

from drift.cli.options import colour, verbosity
from drift.cli.outputs import Output, checked, emit, output_option
from drift.cli.saved import read_report
from drift.gateway.settings import ColourChoice
from drift.report.merge import merge


@click.command()
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@output_option
@verbosity
@colour
def command(reports: tuple[Path, ...], *, outputs: tuple[Output, ...], verbosity: int, colour: ColourChoice) -> int:
    """Print saved JSON REPORTS in other formats, several merged into one; no key, no network.

    The exit code is that of the report. Of reports made with --shard all must be given, else the result is
    incomplete.
    """
    places = checked(outputs)
    report = merge([read_report(path) for path in reports])
    emit(report, places, verbosity=verbosity, colour=colour)
    return report.exit_code
