"""What a failed request means, and when it is sent again.

A loop of our own instead of stamina. Its waits are a plain ``time.sleep`` that neither the run's budget nor
a signal can end; a 429 has to hold up all threads and not the one that met it, which is the throttle's task;
and what it does on a retry is set for the whole process (structlog, where installed, prints to stdout, which
holds the report). Without the waiting and the clock, counting to five is what is left of it.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import islice
from typing import Literal, TypeAlias, TypeVar, get_args

import httpx
from msgspec import Struct

from drift.errors import HINTS, Cause, GatewayError
from drift.gateway.pace import Budget, Clock, Throttle
from drift.gateway.transport import error_text

T = TypeVar("T")
Redact: TypeAlias = Callable[[str], str]
"""Makes the key unreadable in a text."""
Count: TypeAlias = Literal["get", "list", "retries", "throttled"]

TRIES = 5
"""How often one request is sent at most. All requests are GETs, which are safe to repeat."""
TRIES_TO_READ = 2
"""How often of these the answer may be one that cannot be read: now and then a proxy speaks for the gateway."""
_FIRST_DELAY = 0.2
_LONGEST_DELAY = 5.0
_THROTTLED_DELAY = 1.0
"""Seconds to wait after a 429 that does not say how long: the documented window."""
_LONGEST_MESSAGE = 200
"""Characters of a server's own words that are worth showing."""
_LONGEST_WAIT = 1e9
"""Seconds, for servers that name numbers which no float holds."""
_MOST_NOTES = 100
_CAUSES: Mapping[int, Cause] = {
    HTTPStatus.UNAUTHORIZED: Cause.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: Cause.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS: Cause.THROTTLED,
}


class Ledger:
    """Counters and notes that all threads of a run share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._notes: dict[str, None] = {}
        self._left_out = 0

    def count(self, what: Count) -> None:
        """Count one more request of a kind, retry, or 429 answer."""
        with self._lock:
            self._counts[what] += 1

    def note(self, text: str) -> None:
        """Keep a remark, once; a server that provokes many does not fill the memory."""
        with self._lock:
            if text in self._notes or len(self._notes) < _MOST_NOTES:
                self._notes[text] = None
            else:
                self._left_out += 1

    def counts(self) -> Mapping[str, int]:
        """Requests by kind; ``retries`` are among ``get`` and ``list`` too, ``throttled`` are 429 answers."""
        with self._lock:
            return {what: self._counts[what] for what in get_args(Count)}

    def notes(self) -> tuple[str, ...]:
        """Everything noted so far, in the order in which it was met."""
        with self._lock:
            more = (f"{self._left_out} more remarks of this kind",) if self._left_out else ()
            return (*self._notes, *more)


class RetryableError(GatewayError):
    """An error that the same request may not meet again."""

    retry_after: float | None = None
    """The server's wish in seconds."""


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


def failure(response: httpx.Response, where: str, redact: Redact, clock: Clock) -> GatewayError:
    """The error that a response with any status but 200 means. Never fails while reading it."""
    status = response.status_code
    text = error_text(response)
    said = _message(text, redact)
    message = f"HTTP {status} {httpx.codes.get_reason_phrase(status)}".rstrip() + (f": {said}" if said else "")
    message += _request_ids(response, redact)
    cause = _CAUSES.get(status, Cause.UNEXPECTED_STATUS)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        cause = Cause.SERVER_ERROR
    if cause in (Cause.THROTTLED, Cause.SERVER_ERROR):
        error = RetryableError(cause, message, where=where, status=status)
        error.retry_after = _retry_after(response, text, clock)
        return error
    message += redact(_redirection(response))[:_LONGEST_MESSAGE]
    return GatewayError(cause, message, where=where, status=status, hint=HINTS[cause])


def transport_failure(error: httpx.RequestError, where: str, redact: Redact) -> GatewayError:
    """The error that an exception of the transport means."""
    text = redact(f"{type(error).__name__}: {error}".rstrip(": "))[:_LONGEST_MESSAGE]
    match error:
        case httpx.TimeoutException():
            return RetryableError(Cause.TIMED_OUT, f"no complete answer in time ({text})", where=where)
        case httpx.DecodingError():
            return GatewayError(Cause.UNREADABLE_RESPONSE, f"the body cannot be decoded ({text})", where=where)
        case _:
            return RetryableError(Cause.UNREACHABLE, f"no complete answer ({text})", where=where)


def _object(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _message(text: str, redact: Redact) -> str:
    """The server's words. Error bodies of the gateway are not specified; these members occur on its host."""
    members = {name: value for name, value in _object(text).items() if isinstance(value, str) and value}
    said = next((members[name] for name in ("message", "error", "detail") if name in members), text.strip())
    code = members.get("code") or (members.get("error") if "message" in members else None)
    # Redacted before anything is cut off: half a key would not be recognised.
    said = redact(said)[:_LONGEST_MESSAGE]
    return f"{said} ({redact(code)[:_LONGEST_MESSAGE]})" if code else said


def _request_ids(response: httpx.Response, redact: Redact) -> str:
    """Headers by which the vendor's support may find the request; none is documented."""
    wanted = (
        redact(f"{name}: {value}")[:100]
        for name, value in response.headers.items()
        if any(part in name.lower() for part in ("request-id", "cf-ray", "trace"))
    )
    found = ", ".join(islice(wanted, 3))
    return f" [{found}]" if found else ""


def _redirection(response: httpx.Response) -> str:
    location = response.headers.get("location", "")
    if not HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST or not location:
        return ""
    try:
        host = httpx.URL(location).host
    except httpx.InvalidURL:
        host = ""
    return f"; redirects to {host or 'the same server'} are not followed, because the request holds the key"


def _retry_after(response: httpx.Response, text: str, clock: Clock) -> float | None:
    """Seconds to wait: member ``retry_after`` ("Rate limits" page), else the standard header."""
    asked = _object(text).get("retry_after")
    if isinstance(asked, int | float) and not isinstance(asked, bool) and asked >= 0:
        return float(min(asked, _LONGEST_WAIT))
    header = response.headers.get("retry-after", "").strip()
    if header.isdecimal() and header.isascii():
        return float(header[:9])
    until, sent = _timestamp(header), _timestamp(response.headers.get("date", ""))
    if until is None:
        return None
    # The server's own date spares comparing its clock with ours.
    return max(0.0, until - (clock.wall() if sent is None else sent))


def _timestamp(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
