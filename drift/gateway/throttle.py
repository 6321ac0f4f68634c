"""One throttle for all calls of a run.

The API allows 100 requests a second for each key and endpoint ("Rate limits" page of the management
API), and answers 429 above that. Requests are spaced evenly rather than sent in bursts: a burst that the
network delays meets the next one at the server, which then counts more than were sent in any second.
"""

import threading
from collections import deque

from drift.errors import Cause, GatewayError
from drift.gateway.clock import Budget, Clock

RATE = 97.0
"""Requests a second by default: three less than the API allows, for those that the network holds up."""

_CATCH_UP = 0.05
"""Seconds by which requests that started late may bring the next ones forward, to keep the mean rate."""


class Throttle:
    """Lets requests start at most ``rate`` times a second, and none while paused.

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
