"""Time: what the clock says, how much of a run's time is left, and when the next request may start."""

import threading
import time
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from drift.errors import Cause, GatewayError

SLICE = 0.25
"""Longest uninterrupted wait in seconds. Events would wake sooner, but must not be set from a signal handler."""
_CATCH_UP = 0.05
"""Seconds by which requests that started late may bring the next ones forward, to keep the mean rate."""


class Clock(Struct, frozen=True):
    """The three ways in which this package meets time; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    """Seconds on a clock that never goes back."""
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], float] = time.time
    """Seconds since 1970, for servers that name a date."""


class Budget:
    """The time one run may take in all, and whether somebody stopped it.

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

    def check(self, where: str) -> None:
        """Go on while there is time.

        Raises:
            GatewayError: the run was stopped, or its time is over.
        """
        if self._stopped:
            raise GatewayError(Cause.INTERRUPTED, "the run was stopped before this was read", where=where)
        if self.remaining() <= 0:
            message = f"no answer within the {self.seconds:g} seconds that the run may take"
            raise GatewayError(Cause.TIMED_OUT, message, where=where, hint="allow more with --timeout")

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


class Throttle:
    """Lets all requests of a run start at most ``rate`` times a second, and none while paused.

    The API allows 100 requests a second for each key and endpoint ("Rate limits" page of the management API), and
    answers 429 above that. Requests are spaced evenly rather than sent in bursts: a burst that the network delays
    meets the next one at the server, which then counts more than were sent in any second.

    Whatever was late before, no second ever holds more than ``floor(rate) + 1`` starts. A ``rate`` of None
    spaces nothing out, but pauses are kept.
    """

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self._interval = 0.0 if rate is None else 1.0 / rate
        self._clock = clock
        self._turn = threading.Lock()
        self._next = clock.now()
        self._paused_until = self._next
        self._paused_by = Cause.THROTTLED
        self._recent: deque[float] = deque(maxlen=0 if rate is None else int(rate) + 1)

    def acquire(self, budget: Budget, where: str) -> None:
        """Wait until a request may start.

        Raises:
            GatewayError: the cause of a pause if it outlasts the budget; else what ended the budget.
        """
        # Only the thread that holds the turn watches the clock; the others queue up behind it. Where it
        # fails, each of the others takes its turn and fails at once.
        with self._turn:
            budget.check(where)
            while (wait := self._earliest() - self._clock.now()) > 0:
                self._refuse_hopeless(wait, budget, where)
                budget.sleep(wait, where)
            now = self._clock.now()
            self._next = max(self._next, now - _CATCH_UP) + self._interval
            self._recent.append(now)

    def pause(self, seconds: float, cause: Cause = Cause.THROTTLED) -> None:
        """Let no request start for ``seconds``, because of ``cause``; a longer pause that is already set stays."""
        until = self._clock.now() + seconds
        if until > self._paused_until:
            self._paused_until, self._paused_by = until, cause

    def _earliest(self) -> float:
        earliest = max(self._next, self._paused_until)
        if self._recent and len(self._recent) == self._recent.maxlen:
            earliest = max(earliest, self._recent[0] + 1.0)
        return earliest

    def _refuse_hopeless(self, wait: float, budget: Budget, where: str) -> None:
        paused = self._paused_until - self._clock.now()
        if paused > budget.remaining():
            message = f"the gateway asks to wait {wait:.0f} s, and the run has {budget.remaining():.0f} s left"
            raise GatewayError(self._paused_by, message, where=where, hint="allow more with --timeout")
