"""When a request is sent again, and after how long.

A loop of our own instead of stamina. Its waits are a plain ``time.sleep`` that neither the run's budget nor
a signal can end; a 429 has to hold up all threads and not the one that met it, which is the throttle's task;
and what it does on a retry is set for the whole process (structlog, where installed, prints to stdout, which
holds the report). Without the waiting and the clock, counting to five is what is left of it.
"""

import random
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from drift.errors import Cause, GatewayError
from drift.gateway.answer import RetryableError
from drift.gateway.clock import Budget
from drift.gateway.ledger import Ledger
from drift.gateway.throttle import Throttle

T = TypeVar("T")

TRIES = 5
"""How often one request is sent at most. All requests are GETs, which are safe to repeat."""
TRIES_TO_READ = 2
"""How often of these the answer may be one that cannot be read: now and then a proxy speaks for the gateway."""
_FIRST_DELAY = 0.2
_LONGEST_DELAY = 5.0
_THROTTLED_DELAY = 1.0
"""Seconds to wait after a 429 that does not say how long: the documented window."""


class Conduct(Struct, frozen=True):
    """What all requests of a run share: how fast, how long, how often."""

    throttle: Throttle
    budget: Budget
    ledger: Ledger

    def send(self, request: Callable[[], T], where: str) -> T:
        """Make a request, in its turn, and again where that may help.

        Raises:
            GatewayError: what the last try met; or why there was no further one.
        """
        attempt = unreadable = 0
        while True:
            attempt += 1
            self.throttle.acquire(self.budget, where)
            try:
                return request()
            except GatewayError as error:
                if error.cause is Cause.UNREADABLE_RESPONSE:
                    unreadable += 1
                elif not isinstance(error, RetryableError):
                    raise
                used_up = attempt == TRIES or unreadable == TRIES_TO_READ
                if error.cause is Cause.THROTTLED:
                    self.ledger.count("throttled")
                wish = error.retry_after if isinstance(error, RetryableError) else None
                delay = _delay(error.cause, attempt) if wish is None else wish
                if wish is not None or error.cause is Cause.THROTTLED:
                    self.throttle.pause(delay, error.cause)
                if used_up or delay >= self.budget.remaining():
                    raise _last(error, attempt if used_up else None, delay, self.budget) from None
                self.budget.sleep(delay, where)
                self.ledger.count("retries")


def _delay(cause: Cause, attempt: int) -> float:
    """Seconds before the next try, where the server names none: twice as long each time, and never in step."""
    backoff = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** (attempt - 1))
    jittered = backoff * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, protects nothing)
    return _THROTTLED_DELAY + jittered if cause is Cause.THROTTLED else jittered


def _last(error: GatewayError, tries: int | None, delay: float, budget: Budget) -> GatewayError:
    message = error.message
    if tries is not None:
        message += f"; {tries} tries"
    elif budget.remaining() > 0:
        message += f"; the next try would be in {delay:.1f} s, and the run has {budget.remaining():.1f} s left"
    return GatewayError(error.cause, message, where=error.where, status=error.status, hint=error.hint)
