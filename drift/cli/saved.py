"""Reports that earlier runs saved as JSON."""

from pathlib import Path

import msgspec

from drift.cli.options import read_stdin
from drift.errors import SettingsError
from drift.render.json import parse, version_of
from drift.report.report import SCHEMA_VERSION, Report


def read_report(path: Path) -> Report:
    """The report in a file, or on standard input for ``-``.

    Raises:
        SettingsError: It cannot be read, is no report, or is one of another major version.
    """
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
