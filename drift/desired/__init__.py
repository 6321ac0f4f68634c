"""What people write: YAML files become ``DesiredGroup`` values, or a list of everything wrong with them.

Importing this package is cheap. PyYAML is loaded with the first file.
"""

from collections.abc import Callable, Collection, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from msgspec import Struct

from drift.errors import Problem
from drift.model.groups import DesiredGroup
from drift.report.acceptance import Acceptance
from drift.report.exposure import Prices

__all__ = ["Desired", "DesiredFile", "desired_json_schema", "example_directory", "group_of", "load_desired"]


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


def load_desired(
    paths: Sequence[str | PathLike[str]],
    *,
    stdin: Callable[[], bytes] | None = None,
    ignore: Collection[str] = (),
) -> Desired:
    """Read, validate and resolve the desired files.

    Args:
        paths: Files, directories (every ``*.yaml`` and ``*.yml`` below them, sorted, hidden ones left
            out) and ``-`` for standard input. A file that is reached twice is read once.
        stdin: Reads all of standard input; called once, and only if ``-`` is among the paths.
        ignore: Ids of rules whose warnings are left out. Errors never are.

    Returns:
        The groups in the order in which they are written, what was read, and warnings.

    Raises:
        DesiredError: Something is wrong; it lists every error and warning of all files.
    """
    from drift.desired.load import load  # noqa: PLC0415 -- PyYAML only when files are read

    return load(paths, stdin=stdin, ignore=ignore)


def group_of(value: object, name: str) -> DesiredGroup:
    """The group of a plain value in the shape of an entry of ``groups`` that says all there is to say.

    Unlike in a file, a parent that is left out is not declared, even if there is a ``hierarchy`` block.

    Args:
        value: What JSON gives: names nothing outside of itself, such as a profile, and pins no effective limits.
        name: Stands for the file in its locations, which are all line 1.

    Raises:
        ValueError: The value is of another shape.
    """
    from drift.desired.declared import group_alone  # noqa: PLC0415 -- PyYAML's words come with it

    return group_alone(value, name)


def desired_json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a desired file, for editors; one schema covers every file."""
    from drift.desired.shape import json_schema  # noqa: PLC0415 -- only when it is asked for

    return json_schema()


def example_directory() -> Path:
    """The directory of the worked example: what ``drift init`` copies and ``drift demo`` checks.

    A wheel carries it as ``drift/example``; a checkout keeps it as ``desired`` beside the package, where
    people expect their own files.

    Raises:
        FileNotFoundError: The installation has neither.
    """
    from importlib.resources import as_file, files  # noqa: PLC0415 - slow to import, and only two commands need it

    package = files("drift")
    for candidate in (package / "example", package / ".." / "desired"):
        if candidate.is_dir():
            with as_file(candidate) as path:
                return path.resolve()
    raise FileNotFoundError("this installation of drift has no worked example")
