"""The world over real HTTP on loopback."""

import http.client
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest

from drift.errors import SettingsError
from drift.sandbox.faults import CannedAnswer, Fault, Faults, drip, drop, happening, latency, stall
from drift.sandbox.server import MAX_BODY, Logged, Served, serve
from drift.sandbox.wire import GROUPS_PATH as GROUPS
from drift.sandbox.world import DEFAULT_KEY, World

AUTHORIZED = {"Authorization": f"Bearer {DEFAULT_KEY}"}


def world_of(groups: int) -> World:
    """A workspace with so many groups."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    for number in range(groups):
        world.create(f"g{number}", [{"slug": "your-org/your-model"}])
    return world


@pytest.fixture
def served() -> Iterator[Served]:
    """A server with three groups."""
    with serve(world_of(3)) as served:
        yield served


def client(served: Served) -> httpx.Client:
    """An authorised client that uses no proxy of the environment."""
    return httpx.Client(base_url=served.url, headers=AUTHORIZED, trust_env=False, timeout=30)


def raw(served: Served) -> socket.socket:
    """A bare connection."""
    address = urlsplit(served.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=30)


def everything(connection: socket.socket) -> bytes:
    """All bytes until the server ends the connection."""
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks)


class TestRequests:
    def test_reads_and_writes(self, served: Served) -> None:
        """All endpoints work over HTTP, and a write shows in the next read."""
        with client(served) as http:
            body = {"metadata": {"external_entity_id": "new"}, "models": [{"slug": "a/b"}], "hierarchy": {}}
            created = http.post(GROUPS, json=body)
            path = f"{GROUPS}/{created.json()['id']}"
            assert http.patch(path, json={"metadata": {"name": "New"}}).status_code == 200
            assert http.get(path).json()["metadata"]["name"] == "New"
            assert http.get(f"{path}/usage").json()["usage"] == {}
            assert http.delete(path).status_code == 200
            assert http.get(path).status_code == 404
            assert http.put(path).headers["allow"] == "GET, PATCH, DELETE"

    def test_connection_is_kept(self, served: Served) -> None:
        """Many requests travel over one connection."""
        address = urlsplit(served.url)
        with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)) as kept:
            kept.connect()
            socket_before = kept.sock
            for _ in range(3):
                kept.request("GET", GROUPS, headers=AUTHORIZED)
                assert kept.getresponse().read().startswith(b'{"items":')
            assert kept.sock is socket_before

    def test_encoded_paths_arrive_as_sent(self) -> None:
        """A percent-encoded slash stays part of the id."""
        world = world_of(0)
        world.create("acme", id="../a/b")
        with serve(world) as served, client(served) as http:
            assert http.get(f"{GROUPS}/..%2Fa%2fb").json()["id"] == "../a/b"

    def test_head_has_no_body(self, served: Served) -> None:
        """HEAD is answered like any method that the path does not know, without a body."""
        with client(served) as http:
            answer = http.head(GROUPS)
            assert (answer.status_code, answer.content) == (405, b"")
            assert http.get(GROUPS).status_code == 200

    def test_many_connections_at_once(self) -> None:
        """Concurrent clients are all answered."""
        with serve(world_of(3)) as served, client(served) as http, ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda _: http.get(GROUPS).status_code, range(200)))
            assert answers == [200] * 200
            assert len(served.requests()) == 200

    def test_page_of_a_thousand_groups(self) -> None:
        """The largest page arrives completely."""
        with serve(world_of(1001)) as served, client(served) as http:
            page = http.get(GROUPS, params={"limit": 1000}).json()
            assert len(page["items"]) == 1000
            rest = http.get(GROUPS, params={"limit": 1000, "cursor": page["pagination"]["cursor"]}).json()
            assert len(rest["items"]) == 1


class TestBadRequests:
    def test_body_over_the_bound(self, served: Served) -> None:
        """A body that is too long is 413 and nothing is created."""
        with client(served) as http:
            assert http.post(GROUPS, content=b" " * (MAX_BODY + 1)).status_code == 413
            assert http.get(GROUPS).status_code == 200

    def test_body_without_a_length(self, served: Served) -> None:
        """A chunked body is 411."""
        with client(served) as http:
            assert http.post(GROUPS, content=iter([b"{}"])).status_code == 411

    @pytest.mark.parametrize("length", ["-1", "ten", "9" * 30])
    def test_impossible_length(self, served: Served, length: str) -> None:
        """A length that is no number of bytes is 400 and ends the connection."""
        with raw(served) as connection:
            connection.sendall(f"POST {GROUPS} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
            assert everything(connection).startswith(b"HTTP/1.1 400 ")

    @pytest.mark.parametrize("line", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n", b""])
    def test_garbage(self, served: Served, line: bytes) -> None:
        """What is no request ends the connection; the next one is served."""
        with raw(served) as connection:
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            everything(connection)
        with client(served) as http:
            assert http.get(GROUPS).status_code == 200

    def test_client_that_goes_away(self, served: Served, capfd: pytest.CaptureFixture[str]) -> None:
        """A client that leaves inside its request disturbs nobody and prints nothing."""
        with raw(served) as connection:
            connection.sendall(f"POST {GROUPS} HTTP/1.1\r\nContent-Length: 100\r\n\r\n{{".encode())
        with client(served) as http:
            assert http.get(GROUPS).status_code == 200
        assert capfd.readouterr() == ("", "")

    def test_client_that_does_not_wait(self, capfd: pytest.CaptureFixture[str]) -> None:
        """A client that resets the connection before its answer disturbs nobody and prints nothing."""
        arrived, gone = threading.Event(), threading.Event()

        def answer_late(_: Logged) -> None:
            arrived.set()
            assert gone.wait(30)

        with serve(world_of(1), on_request=answer_late) as served:
            with raw(served) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(f"GET {GROUPS} HTTP/1.1\r\n\r\n".encode())
                assert arrived.wait(30)
            gone.set()
            with client(served) as http:
                assert http.get(GROUPS).status_code == 200
        assert capfd.readouterr() == ("", "")

    def test_failure_inside_is_shown(self, capfd: pytest.CaptureFixture[str]) -> None:
        """What is nobody's everyday event is printed, and ends only that connection."""

        def fail_once() -> None:
            message = "the world has ended"
            raise RuntimeError(message)

        with serve(world_of(1), Faults([Fault(happening(fail_once), times=1)])) as served, client(served) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                http.get(GROUPS)
            assert http.get(GROUPS).status_code == 200
        assert "the world has ended" in capfd.readouterr().err


class TestLog:
    def test_requests_in_order(self, served: Served) -> None:
        """Method, target with its query, and status of each request; never a header."""
        with client(served) as http:
            http.get(f"{GROUPS}?limit=1")
            http.delete(f"{GROUPS}/nope")
        assert served.requests() == (
            Logged("GET", f"{GROUPS}?limit=1", 200),
            Logged("DELETE", f"{GROUPS}/nope", 404),
        )
        assert DEFAULT_KEY not in repr(served)

    def test_dropped_request_has_no_status(self) -> None:
        """A request that was never answered is logged as such."""
        with serve(world_of(1), Faults([Fault(drop())])) as served, client(served) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                http.get(GROUPS)
            assert served.requests() == (Logged("GET", GROUPS, None),)

    def test_watcher(self) -> None:
        """Each request can be watched as it is answered."""
        seen: list[Logged] = []
        with serve(world_of(1), on_request=seen.append) as served, client(served) as http:
            http.get(GROUPS)
        assert seen == [Logged("GET", GROUPS, 200)]


class TestFaults:
    def test_connection_dropped_inside_the_body(self) -> None:
        """The promised length is not reached."""
        with serve(world_of(1), Faults([Fault(drop(after=20), times=1)])) as served, client(served) as http:
            with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
                http.get(GROUPS)
            assert http.get(GROUPS).status_code == 200

    @pytest.mark.parametrize("after", [None, 5])
    def test_connection_reset(self, after: int | None) -> None:
        """A reset is one, whether it comes before the answer or inside its body."""
        with serve(world_of(1), Faults([Fault(drop(after, reset=True))])) as served, raw(served) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                everything(connection)

    def test_headers_that_drip(self) -> None:
        """The answer is the same, in pieces of one byte."""
        with serve(world_of(1), Faults([Fault(drip(0.001))])) as served, raw(served) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(1) == b"H"
            assert everything(connection).endswith(b'{"error":"API key missing or not accepted."}')

    def test_stopping_ends_what_drips(self) -> None:
        """A server that is stopped does not wait for the last byte."""
        with serve(world_of(1), Faults([Fault(drip(0.2))])) as served:
            connection = raw(served)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1) == b"H"
        with closing(connection):
            assert len(everything(connection)) < 50

    def test_answer_too_late(self) -> None:
        """A latency beyond the client's timeout times out there, and does not hold up the end."""
        faults = Faults([Fault(latency(600))])
        with serve(world_of(1), faults) as served, client(served) as http, pytest.raises(httpx.ReadTimeout):
            http.get(GROUPS, timeout=0.05)

    def test_stalled_body(self) -> None:
        """The first bytes arrive, the rest does not in time."""
        with serve(world_of(1), Faults([Fault(stall(600, after=10))])) as served, raw(served) as connection:
            connection.sendall(f"GET {GROUPS} HTTP/1.1\r\nAuthorization: Bearer {DEFAULT_KEY}\r\n\r\n".encode())
            received = b""
            while not received.endswith(b'{"items":['):
                received += connection.recv(65536)
            connection.settimeout(0.05)
            with pytest.raises(TimeoutError):
                connection.recv(1)

    def test_short_delays(self) -> None:
        """Latency and stall end, and the answer is complete."""
        faults = Faults([Fault(latency(0.001)), Fault(stall(0.001, after=10))])
        with serve(world_of(1), faults) as served, client(served) as http:
            assert len(http.get(GROUPS).json()["items"]) == 1

    def test_answers_without_a_body(self) -> None:
        """Statuses that have no body send none, and the connection stays in step."""
        with serve(world_of(1), Faults([Fault(CannedAnswer(204), times=1)])) as served, client(served) as http:
            assert http.get(GROUPS).content == b""
            assert http.get(GROUPS).status_code == 200


class TestLifetime:
    def test_stop_ends_open_connections(self) -> None:
        """Leaving the block ends idle connections and delays, and frees the port."""
        arrived = threading.Event()
        faults = Faults([Fault(latency(600))])
        with serve(world_of(1), faults, on_request=lambda _: arrived.set()) as served:
            idle, waiting = raw(served), raw(served)
            waiting.sendall(f"GET {GROUPS} HTTP/1.1\r\n\r\n".encode())
            assert arrived.wait(30)
        with idle, waiting:
            assert everything(idle) == everything(waiting) == b""
        with pytest.raises(ConnectionRefusedError):
            raw(served)

    def test_port_in_use(self, served: Served) -> None:
        """A port that is taken is a settings error that names it."""
        port = urlsplit(served.url).port or 0
        with pytest.raises(SettingsError, match=str(port)), serve(world_of(0), port=port):
            pass

    @pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99_999), ("192.0.2.1", 0)])
    def test_impossible_address(self, host: str, port: int) -> None:
        """An address that cannot exist is a settings error."""
        with pytest.raises(SettingsError), serve(world_of(0), host=host, port=port):
            pass

    def test_needs_no_http_client(self) -> None:
        """The server runs on the standard library and msgspec alone."""
        code = "import sys, drift.sandbox.server, drift.sandbox.seeding; sys.exit('httpx' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
