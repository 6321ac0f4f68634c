"""Ctrl-C and SIGTERM end a run early, with a report of what was seen so far."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from drift.errors import ExitCode

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class Interrupts:
    """Remembers which signal came; ask :meth:`code` when the run is over."""

    def __init__(self) -> None:
        self._received: ExitCode | None = None
        self._stop: Callable[[], None] = lambda: None

    def code(self) -> ExitCode | None:
        """The exit code of the signal that came first, or None."""
        return self._received

    def on_stop(self, stop: Callable[[], None]) -> None:
        """What ends the run; called from the signal handler."""
        self._stop = stop

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._received is not None:
            # Asked twice: end now, without a report, and let nothing more come between.
            _ignore_from_now_on()
            raise KeyboardInterrupt
        self._received = _CODES[signal.Signals(number)]
        self._stop()


@contextmanager
def catch_interrupts() -> Iterator[Interrupts]:
    """Within the block the two signals only ask the run to stop; afterwards they are what they were.

    Once one has come they are ignored afterwards: the program is ending, and all of its report is to be written.
    """
    interrupts = Interrupts()
    before = {number: signal.signal(number, interrupts._handle) for number in _CODES}  # noqa: SLF001 - same module
    try:
        yield interrupts
    finally:
        if interrupts.code() is None:
            for number, handler in before.items():
                signal.signal(number, handler)
        else:
            _ignore_from_now_on()


def _ignore_from_now_on() -> None:
    for number in _CODES:
        signal.signal(number, signal.SIG_IGN)
