"""What really leaves: bytes as a bare socket on loopback sees them, and what a server may do to a connection."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from drift.errors import Cause, GatewayError, SettingsError
from drift.gateway.client import Access, GatewayClient
from drift.gateway.key import ApiKey
from drift.gateway.pace import Budget, Throttle
from drift.gateway.retry import Conduct, Ledger
from drift.gateway.settings import ReadOptions, parse_address
from drift.gateway.transport import connector

if TYPE_CHECKING:
    from tests.unit.gateway.conftest import FakeTime

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
EMPTY_LIST = b'{"items":[],"pagination":{"has_more":false}}'


class Server:
    """Answers every request with the same bytes, one connection at a time, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer = NOT_FOUND
        self.hangs_up = False
        """Whether each connection ends with its first answer."""
        self.heads: list[bytes] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                with connection, suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while piece := connection.recv(65536):
            head += piece
            if head.endswith(b"\r\n\r\n") or self.hangs_up:
                self.heads.append(head)
                connection.sendall(self.answer)
                head = b""
            if self.hangs_up:
                return

    def answer_json(self, body: bytes, *headers: bytes) -> None:
        """Answer with status 200 and this body."""
        head = [b"HTTP/1.1 200 OK", b"Content-Type: application/json", b"Content-Length: %d" % len(body), *headers]
        self.answer = b"\r\n".join([*head, b"", body])

    def targets(self) -> list[str]:
        """Request targets so far."""
        return [head.split(b" ")[1].decode("ascii") for head in self.heads]

    def close(self) -> None:
        """Stop listening; a connection that is still open ends with its client."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that knows no group."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def connect(fake_time: "FakeTime") -> Iterator[Callable[[str], GatewayClient]]:
    """Real clients by base URL."""
    clients = []

    def make(url: str) -> GatewayClient:
        conduct = Conduct(Throttle(None, fake_time.clock), Budget(60, fake_time.clock), Ledger())
        address = parse_address(url)
        access = Access(address, ApiKey("wire-key", origin="test"), ReadOptions(request_timeout=10))
        clients.append(GatewayClient(access, connector(address), conduct))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("group_id", "segment"),
    [
        ("abc123hash", "abc123hash"),
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("...", "%2E%2E%2E"),
        ("../../v1/secrets", "..%2F..%2Fv1%2Fsecrets"),
        ("%2f", "%252f"),
        ("%2e%2e", "%252e%252e"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("a?b#c", "a%3Fb%23c"),
        ("a;b=c&d", "a%3Bb%3Dc%26d"),
        ("a:b@c", "a%3Ab%40c"),
        ("grün", "gr%C3%BCn"),
        ("群組", "%E7%BE%A4%E7%B5%84"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil%3A%201"),
        ("\x00\x1b\x7f", "%00%1B%7F"),
        ("\ud800", "%ED%A0%80"),
        ("x" * 10_000, "x" * 10_000),
        ("ü" * 5_000, "%C3%BC" * 5_000),
    ],
    ids=range(20),
)
def test_ids_are_one_segment(
    server: Server, connect: Callable[[str], GatewayClient], group_id: str, segment: str
) -> None:
    """Whatever an id holds, it stays one segment of the path, as sent."""
    assert connect(server.url).get(group_id) is None
    assert server.targets() == [f"/v1/gateway/groups/{segment}"]


def test_external_ids_are_one_parameter(server: Server, connect: Callable[[str], GatewayClient]) -> None:
    """The same holds for the filter."""
    server.answer_json(EMPTY_LIST)
    assert connect(server.url + "/prefix/").find("a&limit=1#ü+ %2f") is None
    assert server.targets() == [
        "/prefix/v1/gateway/groups?limit=1000&external_entity_id=a%26limit%3D1%23%C3%BC%2B%20%252f"
    ]


def test_one_connection(server: Server, connect: Callable[[str], GatewayClient]) -> None:
    """A client keeps its connection, and says no more than it has to."""
    client = connect(server.url)
    client.get("a")
    client.get("b")
    assert server.connections == 1
    names = {line.partition(b":")[0].lower() for line in server.heads[1].split(b"\r\n")[1:] if line}
    assert names == {b"host", b"authorization", b"accept", b"accept-encoding", b"user-agent"}


def test_loopback_uses_no_proxy(
    server: Server, connect: Callable[[str], GatewayClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment is for other hosts."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert connect(server.url).get("a") is None


def test_proxy_of_the_environment(
    server: Server, connect: Callable[[str], GatewayClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other hosts are reached through it, and it is asked for a tunnel: the key stays inside."""
    server.hangs_up = True
    monkeypatch.setenv("https_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(GatewayError) as caught:
        connect("https://gateway.test").get("a")
    assert caught.value.cause is Cause.UNREACHABLE
    assert server.heads[0].startswith(b"CONNECT gateway.test:443 ")
    assert all(b"wire-key" not in head for head in server.heads)


def test_host_that_needs_no_proxy(connect: Callable[[str], GatewayClient], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exceptions from the proxy are kept, so its address is not even looked at."""
    monkeypatch.setenv("https_proxy", "nonsense://")
    monkeypatch.setenv("no_proxy", "gateway.test")
    connect("https://gateway.test")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(SettingsError, match="proxy"):
        connect("https://gateway.test")


def test_impossible_host(connect: Callable[[str], GatewayClient]) -> None:
    """A host that cannot exist is refused before anything is read."""
    with pytest.raises(SettingsError, match="not a URL"):
        connect("https://a..b" + "\u0301" * 3)


def test_no_tls_where_tls_is_wanted(server: Server, connect: Callable[[str], GatewayClient]) -> None:
    """A server that answers https in plain text is not reached."""
    server.hangs_up = True
    with pytest.raises(GatewayError) as caught:
        connect(server.url.replace("http:", "https:")).get("a")
    assert caught.value.cause is Cause.UNREACHABLE


def test_nobody_listens(connect: Callable[[str], GatewayClient]) -> None:
    """A refused connection is unreachable after the last try."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with pytest.raises(GatewayError, match="5 tries") as caught:
        connect(f"http://127.0.0.1:{port}").get("a")
    assert caught.value.cause is Cause.UNREACHABLE


def test_body_that_expands(server: Server, connect: Callable[[str], GatewayClient]) -> None:
    """A hundred megabytes in a hundred kilobytes are not taken in."""
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=1)
    server.answer_json(bomb, b"Content-Encoding: gzip")
    with pytest.raises(GatewayError, match="longer than 67,108,864 bytes") as caught:
        connect(server.url).get("a")
    assert caught.value.cause is Cause.UNREADABLE_RESPONSE


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["not HTTP", "breaks off", "two lengths", "endless header", "bad chunk"],
)
def test_broken_http(server: Server, connect: Callable[[str], GatewayClient], answer: bytes) -> None:
    """Whatever a server says instead of HTTP, it is an error with a cause."""
    server.answer, server.hangs_up = answer, True
    with pytest.raises(GatewayError) as caught:
        connect(server.url).get("a")
    assert caught.value.cause in (Cause.UNREACHABLE, Cause.UNREADABLE_RESPONSE)
