"""What a response amounts to: a body to decode, or one error that says what happened."""

import json
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import islice

from drift.errors import Cause, GatewayError
from drift.gateway.clock import Clock
from drift.gateway.lean import httpx

_LARGEST_ERROR = 64 * 1024
_LONGEST_MESSAGE = 200
"""Characters of a server's own words that are worth showing."""
_LONGEST_WAIT = 1e9
"""Seconds, for servers that name numbers which no float holds."""
_ENCODINGS = ("", "identity", "gzip", "x-gzip")
"""What was asked for. Other encodings may expand without bound within one piece."""
_HINTS = {
    Cause.UNAUTHORIZED: "the API key is missing, wrong or expired; a workspace key with management scope is needed",
    Cause.FORBIDDEN: "the key needs management scope in the workspace of the groups, and the workspace the gateway",
}
Redact = Callable[[str], str]


class RetryableError(GatewayError):
    """An error that the same request may not meet again; ``retry_after`` is the server's wish in seconds."""

    def __init__(
        self, cause: Cause, message: str, *, where: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(cause, message, where=where, status=status)
        self.retry_after = retry_after


class OversizedError(Exception):
    """A body is longer than it may be; ``limit`` is the number of bytes allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


def read_body(response: httpx.Response, limit: int, check: Callable[[], None]) -> bytes:
    """The decoded body; ``check`` is called between its pieces and may raise.

    Raises:
        OversizedError: it is longer than ``limit`` bytes, counted after decompression.
        httpx.DecodingError: it is not encoded as it says, or in a way that was not asked for.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise httpx.DecodingError(f"content encoding {encoding!r} was not asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise OversizedError(limit)
    pieces, size = [], 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > limit:
            raise OversizedError(limit)
        pieces.append(piece)
        check()
    return b"".join(pieces)


def is_json(response: httpx.Response) -> bool:
    """Whether the response says that it is JSON."""
    media_type: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def failure(response: httpx.Response, where: str, redact: Redact, clock: Clock) -> GatewayError:
    """The error that a response with any status but 200 means. Never fails while reading it."""
    status = response.status_code
    text = error_text(response)
    said = _message(text, redact)
    message = f"HTTP {status} {_reason(status)}".rstrip() + (f": {said}" if said else "")
    message += _request_ids(response, redact)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            cause = Cause.UNAUTHORIZED
        case HTTPStatus.FORBIDDEN:
            cause = Cause.FORBIDDEN
        case HTTPStatus.TOO_MANY_REQUESTS:
            after = _retry_after(response, text, clock)
            return RetryableError(Cause.THROTTLED, message, where=where, status=status, retry_after=after)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            after = _retry_after(response, text, clock)
            return RetryableError(Cause.SERVER_ERROR, message, where=where, status=status, retry_after=after)
        case _:
            cause = Cause.UNEXPECTED_STATUS
            message += redact(_redirection(response))[:_LONGEST_MESSAGE]
    return GatewayError(cause, message, where=where, status=status, hint=_HINTS.get(cause, ""))


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


def error_text(response: httpx.Response) -> str:
    """The body of an error, or nothing if it cannot be had. A body that is read leaves the connection usable."""
    try:
        body = read_body(response, _LARGEST_ERROR, lambda: None)
    except (httpx.HTTPError, OversizedError):
        return ""
    return body.decode("utf-8", "replace")


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


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _request_ids(response: httpx.Response, redact: Redact) -> str:
    """Headers by which the vendor's support may find the request; none is documented."""

    def wanted() -> Iterator[str]:
        for name, value in response.headers.items():
            if any(part in name.lower() for part in ("request-id", "cf-ray", "trace")):
                yield redact(f"{name}: {value}")[:100]

    found = ", ".join(islice(wanted(), 3))
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
