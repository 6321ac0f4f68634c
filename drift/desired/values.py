"""What loading gives back."""

from msgspec import Struct

from drift.errors import Problem
from drift.model.groups import DesiredGroup
from drift.model.prices import Prices
from drift.report.acceptance import Acceptance


class DesiredFile(Struct, frozen=True):
    """A file that was read; the digest says afterwards which text a report was made from."""

    path: str
    """As it was given, or found below a given directory; ``<stdin>`` for standard input."""
    sha256: str
    """Of the bytes, in hexadecimal."""


class Desired(Struct, frozen=True):
    """Everything that the desired files declare."""

    groups: tuple[DesiredGroup, ...]
    """In the order in which they are written, file by file."""
    files: tuple[DesiredFile, ...]
    warnings: tuple[Problem, ...] = ()
    """What is legal but probably not meant, sorted by file, line and column."""
    prices: Prices | None = None
    """The price table, if a file states one."""
    accepted: tuple[Acceptance, ...] = ()
    """The drift that the files accept, in the order in which it is written."""
