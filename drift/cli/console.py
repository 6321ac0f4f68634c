"""Streams, colour and errors: the result goes to stdout, everything else to stderr."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path

from drift.errors import DesiredError, DriftError, Level, Problem
from drift.gateway.settings import ColourChoice, use_colour
from drift.render.visible import visible


def environment() -> Mapping[str, str]:
    """The process environment; nobody else reads it."""
    return os.environ  # noqa: TID251 - this is the one place


def write_result(text: str) -> None:
    """Write to stdout as UTF-8, whatever the locale; a reader that went away (``| head``) is no error."""
    write_bytes(text.encode("utf-8", "backslashreplace"))


def write_bytes(data: bytes) -> None:
    """Write to stdout what is encoded already; a reader that went away is no error."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The interpreter would complain again when it flushes stdout at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write a line to stderr; ``text`` must be safe to show (see ``visible``)."""
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
        sys.stderr.flush()


def say_error(message: str, hint: str = "") -> None:
    """Write what happened and what to do."""
    mark = _coloured("error:", "1;31")
    say(f"{mark} {visible(message)}")
    if hint:
        say(f"  hint: {visible(hint)}")


def say_drift_error(error: DriftError) -> None:
    """Write an error of the library the way every error looks, after the problems that it sums up."""
    if isinstance(error, DesiredError):
        say_problems(error.problems)
    say_error(error.message, error.hint)


def unexpected(error: Exception) -> DriftError:
    """A fault of this tool as an error like any other: its type and place, never its text, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return DriftError(
        f"unexpected error: {type(error).__name__}{place}",
        hint="nothing was found out; this is a fault of baseten-drift, please report it",
    )


def problem_lines(problems: Iterable[Problem], *, colour: bool) -> Iterable[str]:
    """``file:line:column: error[V09] path: message``, the form that editors understand, then the hint."""
    for problem in problems:
        code = "1;31" if problem.level is Level.ERROR else "33"
        level = f"{problem.level.value}[{problem.rule}]"
        shown = f"\x1b[{code}m{level}\x1b[0m" if colour else level
        path = f"{visible(problem.path)}: " if problem.path else ""
        yield f"{visible(str(problem.location))}: {shown} {path}{visible(problem.message)}"
        if problem.hint:
            yield f"    hint: {visible(problem.hint)}"


def say_problems(problems: Iterable[Problem]) -> None:
    """Write the problems of desired files to stderr."""
    for line in problem_lines(problems, colour=stderr_colour()):
        say(line)


def stdout_colour(choice: ColourChoice) -> bool:
    """Whether stdout gets colour."""
    return use_colour(choice, environment(), is_terminal=sys.stdout.isatty())


def stderr_colour() -> bool:
    """Whether stderr gets colour."""
    return use_colour("auto", environment(), is_terminal=sys.stderr.isatty())


def terminal_width() -> int | None:
    """Columns of the terminal on stdout, or None if it is a file or a pipe."""
    if not sys.stdout.isatty():
        return None
    try:
        return int(environment().get("COLUMNS", "")) or None
    except ValueError:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if stderr_colour() else text
