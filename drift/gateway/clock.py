"""Time: what the clock says, and how much of a run's time is left."""

import time
from collections.abc import Callable

from msgspec import Struct

from drift.errors import Cause, GatewayError

SLICE = 0.25
"""Longest uninterrupted wait in seconds. Events would wake sooner, but must not be set from a signal handler."""


class Clock(Struct, frozen=True):
    """The three ways in which this package meets time; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    """Seconds on a clock that never goes back."""
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], float] = time.time
    """Seconds since 1970, for servers that name a date."""


class Budget:
    """The time one run may take in all, and whether somebody told it to stop.

    The time starts with the first call of :meth:`start`. All methods may be called from any thread, and
    :meth:`stop` from a signal handler too: it only sets a flag.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self.clock = clock
        self._deadline: float | None = None
        self._stopped = False

    def start(self) -> None:
        """Let the time run; calls after the first change nothing."""
        if self._deadline is None:
            self._deadline = self.clock.now() + self.seconds

    def stop(self) -> None:
        """Let everything that waits or wants to start a request fail with ``INTERRUPTED``."""
        self._stopped = True

    def remaining(self) -> float:
        """Seconds left, never negative."""
        if self._deadline is None:
            return self.seconds
        return max(0.0, self._deadline - self.clock.now())

    def spent(self, where: str) -> GatewayError | None:
        """Why nothing more may be asked, or None while there is time."""
        if self._stopped:
            return GatewayError(Cause.INTERRUPTED, "the run was stopped before this was read", where=where)
        if self.remaining() <= 0:
            message = f"no answer within the {self.seconds:g} seconds that the run may take"
            return GatewayError(Cause.TIMED_OUT, message, where=where, hint="allow more with --timeout")
        return None

    def check(self, where: str) -> None:
        """Raise what :meth:`spent` says."""
        if error := self.spent(where):
            raise error

    def sleep(self, seconds: float, where: str) -> None:
        """Wait, in short slices.

        Raises:
            GatewayError: as soon as the run is stopped or out of time.
        """
        end = self.clock.now() + seconds
        self.check(where)
        while (left := end - self.clock.now()) > 0:
            self.clock.sleep(min(left, SLICE, self.remaining()))
            self.check(where)
