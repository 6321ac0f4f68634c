"""Options that several commands share."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

from drift.cli.console import ColourChoice, stdout_colour, terminal_width, write_result
from drift.cli.files import checked_path, write_file
from drift.errors import OutputError, SettingsError
from drift.gateway.settings import duration
from drift.model.selection import Shard
from drift.model.wording import did_you_mean
from drift.render import FORMATS, LEAST_BYTES, RenderOptions, render_report, renderer
from drift.report.report import FailOn, Report
from drift.rules import FILE_RULES, RULES

FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)
T = TypeVar("T")


class Parsed(click.ParamType[T]):
    """Reads what a function of the library reads; its error says what would be accepted."""

    def __init__(self, name: str, parse: Callable[[str], T]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: str | T, _param: click.Parameter | None, _ctx: click.Context | None) -> T:
        """The value; a default may be one already."""
        return self._parse(value) if isinstance(value, str) else value


DAY = click.DateTime(["%Y-%m-%d"])
DURATION = Parsed("DURATION", duration)
"""``500ms``, ``90s``, ``5m``, ``1h`` or ``14d`` as seconds."""
SHARD = Parsed("SHARD", Shard.parse)
"""``2/8``."""
FILE = click.Path(path_type=Path)
SAVED = click.Path(path_type=Path, allow_dash=True)
"""A file that an earlier run wrote, or ``-`` for standard input."""


desired_paths = click.argument("paths", nargs=-1, metavar="[PATH]...")
"""The desired files: any number of files, directories and ``-``."""

colour = click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour on stdout.",
)
"""``auto`` heeds NO_COLOR, FORCE_COLOR and whether stdout is a terminal."""


def timeout_option(default: float, help_: str) -> Callable[[FC], FC]:
    """``--timeout``, as the seconds ``timeout``."""
    shown = f"{default / 60:g}m"
    return click.option("--timeout", type=DURATION, default=default, show_default=shown, help=help_)


def fail_on_option(help_: str, default: str | None = None) -> Callable[[FC], FC]:
    """``--fail-on``, as the text ``fail_on``."""
    choices = click.Choice([choice.value for choice in FailOn])
    return click.option("--fail-on", type=choices, default=default, show_default=True, help=help_)


def _warning(text: str) -> str:
    """The id of a rule for desired files that can warn, as the catalogue has it."""
    rule = next((rule for rule in FILE_RULES if rule.id.lower() == text.lower()), None)
    if rule is None:
        if text.lower() in RULES:
            raise SettingsError(
                f"cannot ignore {text}: it is a finding about live groups, not a warning about files",
                hint="--fail-on says which findings fail",
            )
        raise SettingsError(
            f"cannot ignore {text!r}: there is no such rule for desired files",
            hint=did_you_mean(text, [rule.id for rule in FILE_RULES]) or "drift explain lists the rules",
        )
    if not rule.warns:
        raise SettingsError(
            f"cannot ignore {rule.id}: it reports errors, and only warnings can be ignored",
            hint=f"drift explain {rule.id} says how to repair the files",
        )
    return rule.id


ignore_option = click.option(
    "--ignore",
    type=Parsed("RULE", _warning),
    multiple=True,
    help="Leave out warnings of this rule for desired files; may be repeated. Errors are never left out.",
)
"""As the tuple ``ignore`` of rule ids."""


class Output(Struct, frozen=True):
    """A format and where it goes; no path is stdout."""

    format: str
    path: Path | None

    def write(self, text: str) -> None:
        """Write the result there."""
        if self.path is None:
            write_result(text)
        else:
            write_file(self.path, text)


def output_type(find: Callable[[str], object]) -> Parsed[Output]:
    """Reads ``json``, ``json=report.json`` or ``json=-``.

    ``find`` finds the format, or raises an error. A plugin's code so runs now and not only when there is a report:
    nothing is read in vain.
    """

    def parse(text: str) -> Output:
        output_format, _, path = text.partition("=")
        find(output_format)
        return Output(output_format, Path(path) if path not in {"", "-"} else None)

    return Parsed("FORMAT[=PATH]", parse)


class ReportOutputs(Struct, frozen=True):
    """Where a report goes, and what it looks like there."""

    places: tuple[Output, ...]
    options: RenderOptions
    """For files; on stdout colour and width are added."""
    colour: ColourChoice

    def write(self, report: Report) -> None:
        """Write the report everywhere it was asked for.

        A run that could not compare has no text on stdout: stderr says it already. Files and machine formats
        are always written, so that nobody reads yesterday's report as today's.

        Raises:
            OutputError: One of them could not be made or written; the others have been.
        """
        failures: list[OutputError] = []
        for output in self.places:
            if report.failure and output.path is None and output.format == "text":
                continue
            try:
                output.write(render_report(report, output.format, self._options_for(output)))
            except OutputError as error:
                failures.append(error)
        if failures:
            raise OutputError("; ".join(error.message for error in failures), hint=failures[0].hint) from failures[0]

    def _options_for(self, output: Output) -> RenderOptions:
        # Where the report goes to files alone, stdout may be closed and is not asked.
        if output.path:
            return self.options
        return replace(self.options, width=terminal_width(), colour=stdout_colour(self.colour))


def report_outputs(function: Callable[..., int]) -> Callable[..., int]:
    """``--output``, ``--max-bytes``, ``-q``, ``-v`` and ``--color``, as the one argument ``outputs``."""

    @click.option(
        "--output",
        "outputs",
        type=output_type(renderer),
        multiple=True,
        help=f"Report format ({', '.join(FORMATS)}, or a plugin's) and where it goes; may be repeated. [default: text]",
    )
    @click.option(
        "--max-bytes",
        type=click.IntRange(min=LEAST_BYTES),
        default=RenderOptions().max_bytes,
        show_default=True,
        help="Cut markdown to so many bytes, on whole findings; GitHub takes 65,536 characters a comment.",
    )
    @click.option("-q", "--quiet", "verbosity", flag_value=-1, type=int, help="Print the summary only.")
    @click.option("-v", "--verbose", "verbosity", flag_value=1, type=int, default=0, help="Also print what is in sync.")
    @colour
    @wraps(function)
    def collected(
        *, outputs: tuple[Output, ...], max_bytes: int, verbosity: int, colour: ColourChoice, **others: object
    ) -> int:
        options = RenderOptions(verbosity=verbosity, max_bytes=max_bytes)
        return function(outputs=ReportOutputs(_checked(outputs), options, colour), **others)

    return collected


def _checked(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """The outputs, text on stdout if none is given, refused now if they could not be written later."""
    if sum(output.path is None for output in outputs) > 1:
        raise SettingsError("two outputs want stdout", hint="give all but one a path: --output json=report.json")
    for output in outputs:
        if output.path:
            checked_path(output.path)
    return outputs or (Output("text", None),)
