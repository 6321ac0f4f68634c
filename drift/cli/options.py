"""Options that several commands share."""

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from drift.settings import duration

P = ParamSpec("P")
R = TypeVar("R")


class DurationType(click.ParamType[float]):
    """Reads ``500ms``, ``90s``, ``5m`` or ``1h`` as seconds."""

    name = "DURATION"

    def convert(self, value: str | float, _param: click.Parameter | None, _ctx: click.Context | None) -> float:
        """Seconds; a SettingsError says what would be accepted."""
        return value if isinstance(value, float) else duration(value)


def desired_paths(function: Callable[P, R]) -> Callable[P, R]:
    """The desired files: any number of files, directories and ``-``; ``desired`` if none is given."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...")(function)


def verbosity(function: Callable[P, R]) -> Callable[P, R]:
    """``-q`` and ``-v``."""
    quiet = click.option("-q", "--quiet", is_flag=True, help="Print the summary only.")
    verbose = click.option("-v", "--verbose", is_flag=True, help="Also print what is in sync.")
    return quiet(verbose(function))


def colour(function: Callable[P, R]) -> Callable[P, R]:
    """``--color``; ``auto`` heeds NO_COLOR, FORCE_COLOR and whether stdout is a terminal."""
    return click.option(
        "--color",
        "colour",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour on stdout.",
    )(function)


def read_stdin() -> bytes:
    """All of standard input, for the path ``-``."""
    return sys.stdin.buffer.read()
