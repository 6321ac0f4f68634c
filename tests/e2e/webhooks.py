"""A service on loopback that takes what is sent to it, and answers as the test wants."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Sent(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Webhook(NamedTuple):
    """Its URL, and what it got so far."""

    url: str
    sent: list[Sent]


@contextmanager
def webhook(statuses: Sequence[int] = (200,)) -> Iterator[Webhook]:
    """Serve; the nth request is answered with the nth status, the last one from then on."""
    sent: list[Sent] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append(Sent("POST", self.path, dict(self.headers), body))
            self.send_response(statuses[min(len(sent), len(statuses)) - 1])
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Webhook(f"http://127.0.0.1:{server.server_port}/hooks/T0K3N", sent)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
