"""How a gateway misbehaves on request.

A fault says which requests it is for and what happens to them. What happens is an action: it gets the request
and a way to ask for the answer, and gives back that answer, asked for and changed as it likes. Faults never touch
the world's rules; they are counted as requests arrive, so a script of them plays the same way each time.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from http.client import responses
from threading import Lock
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drift.sandbox.wire import HttpRequest, HttpResponse
from drift.sandbox.world import DEFAULT_PAGE, World


class Delivery(Struct, frozen=True):
    """An answer and the way in which it arrives."""

    response: HttpResponse
    delay: float = 0
    """Seconds before the answer begins."""
    answered: bool = True
    """False: the connection ends instead, without an answer."""
    cut: int | None = None
    """Bytes of the body after which the connection ends."""
    reset: bool = False
    """Whether it ends with a TCP reset."""
    pause_at: int = 0
    """Bytes of the body after which the answer pauses."""
    pause: float = 0
    """Seconds."""
    drip: float = 0
    """Seconds before each byte of the answer, headers included."""


Ask: TypeAlias = Callable[[HttpRequest], Delivery]
Action: TypeAlias = Callable[[HttpRequest, Ask], Delivery]


class CannedAnswer(Struct, frozen=True):
    """Another answer instead of the world's, which never sees the request. Of several, the first counts."""

    status: int
    body: bytes | None = None
    """None sends ``{"error": ...}``, the documented shape of an error."""
    type: str = "application/json"
    """Its content type."""
    location: str = ""
    """The ``Location`` header; empty: none."""
    retry_after: int | None = None
    """Seconds."""
    retry_after_in: Literal["body", "header", "date"] = "body"
    """The body's member ``retry_after``, or a ``Retry-After`` header in either form."""

    def response(self, now: datetime) -> HttpResponse:
        """The answer at this time."""
        headers = [("Content-Type", self.type)]
        if self.location:
            headers.append(("Location", self.location))
        error: dict[str, str | int] = {"error": responses.get(self.status, f"Status {self.status}")}
        if self.retry_after is not None:
            if self.retry_after_in == "body":
                error["retry_after"] = self.retry_after
            else:
                when = format_datetime(now + timedelta(seconds=self.retry_after), usegmt=True)
                headers.append(("Retry-After", when if self.retry_after_in == "date" else str(self.retry_after)))
        body = msgspec.json.encode(error) if self.body is None else self.body
        return HttpResponse(self.status, body, tuple(headers))


def latency(seconds: float) -> Action:
    """The answer begins so much later; several add up."""
    return _changing(lambda delivery: replace(delivery, delay=delivery.delay + seconds))


def drop(after: int | None = None, *, reset: bool = False) -> Action:
    """The connection ends inside the body, ``after`` so many bytes, or without an answer (None).

    With ``reset`` it ends with a TCP reset instead of in an orderly way.
    """
    return _changing(lambda delivery: replace(delivery, answered=after is not None, cut=after, reset=reset))


def stall(seconds: float, after: int = 0) -> Action:
    """The answer pauses inside its body, ``after`` so many bytes."""
    return _changing(lambda delivery: replace(delivery, pause=seconds, pause_at=after))


def drip(seconds: float) -> Action:
    """The answer arrives byte by byte from its status line on, with so many seconds before each."""
    return _changing(lambda delivery: replace(delivery, drip=seconds))


def truncate(after: int | None = None) -> Action:
    """A complete message with so many bytes of the body, or half of it (None)."""
    return _changing_body(lambda body: body[: len(body) // 2 if after is None else after])


def pad(size: int) -> Action:
    """Blanks after the body, which stays valid JSON, up to this many bytes."""
    return _changing_body(lambda body: body.ljust(size))


def thresholds(text: str) -> Action:
    """Every threshold in the body becomes this text, e.g. ``NaN``, ``"5"``, ``5.0`` or ``true``."""
    threshold = b'"threshold":' + text.encode()
    return _changing_body(lambda body: re.sub(rb'"threshold":[0-9]+', lambda _: threshold, body))


def content_type(value: str) -> Action:
    """The true body under another content type."""
    headers = (("Content-Type", value),)
    return _changing(lambda delivery: replace(delivery, response=replace(delivery.response, headers=headers)))


def small_pages(size: int) -> Action:
    """No page holds more groups than this, whatever the request asks for."""

    def action(request: HttpRequest, ask: Ask) -> Delivery:
        query = request.parameters
        limit = query.get("limit", str(DEFAULT_PAGE))
        query["limit"] = str(min(size, int(limit))) if limit.isdecimal() else limit
        return ask(replace(request, query=urlencode(query)))

    return action


def skip(count: int) -> Action:
    """Every page leaves out its first groups, as lists do from which groups vanish while they are read."""
    return _changing(lambda delivery: _with_page(delivery, lambda page: {"items": page["items"][count:]}))


def repeat_cursor() -> Action:
    """Every page claims that there is another one, behind the cursor that led to it."""
    return lambda request, ask: _continued(ask(request), request.parameters.get("cursor") or "YWZ0ZXI6MA==")


def repeat_page() -> Action:
    """Every page is the first one again, and claims that there is another behind a new cursor."""

    def action(request: HttpRequest, ask: Ask) -> Delivery:
        query = request.parameters
        cursor = query.pop("cursor", "") + "again"
        return _continued(ask(replace(request, query=urlencode(query))), cursor)

    return action


def happening(change: Callable[[], object]) -> Action:
    """Something happens just before the request is answered, e.g. a group moves between two pages."""

    def action(request: HttpRequest, ask: Ask) -> Delivery:
        change()
        return ask(request)

    return action


class Fault(Struct, frozen=True):
    """What happens, and the requests that it happens to."""

    action: Action | CannedAnswer
    method: str = "*"
    path: str = "*"
    """Pattern for the percent-encoded path without its query; ``*`` also matches slashes."""
    start: int = 1
    """The first of the matching requests that is affected, counted from 1."""
    times: int | None = None
    """How many matching requests are affected from there; None: all."""
    every: int = 1
    """Only one in so many of them is affected, the first included."""

    def matches(self, request: HttpRequest) -> bool:
        """Whether the fault counts this request."""
        return self.method in {"*", request.method} and fnmatchcase(request.path, self.path)

    def affects(self, nth: int) -> bool:
        """Whether something happens to the nth request that it counts."""
        turn, off = divmod(nth - self.start, self.every)
        return turn >= 0 and off == 0 and (self.times is None or turn < self.times)


class Faults:
    """A script of faults with its counters. Safe to use from several threads."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(self._faults)
        self._lock = Lock()

    def deliver(self, world: World, request: HttpRequest) -> Delivery:
        """Count the request, and have it answered as the script says; what comes later in it sees what came before."""
        actions = self._take(request)
        canned = next((action for action in actions if isinstance(action, CannedAnswer)), None)

        def answer(request: HttpRequest) -> Delivery:
            return Delivery(world.handle(request) if canned is None else canned.response(world.clock()))

        ask: Ask = answer
        for action in actions:
            if not isinstance(action, CannedAnswer):
                ask = _before(ask, action)
        return ask(request)

    def _take(self, request: HttpRequest) -> list[Action | CannedAnswer]:
        actions = []
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.matches(request):
                    nth = self._seen[index] = self._seen[index] + 1
                    if fault.affects(nth):
                        actions.append(fault.action)
        return actions


def _before(ask: Ask, action: Action) -> Ask:
    return lambda request: action(request, ask)


def _changing(change: Callable[[Delivery], Delivery]) -> Action:
    return lambda request, ask: change(ask(request))


def _changing_body(change: Callable[[bytes], bytes]) -> Action:
    return _changing(lambda delivery: _with_body(delivery, change(delivery.response.body)))


def _with_body(delivery: Delivery, body: bytes) -> Delivery:
    return replace(delivery, response=replace(delivery.response, body=body))


def _with_page(delivery: Delivery, change: Callable[[dict[str, Any]], dict[str, object]]) -> Delivery:
    """A page of the list with other members; what is no page stays as it is."""
    try:
        page = delivery.response.json()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return delivery
    if not isinstance(page, dict) or not isinstance(page.get("items"), list):
        return delivery
    return _with_body(delivery, msgspec.json.encode(page | change(page)))


def _continued(delivery: Delivery, cursor: str) -> Delivery:
    return _with_page(delivery, lambda _: {"pagination": {"has_more": True, "cursor": cursor}})
