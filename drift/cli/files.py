"""Reading and writing files: saved reports and snapshots, secrets, outputs."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drift.cli.console import read_stdin
from drift.errors import OutputError, SettingsError
from drift.render.json import parse as parse_report
from drift.render.json import version_of
from drift.report.report import SCHEMA_VERSION, Report

if TYPE_CHECKING:
    from drift.snapshot import Snapshot

_MOST_OF_A_REPORT = 256 * 1024 * 1024
"""Bytes; a report of 100,000 groups has a tenth of that."""
_MOST_OF_A_SECRET = 64 * 1024
_STREAMS = ("/dev/std", "/dev/fd/")
"""Names of what is open already, perhaps a file that others write to as well, such as the summary of a CI job."""


def read_report(path: Path) -> Report:
    """The JSON report in a file, or on standard input for ``-``.

    Raises:
        SettingsError: It cannot be read, is no report, or is one of another major version.
    """
    document = read_input(path, _MOST_OF_A_REPORT)
    try:
        version = version_of(document)
        # First of all: what another major version means by its members is not for this one to judge.
        if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
            raise SettingsError(
                f"{path} has report schema {version}; this version reads {SCHEMA_VERSION}",
                hint="use the version of baseten-drift that wrote it",
            )
        return parse_report(document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not a JSON report: {error}", hint="reports are written with --output json=PATH"
        ) from error


def read_snapshot(path: Path) -> "Snapshot":
    """The snapshot in a file, or on standard input for ``-``.

    Raises:
        SettingsError: It cannot be read, or is no snapshot.
    """
    from drift.snapshot import parse, unpack  # noqa: PLC0415 - few commands read one
    from drift.snapshot.packing import LARGEST  # noqa: PLC0415

    return parse(unpack(read_input(path, LARGEST), str(path)), str(path))


def read_input(path: Path, most: int) -> bytes:
    """All of a file, or of standard input for ``-``.

    Raises:
        SettingsError: It cannot be read, or has more than ``most`` bytes.
    """
    try:
        if str(path) == "-":
            data = read_stdin(most + 1)
        else:
            with path.open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > most:
        raise SettingsError(f"{path} has more than {most:,} bytes")
    return data


def read_secret(path: Path, what: str) -> str:
    """The text of a file that holds one secret and nothing else, ``what`` in messages.

    Raises:
        SettingsError: It cannot be read; no message shows any of it.
    """
    try:
        with path.open("rb") as file:
            return file.read(_MOST_OF_A_SECRET).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(f"{what} {path} cannot be read: {reason}") from None


def checked_path(path: Path) -> None:
    """Refuse a path now that could not be written later.

    Raises:
        SettingsError: It has no directory, or is one.
    """
    if not path.parent.is_dir():
        raise SettingsError(f"cannot write {path}: there is no directory {path.parent}")
    if path.is_dir():
        raise SettingsError(f"cannot write {path}: it is a directory")


def write_file(path: Path, content: str | bytes) -> None:
    """Replace a file in one step: beside it first, then renamed, so that no reader sees half of it.

    A file that is there keeps its permissions, and a link stays a link. What is no plain file, such as
    ``/dev/null`` or a named pipe, is written to and not replaced; nor is a file behind ``/dev/stdout``.

    Raises:
        OutputError: The file cannot be written, or a link in a repository leads out of it; what stood there before
            still stands.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    temporary: Path | None = None
    try:
        place = _followed(path)
        if str(path).startswith(_STREAMS) or (path.exists() and not path.is_file()):
            with path.open("ab") as stream:
                stream.write(data)
            return
        mode = place.stat().st_mode if place.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(mode)
        temporary.replace(place)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _followed(path: Path) -> Path:
    """The path without links."""
    place = path.resolve()
    root = repository_of(Path(os.path.normpath(path.absolute())).parent)
    if root and not place.is_relative_to(root.resolve()):
        # Whoever may commit could have the file of another replaced.
        raise OutputError(f"cannot write {path}: a link leads out of the repository {root}")
    return place


def repository_of(directory: Path) -> Path | None:
    """The root of the git repository that a directory is in, found without git."""
    absolute = directory.absolute()
    return next((parent for parent in (absolute, *absolute.parents) if (parent / ".git").exists()), None)


def _umask() -> int:
    # There is no way to ask for it without setting it.
    umask = os.umask(0)
    os.umask(umask)
    return umask
