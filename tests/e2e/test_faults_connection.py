"""Fault matrix: connections that fail, break or stall."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from drift.desired import load_desired
from drift.errors import Cause
from drift.gateway.retry import TRIES
from drift.sandbox.seeding import seed
from drift.sandbox.world import World
from tests.e2e.conftest import Drift, SandboxFactory
from tests.e2e.faults import (
    CHANGED,
    LIST,
    SHORT,
    WORKSPACE,
    Mode,
    Outcome,
    Row,
    by_get,
    by_list,
    cells,
    check,
    in_sync,
    play,
    unread,
)

GONE = unread(Cause.UNREACHABLE, 5 * TRIES, retries=5 * (TRIES - 1), says=f"{TRIES} tries")
GONE_AT_ONCE = unread(Cause.UNREACHABLE, TRIES, retries=TRIES - 1, says=f"{TRIES} tries")
LATE = unread(Cause.TIMED_OUT, 5, says="that the run may take")
LATE_AT_ONCE = unread(Cause.TIMED_OUT, 1, says="that the run may take")
OVER = "within the 2 seconds that the run may take"

ROWS = [
    Row("dropped", ["drop"], GONE, None),
    Row("drop-twice", ["drop:times=2"], in_sync(7, retries=2), in_sync(3, retries=2)),
    *(
        Row(f"{fault}-once", [f"{fault}{colon}times=1"], None, in_sync(2, retries=1))
        for fault, colon in (("reset", ":"), ("drop:after=20", ","), ("reset:after=20", ","))
    ),
    Row("late", ["latency=60s"], LATE, None, timeout=SHORT),
    Row("stalled-body", ["stall=60s:after=20"], None, LATE_AT_ONCE, timeout=SHORT),
    Row("slow-headers", ["drip=50ms"], LATE._replace(says=OVER), LATE_AT_ONCE._replace(says=OVER), timeout=SHORT),
    Row(
        "stalled-one",
        [f"stall=60s:path={LIST}/grp3"],
        LATE._replace(unread="c"),
        in_sync(1),
        timeout=SHORT,
    ),
    # What the list showed before it stalled stays read.
    Row(
        "stalled-second-page",
        ["pages=2", f"stall=60s:path={LIST},from=2"],
        None,
        unread(Cause.TIMED_OUT, 2, groups="c d e"),
        timeout=SHORT,
    ),
    # A difference that could not be looked at again is not reported as one.
    Row(
        "stalled-confirmation",
        [f"stall=60s:path={LIST}/grp3"],
        None,
        unread(Cause.TIMED_OUT, 2, groups="c"),
        timeout=SHORT,
        live=CHANGED,
    ),
    Row("slow-but-in-time", ["latency=100ms"], in_sync(5), in_sync(1)),
]


@cells(ROWS)
def test_connection(drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome) -> None:
    play(drift, sandbox, row, mode, outcome)


REFUSED = Row("refused", [], None, GONE_AT_ONCE)
UNTRUSTED = Row("untrusted", [], None, GONE_AT_ONCE._replace(says="CERTIFICATE_VERIFY_FAILED"))
NO_TLS = Row("no-tls", [], None, GONE_AT_ONCE._replace(says="SSL"))
NO_ANSWER = Row("no-answer", [], LATE._replace(requests=(1, 5)), LATE_AT_ONCE, timeout=SHORT)


@cells([REFUSED])
def test_nobody_listens(drift: Drift, row: Row, mode: Mode, outcome: Outcome) -> None:
    """A socket that is bound and does not listen refuses, and keeps its port from being given to others."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        check(drift, f"http://127.0.0.1:{bound.getsockname()[1]}", row, mode, outcome)


@cells([by_list(NO_ANSWER)])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_answers(drift: Drift, row: Row, mode: Mode, outcome: Outcome, scheme: str) -> None:
    """The connection is made by the system and never looked at; with TLS it is never complete."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        check(drift, f"{scheme}://127.0.0.1:{silent.getsockname()[1]}", row, mode, outcome)


@cells([by_get(NO_ANSWER)])
def test_connection_never_made(drift: Drift, row: Row, mode: Mode, outcome: Outcome) -> None:
    """A queue that is full lets nobody in, and turns nobody away."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        check(drift, f"http://127.0.0.1:{full.getsockname()[1]}", row, mode, outcome)


class _Answering(BaseHTTPRequestHandler):
    """Passes on what the world says."""

    world: World

    def do_GET(self) -> None:
        answer = self.world.ask("GET", self.path)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class _Certified(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that does not trust the certificate goes away."""


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certified(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gateway whose certificate only ``authority`` vouches for."""
    declared = tmp_path_factory.mktemp("certified") / "groups.yaml"
    declared.write_text(WORKSPACE)
    world = World(clock=lambda: datetime(2026, 5, 13, tzinfo=UTC))
    seed(world, load_desired([declared]).groups)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with _Certified(("127.0.0.1", 0), type("Handler", (_Answering,), {"world": world})) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@cells([UNTRUSTED])
def test_certificate_that_nobody_vouches_for(
    drift: Drift, certified: str, row: Row, mode: Mode, outcome: Outcome
) -> None:
    check(drift, certified, row, mode, outcome)


def test_certificate_that_is_vouched_for(
    drift: Drift, certified: str, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same server, trusted in the usual way: it was the certificate and nothing else."""
    trusted: Path = tmp_path_factory.mktemp("trusted") / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    check(drift, certified, REFUSED, "list", in_sync(1), env={"SSL_CERT_FILE": str(trusted)})


@cells([NO_TLS])
def test_server_without_tls(drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome) -> None:
    check(drift, sandbox().url.replace("http", "https"), row, mode, outcome)
