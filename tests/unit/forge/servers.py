"""Services on loopback that misbehave byte by byte, and a proxy that remembers what passes through it."""

import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Event, Thread
from typing import NamedTuple, TypeAlias

Piece: TypeAlias = Callable[[], bytes]
"""What is sent next; nothing ends the answer."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Served(NamedTuple):
    """Where it is, and the first bytes of each request that it got."""

    url: str
    asked: list[bytes]


@contextmanager
def serving(answer: Callable[[bytes], Iterator[bytes]], *, pause: float = 0) -> Iterator[Served]:
    """Answer each connection's first request with these pieces, ``pause`` seconds apart, until the block ends."""
    over = Event()
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = connection.recv(65_536)
            asked.append(request)
            for piece in answer(request):
                connection.sendall(piece)
                if over.wait(pause):
                    return

    def accept(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                Thread(target=serve, args=[listening.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=accept, args=[listening])
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", asked)
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def plain(body: bytes, *headers: bytes) -> bytes:
    """An answer as it should be."""
    return b"\r\n".join([HEAD + b"Connection: close\r\nContent-Length: %d" % len(body), *headers, b"", body])


def dripping_headers(_: bytes) -> Iterator[bytes]:
    """Headers that arrive byte by byte and never end."""
    yield HEAD
    while True:
        yield b"x"


def dripping_body(_: bytes) -> Iterator[bytes]:
    """A long body that arrives byte by byte."""
    yield HEAD + b"Content-Length: 1000000\r\n\r\n["
    while True:
        yield b" "


def endless_body(_: bytes) -> Iterator[bytes]:
    """A body without an end, as fast as it is taken."""
    yield HEAD + b"Connection: close\r\n\r\n["
    while True:
        yield b" " * 1_000_000


def bomb(_: bytes) -> Iterator[bytes]:
    """A small answer that is large when it is decompressed."""
    yield plain(_packed(), b"Content-Encoding: gzip")


@cache
def _packed() -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(b" " * 1_000_000) for _ in range(300)) + packer.flush()
