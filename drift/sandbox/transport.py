"""The world as an httpx transport: real clients in tests, without sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx

from drift.sandbox.delivery import Delivery, deliver
from drift.sandbox.faults import NO_FAULTS, Faults
from drift.sandbox.messages import Request
from drift.sandbox.world import World


def transport(world: World, faults: Faults = NO_FAULTS) -> httpx.MockTransport:
    """A transport for ``httpx.Client``.

    Connection faults become the exceptions that httpx raises for them. Where a delay reaches the client's own
    read timeout, the timeout is raised at once instead of being waited for.
    """

    def handle(request: httpx.Request) -> httpx.Response:
        delivery = deliver(world, faults, _request(request))
        if late := _late(delivery):
            time.sleep(_bearable(late, request))
        return _response(delivery, request)

    return httpx.MockTransport(handle)


def async_transport(world: World, faults: Faults = NO_FAULTS) -> httpx.MockTransport:
    """The same for ``httpx.AsyncClient``; delays let other requests go on."""

    async def handle(request: httpx.Request) -> httpx.Response:
        delivery = deliver(world, faults, _request(request))
        if late := _late(delivery):
            await asyncio.sleep(_bearable(late, request))
        return _response(delivery, request)

    return httpx.MockTransport(handle)


def _request(request: httpx.Request) -> Request:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    return Request(request.method, path, query, dict(request.headers.items()), request.content)


def _late(delivery: Delivery) -> float:
    """Seconds until the answer is here; one that drips is here as a whole."""
    return delivery.delay + delivery.drip * len(delivery.response.body)


def _bearable(seconds: float, request: httpx.Request) -> float:
    timeout = request.extensions.get("timeout", {}).get("read")
    if timeout is not None and seconds >= timeout:
        raise httpx.ReadTimeout("the sandbox answers too late", request=request)
    return seconds


def _response(delivery: Delivery, request: httpx.Request) -> httpx.Response:
    if not delivery.answered:
        raise _ended(delivery, request, "Server disconnected without sending a response.")
    response = delivery.response
    headers = [*response.headers, ("Content-Length", str(len(response.body)))]
    return httpx.Response(response.status, headers=headers, stream=_Body(delivery, request))


def _ended(delivery: Delivery, request: httpx.Request, message: str) -> httpx.TransportError:
    if delivery.reset:
        return httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    return httpx.RemoteProtocolError(message, request=request)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body in the pieces in which it arrives."""

    def __init__(self, delivery: Delivery, request: httpx.Request) -> None:
        self._delivery = delivery
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        first, second = self._pieces()
        yield first
        if self._delivery.pause:
            time.sleep(_bearable(self._delivery.pause, self._request))
        yield second
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        first, second = self._pieces()
        yield first
        if self._delivery.pause:
            await asyncio.sleep(_bearable(self._delivery.pause, self._request))
        yield second
        self._end()

    def _pieces(self) -> tuple[bytes, bytes]:
        body, cut, pause_at = self._delivery.response.body, self._delivery.cut, self._delivery.pause_at
        sent = body if cut is None else body[:cut]
        return sent[:pause_at], sent[pause_at:]

    def _end(self) -> None:
        cut = self._delivery.cut
        if cut is not None and cut < len(self._delivery.response.body):
            message = "peer closed connection without sending complete message body"
            raise _ended(self._delivery, self._request, message)
