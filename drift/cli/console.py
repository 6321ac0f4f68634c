"""The process around a command: environment, clock, signals and streams.

The result goes to stdout, everything else to stderr.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Literal, TextIO, TypeAlias, TypeVar

from drift.errors import DesiredError, DriftError, ExitCode, Level, Problem
from drift.render.visible import visible

ColourChoice: TypeAlias = Literal["auto", "always", "never"]
T = TypeVar("T")

_QUIET = 1.0
"""Seconds before progress is shown: a shorter run ends before anybody wonders."""
_EVERY = 0.1
"""Seconds between updates of it."""
_BAR = 20
"""Columns, so that all of the line fits a terminal of 80."""
_SIGNALS = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


def environment() -> Mapping[str, str]:
    """The process environment; nobody else reads it."""
    return os.environ  # noqa: TID251 - this is the one place


def now() -> datetime:
    """The clock; nobody else reads it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def read_stdin(limit: int = -1) -> bytes:
    """All of standard input, for the path ``-``, or the first ``limit`` bytes of it."""
    return sys.stdin.buffer.read(limit)


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
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write a line to stderr; ``text`` must be safe to show (see ``visible``)."""
    _write_stderr(text + "\n")


def _write_stderr(text: str) -> None:
    with suppress(BrokenPipeError):
        sys.stderr.write(text.encode("utf-8", "backslashreplace").decode())
        sys.stderr.flush()


def say_error(message: str, hint: str = "") -> None:
    """Write what happened and what to do."""
    say(f"{_coloured('error:', '1;31', use_colour(sys.stderr))} {visible(message)}")
    if hint:
        say(f"  hint: {visible(hint)}")


def attempt(action: Callable[[], T]) -> T | DriftError:
    """What the action returns; or what kept it from that, whatever it was, after all of it was said on stderr."""
    try:
        return action()
    except DriftError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - people get one line, not a traceback
        failure = _unexpected(error)
    if isinstance(failure, DesiredError):
        say_problems(failure.problems)
    say_error(failure.message, failure.hint)
    return failure


def _unexpected(error: Exception) -> DriftError:
    """A fault of this tool as an error like any other: its type and place, never its text, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return DriftError(
        f"unexpected error: {type(error).__name__}{place}",
        hint="the command has no result; this is a bug in baseten-drift, please report it",
    )


def problem_lines(problems: Iterable[Problem], *, colour: bool) -> Iterable[str]:
    """``file:line:column: error[V09] path: message``, the form that editors understand, then the hint."""
    for problem in problems:
        code = "1;31" if problem.level is Level.ERROR else "33"
        level = _coloured(f"{problem.level.value}[{problem.rule}]", code, colour)
        path = f"{visible(problem.path)}: " if problem.path else ""
        yield f"{visible(str(problem.location))}: {level} {path}{visible(problem.message)}"
        if problem.hint:
            yield f"    hint: {visible(problem.hint)}"


def say_notes(notes: Iterable[str]) -> None:
    """Write what the reader should know about the reading."""
    for note in notes:
        say(f"note: {visible(note)}")


def say_problems(problems: Iterable[Problem]) -> None:
    """Write the problems of desired files to stderr."""
    for line in problem_lines(problems, colour=use_colour(sys.stderr)):
        say(line)


def use_colour(stream: TextIO, choice: ColourChoice = "auto") -> bool:
    """Whether to colour: the flag wins, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal.

    A variable that is set but empty does not count (no-color.org, force-color.org).
    """
    variables = environment()
    if choice != "auto":
        return choice == "always"
    if variables.get("NO_COLOR"):
        return False
    if variables.get("FORCE_COLOR") or variables.get("CLICOLOR_FORCE"):
        return True
    return stream.isatty() and variables.get("TERM") != "dumb"


def stdout_colour(choice: ColourChoice) -> bool:
    """Whether stdout gets colour."""
    return use_colour(sys.stdout, choice)


def terminal_width() -> int | None:
    """Columns of the terminal on stdout, or None if it is a file or a pipe."""
    if not sys.stdout.isatty():
        return None
    try:
        return int(environment().get("COLUMNS", "")) or None
    except ValueError:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def _coloured(text: str, code: str, colour: bool) -> str:  # noqa: FBT001 - a private helper of three arguments
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


@contextmanager
def progress(what: str, total: int | None, *, wanted: bool = True) -> Iterator[Callable[[object], None]]:
    """Yield a function to call with every group; if stderr is a terminal, a line there says how far the work is.

    It appears when the work takes a while, and is gone afterwards. ``total`` is None where nobody knows how many
    groups there are; then there is no estimate of the time left.
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda _: None
        return
    done = 0
    over = threading.Event()

    def advance(_: object) -> None:
        nonlocal done
        done += 1

    def show() -> None:
        # The last column stays free: a terminal may begin a new line after it.
        columns = (os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1
        width = 0
        while not over.wait(_EVERY if width else _QUIET):
            line = _progress_line(what, done, total, time.monotonic() - started)[:columns]
            # Blanks instead of escape codes, which not every terminal knows.
            _write_stderr("\r" + line.ljust(width))
            width = len(line)
        if width:
            _write_stderr("\r" + " " * width + "\r")

    started = time.monotonic()
    watcher = threading.Thread(target=show, daemon=True)
    watcher.start()
    try:
        yield advance
    finally:
        over.set()
        watcher.join()


def _progress_line(what: str, done: int, total: int | None, seconds: float) -> str:
    """E.g. ``reading [#####...............] 2/8 4/s left 0:00:02``."""
    speed = done / seconds
    said = f" {speed:,.0f}/s" if done else ""
    if not total:
        return f"{what} {done:,}{said}"
    # Suspects are read a second time, so there may be more readings than groups.
    done = min(done, total)
    left = f" left {timedelta(seconds=round((total - done) / speed))}" if done else ""
    return f"{what} [{'#' * (_BAR * done // total):.<{_BAR}}] {done:,}/{total:,}{said}{left}"


class Interrupts:
    """Ctrl-C and SIGTERM end a run early, with a report of what was seen so far; ask :meth:`code` when it is over."""

    def __init__(self) -> None:
        self._received: ExitCode | None = None
        self._stop: Callable[[], None] = lambda: None

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` from the signal handler, or at once where a signal has come already."""
        self._stop = stop
        if self._received is not None:
            stop()

    def code(self) -> ExitCode | None:
        """The exit code of the signal that came first, or None."""
        return self._received

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._received is not None:
            # Asked twice: end now, without a report, and let nothing more come between.
            _ignore_from_now_on()
            raise KeyboardInterrupt
        self._received = _SIGNALS[signal.Signals(number)]
        self._stop()


@contextmanager
def catch_interrupts() -> Iterator[Interrupts]:
    """Within the block the two signals only ask the run to stop; afterwards they are what they were.

    Once one has come they are ignored afterwards: the program is ending, and all of its report is to be written.
    """
    interrupts = Interrupts()
    before = {number: signal.signal(number, interrupts._handle) for number in _SIGNALS}  # noqa: SLF001 - same module
    try:
        yield interrupts
    finally:
        if interrupts.code() is None:
            for number, handler in before.items():
                signal.signal(number, handler)
        else:
            _ignore_from_now_on()


def _ignore_from_now_on() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
