"""``--output FORMAT[=PATH]``: one report, any number of places."""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from drift.cli.console import stdout_colour, terminal_width, write_result
from drift.errors import OutputError, SettingsError
from drift.gateway.settings import ColourChoice
from drift.render import FORMATS, LEAST_BYTES, RenderOptions, render_report, renderer
from drift.report.report import Report


class Output(Struct, frozen=True):
    """A format and where it goes; no path is stdout."""

    format: str
    path: Path | None
    max_bytes: int = RenderOptions().max_bytes


class OutputType(click.ParamType[Output]):
    """Reads ``json``, ``json=report.json`` or ``json=-``."""

    name = "FORMAT[=PATH]"

    def convert(self, value: str | Output, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        """Turn the text into an output, or fail with the formats there are."""
        if isinstance(value, Output):
            return value
        output_format, _, path = value.partition("=")
        if output_format not in FORMATS:
            # A plugin's code runs now and not only when there is a report, so that nothing is read in vain.
            try:
                renderer(output_format)
            except SettingsError as error:
                self.fail(f"{error.message} ({error.hint})" if error.hint else error.message, param, ctx)
        return Output(output_format, Path(path) if path not in {"", "-"} else None)


def output_option(function: Callable[..., int]) -> Callable[..., int]:
    """``--output`` and ``--max-bytes``, as the tuple ``outputs``."""

    @click.option(
        "--output",
        "outputs",
        type=OutputType(),
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
    @wraps(function)
    def collected(*, outputs: tuple[Output, ...], max_bytes: int, **others: object) -> int:
        return function(outputs=tuple(replace(output, max_bytes=max_bytes) for output in outputs), **others)

    return collected


def checked(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """The outputs, text on stdout if none is given, refused now if they could not be written later."""
    if sum(output.path is None for output in outputs) > 1:
        raise SettingsError("two outputs want stdout", hint="give all but one a path: --output json=report.json")
    for output in outputs:
        if output.path:
            checked_path(output.path)
    return tuple(outputs) or (Output("text", None),)


def checked_path(path: Path) -> None:
    """Refuse a path now that could not be written later.

    Raises:
        SettingsError: It has no directory, or is one.
    """
    if not path.parent.is_dir():
        raise SettingsError(f"cannot write {path}: there is no directory {path.parent}")
    if path.is_dir():
        raise SettingsError(f"cannot write {path}: it is a directory")


def emit(report: Report, outputs: Sequence[Output], *, verbosity: int, colour: ColourChoice) -> None:
    """Write the report everywhere it was asked for.

    A run that could not compare has no text on stdout: stderr says it already. Files and machine formats
    are always written, so that nobody reads yesterday's report as today's.

    Raises:
        OutputError: One of them could not be made or written; the others have been.
    """
    failures: list[OutputError] = []
    for output in outputs:
        try:
            _emit_one(report, output, verbosity=verbosity, colour=colour)
        except OutputError as error:
            failures.append(error)
    if failures:
        raise OutputError("; ".join(error.message for error in failures), hint=failures[0].hint) from failures[0]


def _emit_one(report: Report, output: Output, *, verbosity: int, colour: ColourChoice) -> None:
    if output.path:
        options = RenderOptions(verbosity=verbosity, max_bytes=output.max_bytes)
        write_file(output.path, render_report(report, output.format, options))
    elif output.format != "text" or not report.failure:
        options = RenderOptions(
            verbosity=verbosity,
            width=terminal_width(),
            colour=stdout_colour(colour),
            max_bytes=output.max_bytes,
        )
        write_result(render_report(report, output.format, options))


def write_file(path: Path, text: str) -> None:
    """Replace the file by a text, see :func:`replace_file`."""
    replace_file(path, text.encode("utf-8", "backslashreplace"))


def replace_file(path: Path, data: bytes) -> None:
    """Replace the file in one step: beside it first, then renamed, so that no reader sees half of it.

    Raises:
        OutputError: The file cannot be written; what stood there before still stands.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
