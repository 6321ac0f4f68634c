"""Options that several commands share."""

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from drift.settings import duration
from drift.shard import Shard

P = ParamSpec("P")
R = TypeVar("R")


class DurationType(click.ParamType[float]):
    """Reads ``500ms``, ``90s``, ``5m`` or ``1h`` as seconds."""

    name = "DURATION"

    def convert(self, value: str | float, _param: click.Parameter | None, _ctx: click.Context | None) -> float:
        """Seconds; a SettingsError says what would be accepted."""
        return value if isinstance(value, float) else duration(value)


class ShardType(click.ParamType[Shard]):
    """Reads ``2/8``."""

    name = "SHARD"

    def convert(self, value: str | Shard, _param: click.Parameter | None, _ctx: click.Context | None) -> Shard:
        """A part; a SettingsError says what would be accepted."""
        return value if isinstance(value, Shard) else Shard.parse(value)


def desired_paths(function: Callable[P, R]) -> Callable[P, R]:
    """The desired files: any number of files, directories and ``-``; ``desired`` if none is given."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...")(function)


def verbosity(function: Callable[P, R]) -> Callable[P, R]:
    """``-q`` and ``-v``, as the number ``verbosity``: -1, 0 or 1."""
    quiet = click.option("-q", "--quiet", "verbosity", flag_value=-1, type=int, help="Print the summary only.")
    verbose = click.option(
        "-v", "--verbose", "verbosity", flag_value=1, type=int, default=0, help="Also print what is in sync."
    )
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
