"""A gateway that is fast enough not to matter: every answer is ready before the first request comes.

Those of the largest workspaces would fill the memory; they are put together in a few microseconds each.

It runs in a process of its own, keeps connections open, answers after a constant delay, and counts what
arrives. With a quota it answers 429 as the API does, by a sliding window of one second.

Run: uv run python -m tests.bench.server --groups 1000 --delay 0.05
"""

import argparse
import asyncio
import gc
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.bench.workspace import answer, customer

_PATH = "/v1/gateway/groups"
_HEAD = (
    b"HTTP/1.1 %s\r\nserver: bench\r\ndate: Wed, 13 May 2026 12:00:00 GMT\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)
_LARGEST_PAGE = 1000
_MOST_READY = 100_000


class Stats(NamedTuple):
    """What arrived since the last time that somebody asked."""

    requests: int
    throttled: int
    busiest_second: int
    """The most requests within any second, wherever it begins."""


class Server(NamedTuple):
    """A server that runs."""

    url: str

    def stats(self) -> Stats:
        """What arrived since the last call."""
        with urllib.request.urlopen(f"{self.url}/stats") as response:  # noqa: S310 - our own server
            return Stats(*json.load(response))

    def ceiling(self, requests: int = 20_000) -> float:
        """Requests a second that the server answers when the asking costs next to nothing: sent in one go."""
        parts = urlsplit(self.url)
        head = f"GET {_PATH}/{customer(0).id} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            connection.sendall(head)
            size = len(connection.recv(65536))
            start = time.perf_counter()
            for _ in range(requests // 100):
                connection.sendall(head * 100)
                left = size * 100
                while left:
                    left -= len(connection.recv(min(left, 1 << 20)))
            return requests / (time.perf_counter() - start)


@contextmanager
def serving(groups: int, *, delay: float = 0.0, quota: int = 0, in_sync: bool = False) -> Iterator[Server]:
    """Run a server that knows the first ``groups`` groups."""
    argv = [sys.executable, "-m", "tests.bench.server", f"--groups={groups}", f"--delay={delay}", f"--quota={quota}"]
    argv += ["--in-sync"] * in_sync
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Server(process.stdout.readline().strip())
        finally:
            process.terminate()


class _Answers:
    """What to answer, and what was asked."""

    def __init__(self, groups: int, quota: int, *, in_sync: bool) -> None:
        self._quota = quota
        self._groups = groups
        self._in_sync = in_sync
        self._ready = [answer(number, in_sync=in_sync) for number in range(min(groups, _MOST_READY))]
        self._arrivals: list[float] = []
        self._let_in: deque[float] = deque()
        self._throttled = 0

    def of(self, target: str) -> bytes:
        """The whole response."""
        if target == "/stats":
            return self._stats()
        now = time.monotonic()
        self._arrivals.append(now)
        if self._quota and not self._enters(now):
            self._throttled += 1
            return _response(b'{"error": "throttled", "retry_after": 1}', b"429 Too Many Requests")
        path, _, query = target.partition("?")
        if path == _PATH:
            return self._page(query)
        found = self._find(path.removeprefix(f"{_PATH}/"))
        return _response(found[0]) if found else _response(b'{"error": "not found"}', b"404 Not Found")

    def _find(self, name: str) -> list[bytes]:
        """The group with an id or an external id: both end with its number."""
        number = int(name[-7:])
        return self._bodies(number, number + 1)

    def _bodies(self, start: int, end: int) -> list[bytes]:
        if end <= len(self._ready):
            return self._ready[start:end]
        return [answer(number, in_sync=self._in_sync) for number in range(start, min(end, self._groups))]

    def _page(self, query: str) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if wanted := asked.get("external_entity_id"):
            bodies, has_more, end = self._find(wanted), False, 0
        else:
            start = int(asked.get("cursor", "0"))
            end = start + min(int(asked.get("limit", "100")), _LARGEST_PAGE)
            bodies, has_more = self._bodies(start, end), end < self._groups
        cursor = b'"%d"' % end if has_more else b"null"
        more = b"true" if has_more else b"false"
        tail = b'],"pagination":{"has_more":%s,"cursor":%s}}' % (more, cursor)
        return _response(b'{"items":[' + b",".join(bodies) + tail)

    def _enters(self, now: float) -> bool:
        while self._let_in and self._let_in[0] <= now - 1.0:
            self._let_in.popleft()
        if len(self._let_in) >= self._quota:
            return False
        self._let_in.append(now)
        return True

    def _stats(self) -> bytes:
        window: deque[float] = deque()
        busiest = 0
        for arrival in self._arrivals:
            window.append(arrival)
            while window[0] <= arrival - 1.0:
                window.popleft()
            busiest = max(busiest, len(window))
        counted = [len(self._arrivals), self._throttled, busiest]
        self._arrivals, self._throttled = [], 0
        return _response(json.dumps(counted).encode())


def _response(body: bytes, status: bytes = b"200 OK") -> bytes:
    return _HEAD % (status, len(body)) + body


class _Connection(asyncio.Protocol):
    def __init__(self, answers: _Answers, delay: float, loop: asyncio.AbstractEventLoop) -> None:
        self._answers = answers
        self._delay = delay
        self._loop = loop
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        # Only GETs come, which end with their head.
        *heads, self._received = (self._received + data).split(b"\r\n\r\n")
        for head in heads:
            response = self._answers.of(head.split(b" ", 2)[1].decode())
            if self._delay:
                self._loop.call_later(self._delay, self._write, response)
            else:
                self._write(response)


async def _serve(answers: _Answers, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers, delay, loop), "127.0.0.1", 0, backlog=1024)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--quota", type=int, default=0, help="requests a second before 429; 0 for no limit")
    parser.add_argument("--in-sync", action="store_true", help="without any drift")
    options = parser.parse_args()
    answers = _Answers(options.groups, options.quota, in_sync=options.in_sync)
    gc.freeze()  # the answers stay; walking them again and again would be felt as delay
    asyncio.run(_serve(answers, options.delay))


if __name__ == "__main__":
    _main()
