"""Joins the world and its faults: which answer a request gets, and how it arrives."""

import re
from collections.abc import Sequence
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import assert_never
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drift.sandbox.faults import (
    Action,
    Answer,
    BodyAction,
    ContentType,
    Drip,
    Drop,
    Faults,
    Latency,
    Pad,
    PageAction,
    RepeatCursor,
    RepeatPage,
    Run,
    Skip,
    SmallPages,
    Stall,
    Thresholds,
    Truncate,
    WireAction,
)
from drift.sandbox.messages import Request, Response
from drift.sandbox.world import DEFAULT_PAGE, World


class Delivery(Struct, frozen=True):
    """An answer and the way in which it arrives."""

    response: Response
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
    """Seconds before each byte of the whole answer."""


def deliver(world: World, faults: Faults, request: Request) -> Delivery:
    """Ask the world, and spoil its answer as the script says.

    Several faults of one request add up. Of several answers that replace the world's, the first counts.
    """
    actions = faults.take(request)
    for action in actions:
        if isinstance(action, Run):
            action.change()
    instead = next((action for action in actions if isinstance(action, Answer)), None)
    delivery = Delivery(world.handle(_asked(request, actions)) if instead is None else _canned(instead, world))
    for action in actions:
        if isinstance(action, WireAction):
            delivery = _hinder(delivery, action)
        elif isinstance(action, BodyAction):
            delivery = replace(delivery, response=_spoil(delivery.response, action, request))
    return delivery


def _hinder(delivery: Delivery, action: WireAction) -> Delivery:
    match action:
        case Latency(seconds):
            return replace(delivery, delay=delivery.delay + seconds)
        case Drop(after, reset):
            return replace(delivery, answered=delivery.answered and after is not None, cut=after, reset=reset)
        case Stall(seconds, after):
            return replace(delivery, pause_at=after, pause=seconds)
        case Drip(seconds):
            return replace(delivery, drip=seconds)
        case _:
            assert_never(action)


def _spoil(response: Response, action: BodyAction, request: Request) -> Response:
    match action:
        case Truncate(after):
            end = len(response.body) // 2 if after is None else after
            return replace(response, body=response.body[:end])
        case Pad(size):
            return replace(response, body=response.body.ljust(size))
        case ContentType(value):
            return replace(response, headers=(("Content-Type", value),))
        case Thresholds(text):
            threshold = b'"threshold":' + text.encode()
            return replace(response, body=re.sub(rb'"threshold":[0-9]+', lambda _: threshold, response.body))
        case RepeatCursor() | RepeatPage() | Skip():
            return replace(response, body=_repage(response.body, action, _query(request).get("cursor", "")))
        case _:
            assert_never(action)


def _canned(answer: Answer, world: World) -> Response:
    headers = [("Content-Type", answer.content_type), *answer.headers]
    seconds = answer.retry_after
    if seconds is not None and answer.retry_after_in == "header":
        headers.append(("Retry-After", str(seconds)))
    if seconds is not None and answer.retry_after_in == "date":
        when = world.clock() + timedelta(seconds=seconds)
        headers.append(("Retry-After", format_datetime(when, usegmt=True)))
    body = answer.body
    if body is None:
        error: dict[str, str | int] = {"error": _phrase(answer.status)}
        if seconds is not None and answer.retry_after_in == "body":
            error["retry_after"] = seconds
        body = msgspec.json.encode(error)
    return Response(answer.status, body, tuple(headers))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _asked(request: Request, actions: Sequence[Action]) -> Request:
    """What the world is asked: the request, but for the page that it is to get."""
    query = _query(request)
    for action in actions:
        match action:
            case SmallPages(size):
                limit = query.get("limit", str(DEFAULT_PAGE))
                query["limit"] = str(min(size, int(limit))) if limit.isdecimal() else limit
            case RepeatPage():
                query.pop("cursor", None)
            case _:
                continue
        request = replace(request, query=urlencode(query))
    return request


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query, keep_blank_values=True, errors="replace"))


def _repage(body: bytes, action: PageAction, cursor: str) -> bytes:
    """The page changed; ``cursor`` led to it. What is no page stays as it is."""
    try:
        page = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body
    if not isinstance(page, dict) or not isinstance(page.get("items"), list):
        return body
    match action:
        case RepeatCursor():
            page["pagination"] = {"has_more": True, "cursor": cursor or "YWZ0ZXI6MA=="}
        case RepeatPage():
            page["pagination"] = {"has_more": True, "cursor": f"{cursor}again"}
        case Skip(count):
            page["items"] = page["items"][count:]
        case _:
            assert_never(action)
    return msgspec.json.encode(page)
