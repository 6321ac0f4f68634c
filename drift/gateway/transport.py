"""The only place where requests leave: one connection that can do nothing but GET from one server.

Transports of httpx are used directly, without ``httpx.Client`` around them. What the client would add is
unwanted here: following redirects, keeping cookies, taking proxies and passwords from the environment
behind our back. It also costs a third of the time of a small request.

What comes back is read with as much care: only JSON, compressed in no way that was not asked for, and no longer than
it may be.

Each thread gets a transport of its own with room for one connection, because the time that httpcore's
shared pool takes for a request grows with the square of its connections.
"""

import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeAlias
from urllib.request import getproxies, proxy_bypass

import httpx

from drift.errors import SettingsError
from drift.gateway.settings import Address

Connect: TypeAlias = Callable[[], httpx.BaseTransport]
"""Makes a transport for one thread; it connects when it is first used."""


_LARGEST_ERROR = 64 * 1024
_ENCODINGS = ("", "identity", "gzip", "x-gzip")
"""What was asked for. Other encodings may expand without bound within one piece."""


class WriteRefusedError(RuntimeError):
    """A request that is not a GET to the configured server; nothing was sent."""


class OversizedError(Exception):
    """A body is longer than it may be; ``limit`` is the number of bytes allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class ReadOnlyTransport(httpx.BaseTransport):
    """Lets through what reads from the configured server, and refuses the rest before it is sent."""

    def __init__(self, inner: httpx.BaseTransport, address: Address) -> None:
        self._inner = inner
        self._origin = _origin(httpx.URL(address.origin))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a GET on.

        Raises:
            WriteRefusedError: it is no GET, or is meant for another server.
        """
        if request.method != "GET":
            raise WriteRefusedError(f"{request.method} refused: this program only reads")
        if _origin(request.url) != self._origin:
            raise WriteRefusedError(f"a request to {request.url.host} refused: it is not the configured server")
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()


def connector(address: Address) -> Connect:
    """Connections to a real server, behind the proxy that the environment names for it, if any.

    Loopback is always reached directly.

    Raises:
        SettingsError: no such host can exist, or the proxy or certificates of the environment cannot be used.
    """
    try:
        httpx.URL(address.origin)
    except httpx.InvalidURL as error:
        raise SettingsError(f"the API URL is not a URL: {error}") from None
    try:
        proxy = None if address.loopback else _proxy(address)
        # An empty context trusts nobody, so plain http on loopback spares loading the certificates, and
        # a mistake here would fail closed.
        context = httpx.create_ssl_context() if address.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30.0)
        connect = partial(httpx.HTTPTransport, verify=context, proxy=proxy, limits=limits)
        connect().close()
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise SettingsError(f"the proxy or the certificates of this environment cannot be used: {error}") from None
    return connect


def _proxy(address: Address) -> httpx.Proxy | None:
    """The proxy that Python's own rules find: ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``, system settings."""
    proxies = getproxies()
    url = proxies.get(address.scheme) or proxies.get("all")
    if not url or proxy_bypass(address.host):
        return None
    return httpx.Proxy(url if "://" in url else f"http://{url}")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def is_json(response: httpx.Response) -> bool:
    """Whether the response says that it is JSON."""
    media_type: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


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
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > limit:
            raise OversizedError(limit)
        check()
    return bytes(body)


def error_text(response: httpx.Response) -> str:
    """The body of an error, or nothing if it cannot be had. A body that is read leaves the connection usable."""
    try:
        body = read_body(response, _LARGEST_ERROR, lambda: None)
    except (httpx.HTTPError, OversizedError):
        return ""
    return body.decode("utf-8", "replace")
