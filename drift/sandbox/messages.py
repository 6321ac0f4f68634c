"""Requests and responses without a protocol, so that the world needs no HTTP library."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType

GROUPS_PATH = "/v1/gateway/groups"


class Request(Struct, frozen=True):
    """One request as it is on the wire."""

    method: str
    path: str
    """Still percent-encoded, without the query."""
    query: str = ""
    """Still percent-encoded, without the question mark."""
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, payload: object | UnsetType = UNSET, *, key: str | None = None) -> "Request":
        """A request from what a test or a demo has at hand.

        ``target`` is path and query, ``payload`` any JSON value, ``key`` goes into a Bearer header.
        """
        path, _, query = target.partition("?")
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        body = b"" if payload is UNSET else msgspec.json.encode(payload)
        return cls(method, path, query, headers, body)


class Response(Struct, frozen=True):
    """One answer; the adapters add what HTTP needs, such as its length."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)

    def json(self) -> object:
        """The body as a JSON value; raises ``msgspec.DecodeError`` if it is none."""
        return msgspec.json.decode(self.body)


class Refused(Exception):  # noqa: N818 (an answer of the API, not a failure of the sandbox)
    """The API answers with this status and message instead of doing what it was asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def refusal(
    status: int, message: str, *, retry_after: int | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    """An error answer.

    The documentation gives one shape, that of 429: ``{"error": "...", "retry_after": seconds}``. The others
    have no documented shape and use the same without ``retry_after``.
    """
    body: dict[str, str | int] = {"error": message}
    if retry_after is not None:
        body["retry_after"] = retry_after
    return Response(status, msgspec.json.encode(body), (("Content-Type", "application/json"), *headers))
