"""Joins the world and its faults: which answer a request gets, and how it arrives."""

import re
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import assert_never
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drift.sandbox.faults import (
    Answer,
    BodyAction,
    ContentType,
    Drop,
    Faults,
    Latency,
    Pad,
    RepeatCursor,
    Run,
    Stall,
    Thresholds,
    Truncate,
    WireAction,
)
from drift.sandbox.messages import Request, Response
from drift.sandbox.world import World


class Delivery(Struct, frozen=True):
    """An answer and the way in which it arrives."""

    response: Response
    delay: float = 0
    """Seconds before the answer begins."""
    answered: bool = True
    """False: the connection ends instead, without an answer."""
    cut: int | None = None
    """Bytes of the body after which the connection ends."""
    pause_at: int = 0
    """Bytes of the body after which the answer pauses."""
    pause: float = 0
    """Seconds."""


def deliver(world: World, faults: Faults, request: Request) -> Delivery:
    """Ask the world, and spoil its answer as the script says.

    Several faults of one request add up. Of several answers that replace the world's, the first counts.
    """
    actions = faults.take(request)
    for action in actions:
        if isinstance(action, Run):
            action.change()
    instead = next((action for action in actions if isinstance(action, Answer)), None)
    delivery = Delivery(world.handle(request) if instead is None else _canned(instead, world))
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
        case Drop(after):
            return replace(delivery, answered=delivery.answered and after is not None, cut=after)
        case Stall(seconds, after):
            return replace(delivery, pause_at=after, pause=seconds)
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
        case RepeatCursor():
            return replace(response, body=_claim_another_page(response.body, request))
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


def _claim_another_page(body: bytes, request: Request) -> bytes:
    try:
        page = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body
    if not isinstance(page, dict) or "pagination" not in page:
        return body
    came_with = parse_qs(request.query).get("cursor", ["YWZ0ZXI6MA=="])
    return msgspec.json.encode({**page, "pagination": {"has_more": True, "cursor": came_with[-1]}})
