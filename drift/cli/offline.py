"""Snapshot files in the place of the gateway."""

from pathlib import Path

from drift.cli.options import read_stdin
from drift.errors import SettingsError
from drift.snapshot import Snapshot, parse, unpack
from drift.snapshot.packing import LARGEST


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot at ``path``, or on standard input where that is ``-``.

    Raises:
        SettingsError: It cannot be read, or is no snapshot.
    """
    name = str(path)
    if name == "-":
        data = read_stdin(LARGEST + 1)
    else:
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise SettingsError(f"cannot read {name}: {error.strerror or error}") from error
    return parse(unpack(data, name), name)


def described(snapshot: Snapshot, path: Path) -> str:
    """How a report names a snapshot: whose it is and when it was read."""
    return f"snapshot {path} of {snapshot.api_url}, read {snapshot.read_at}"
