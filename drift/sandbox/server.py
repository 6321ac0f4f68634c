"""The world over real HTTP on the standard library's server."""

import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from socketserver import TCPServer
from typing import TypeAlias

from msgspec import Struct

from drift.errors import SettingsError
from drift.sandbox.faults import Delivery, Faults
from drift.sandbox.wire import HttpRequest, Refused
from drift.sandbox.world import World

MAX_BODY = 4_000_000
"""Bytes of a request body; a longer one is answered with 413."""
_MAX_DISCARDED = 64_000_000
_LINGER_SECONDS = 5
_CHUNK = 1 << 16
_NO_LINGER = struct.pack("ii", 1, 0)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
# What socketserver calls a request: its stubs allow for datagrams too.
_Socket: TypeAlias = socket.socket | tuple[bytes, socket.socket]


class Logged(Struct, frozen=True):
    """One request as it was answered. Headers are never kept, so neither is the key."""

    method: str
    target: str
    """Path and query, still percent-encoded."""
    status: int | None
    """None if the connection was dropped instead."""


class Served(Struct, frozen=True):
    """A running sandbox."""

    url: str
    world: World
    _log: list[Logged]

    def requests(self) -> tuple[Logged, ...]:
        """Every request so far, in the order of their answers."""
        return tuple(self._log)


@contextmanager
def serve(
    world: World,
    faults: Faults | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    on_request: Callable[[Logged], None] | None = None,
) -> Iterator[Served]:
    """Serve ``world`` until the block is left; then every connection is closed at once.

    Port 0 takes a free one. ``on_request`` is called in the thread that answers. Raises ``SettingsError``
    where it cannot listen.
    """
    log: list[Logged] = []

    def note(logged: Logged) -> None:
        log.append(logged)
        if on_request is not None:
            on_request(logged)

    try:
        server = _Server(world, faults or Faults(), host, port, note)
    except (OSError, OverflowError) as problem:
        raise SettingsError(
            f"the sandbox cannot listen on {host}:{port}: {problem}", hint="choose another port, or 0 for any"
        ) from None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
    thread.start()
    try:
        yield Served(f"http://{host}:{server.server_port}", world, log)
    finally:
        server.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    # Closing the server waits for the threads of all connections.
    daemon_threads = False
    # The default of 5 refuses connections when many open at once.
    request_queue_size = 128

    def __init__(self, world: World, faults: Faults, host: str, port: int, note: Callable[[Logged], None]) -> None:
        self.world = world
        self.faults = faults
        self.note = note
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask DNS for the host's full name, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name = "sandbox"
        self.server_port = self.socket.getsockname()[1]

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def close_request(self, request: _Socket) -> None:
        super().close_request(request)
        if isinstance(request, socket.socket):
            self._open.discard(request)

    def shutdown_request(self, request: _Socket) -> None:
        # Closing at once, without announcing the end before, is what makes TCP send a reset.
        if isinstance(request, socket.socket) and request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: _Socket, client_address: object) -> None:
        # A client that goes away is an everyday event; anything else is a bug and must be seen.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening, end delays, and wait for the threads of all connections."""
        self.stopping.set()
        self.shutdown()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "baseten-drift-sandbox"
    sys_version = ""
    # Head and body leave in one segment, and the next answer does not wait for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def finish(self) -> None:
        # Flushing to a client that went away fails, and must not keep the reading side open.
        try:
            with suppress(OSError):
                super().finish()
        finally:
            self.rfile.close()

    def answer(self) -> None:
        """Answer one request; its method is in ``command``."""
        try:
            body = self._read_body()
        except Refused as refused:
            self.close_connection = True
            self._send(Delivery(refused.response()))
            self._linger()
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = HttpRequest(self.command, path, query, headers, body)
        self._send(self.server.faults.deliver(self.server.world, request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815 (found by name)

    def log_message(self, *_: object) -> None:
        """Requests are logged as values; nothing is printed."""

    def _read_body(self) -> bytes:
        """The body; raises ``Refused`` where it is not read, and then the connection has to end."""
        if "transfer-encoding" in self.headers:
            raise Refused(411, "Send a Content-Length.")
        text = self.headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,12}", text):
            raise Refused(400, "Invalid Content-Length.")
        length = int(text)
        if length > MAX_BODY:
            raise Refused(413, f"The body is longer than {MAX_BODY} bytes.")
        return self.rfile.read(length)

    def _linger(self) -> None:
        # To close with unread bytes would reset the connection, and the client might never see the answer.
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_LINGER_SECONDS)
        left = _MAX_DISCARDED
        while left > 0 and (chunk := self.rfile.read1(_CHUNK)):
            left -= len(chunk)

    def _send(self, delivery: Delivery) -> None:
        self.server.note(Logged(self.command, self.path, delivery.response.status if delivery.answered else None))
        if delivery.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        if self.server.stopping.wait(delivery.delay) or not delivery.answered:
            self.close_connection = True
            return
        bodiless = self.command == "HEAD" or delivery.response.status in _BODILESS
        body = b"" if bodiless else delivery.response.body[: delivery.cut]
        for wait, piece in _pieces(self._head(delivery), body, delivery):
            if wait and self.server.stopping.wait(wait):
                self.close_connection = True
                return
            self.wfile.write(piece)
            self.wfile.flush()

    def _head(self, delivery: Delivery) -> bytes:
        """Status line and headers, which the standard library writes into ``wfile``."""
        wire, self.wfile = self.wfile, BytesIO()
        try:
            self.send_response(delivery.response.status)
            for name, value in delivery.response.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(delivery.response.body)))
            if self.close_connection or delivery.cut is not None:
                self.send_header("Connection", "close")
            self.end_headers()
            return self.wfile.getvalue()
        finally:
            self.wfile = wire


def _pieces(head: bytes, body: bytes, delivery: Delivery) -> Iterator[tuple[float, bytes]]:
    """The answer in the pieces in which it arrives, with the seconds before each."""
    if delivery.drip:
        yield from ((delivery.drip, bytes([byte])) for byte in head + body)
    elif delivery.pause:
        yield 0, head + body[: delivery.pause_at]
        yield delivery.pause, body[delivery.pause_at :]
    else:
        yield 0, head + body
