"""What people write: YAML files become ``DesiredGroup`` values, or a list of everything wrong with them.

Importing this package is cheap. PyYAML is loaded with the first file, pydantic with the first wrong one.
"""

from collections.abc import Callable, Collection, Sequence
from os import PathLike
from typing import Any

from drift.desired.example import example_directory
from drift.desired.values import Desired, DesiredFile

__all__ = ["Desired", "DesiredFile", "desired_json_schema", "example_directory", "load_desired"]


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


def desired_json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a desired file, for editors; one schema covers every file."""
    from drift.desired.schema import json_schema  # noqa: PLC0415 -- pydantic only when it is asked for

    return json_schema()
