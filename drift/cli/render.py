"""``drift render``: saved reports again, in other formats or as one."""

from pathlib import Path

import click
import msgspec

from drift.cli.options import colour, read_stdin, verbosity
from drift.cli.outputs import Output, checked, emit, output_option
from drift.errors import SettingsError
from drift.merge import merge
from drift.render.json_v1 import parse, version_of
from drift.report import SCHEMA_VERSION, Report
from drift.settings import ColourChoice


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
    report = merge([_read(path) for path in reports])
    emit(report, places, verbosity=verbosity, colour=colour)
    return report.exit_code


def _read(path: Path) -> Report:
    try:
        document = read_stdin() if str(path) == "-" else path.read_bytes()
        version = version_of(document)
        # First of all: what another major version means by its members is not for this one to judge.
        if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
            raise SettingsError(
                f"{path} has report schema {version}; this version reads {SCHEMA_VERSION}",
                hint="use the version of baseten-drift that wrote it",
            )
        return parse(document)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror or error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not a JSON report: {error}", hint="reports are written with --output json=PATH"
        ) from error
