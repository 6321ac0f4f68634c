"""The key is looked for in everything that comes out: messages, tracebacks, logs, notes, representations."""

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from drift.errors import GatewayError
from drift.gateway.client import Access, GatewayClient
from drift.gateway.key import ApiKey
from drift.gateway.pace import Budget, Clock, Throttle
from drift.gateway.retry import Conduct, Ledger
from drift.gateway.settings import ReadOptions, parse_address
from drift.gateway.source import GatewaySource
from drift.model.groups import DesiredGroup
from drift.model.readings import Failed
from drift.sandbox.faults import CannedAnswer, Fault, Faults, drop
from drift.sandbox.server import Served, serve
from drift.sandbox.world import World

SECRET = "s3cr3t-half-of-the-key"
KEY = f"shown.{SECRET}"
ECHO = f'{{"error": "key {KEY} is wrong", "message": "not {SECRET}", "code": "{KEY}"}}'.encode()


@pytest.fixture(autouse=True)
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Every logger at its loudest; what it says is searched after the test."""
    for name in ("", "httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)
    yield
    assert SECRET not in caplog.text
    assert all(SECRET not in repr(record.__dict__) for record in caplog.records)


@pytest.fixture
def served() -> Iterator[Callable[[Faults], Served]]:
    """Sandboxes on loopback that know the key."""
    running = []

    def start(faults: Faults) -> Served:
        world = World(clock=lambda: datetime(2026, 5, 13, tzinfo=UTC), keys=(KEY,))
        running.append(serve(world, faults))
        return running[-1].__enter__()

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
def test_servers_that_repeat_the_key(
    served: Callable[[Faults], Served], declare: Callable[..., DesiredGroup], status: int
) -> None:
    """Neither readings nor notes repeat what a server says of the key."""
    answer = CannedAnswer(status, ECHO, location="https://elsewhere.test/", retry_after=1000)
    url = served(Faults([Fault(answer)])).url
    options = ReadOptions(read="get", timeout=0.5)
    with GatewaySource(url, ApiKey(KEY, origin="test"), options) as source:
        readings = list(source.read([declare("a", pinned="b")], unmanaged=False))
        assert isinstance(readings[0], Failed)
        assert SECRET not in f"{readings!r} {source.notes()!r} {source!r} {vars(source)!r}"


def test_dropped_connections(served: Callable[[Faults], Served], declare: Callable[..., DesiredGroup]) -> None:
    """Nor does what the network reports."""
    url = served(Faults([Fault(drop())])).url
    options = ReadOptions(read="get", timeout=0.5)
    with GatewaySource(url, ApiKey(KEY, origin="test"), options) as source:
        readings = list(source.read([declare("a")], unmanaged=False))
    assert SECRET not in repr(readings)


def raising(error: Exception | httpx.Response) -> GatewayError:
    """The error that a client makes of this."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].endswith(SECRET)
        if isinstance(error, httpx.RequestError):
            error.request = request
        if isinstance(error, Exception):
            raise error
        return error

    clock = Clock(sleep=lambda _: None)
    conduct = Conduct(Throttle(None, clock), Budget(0.5, clock), Ledger())
    conduct.budget.start()
    access = Access(parse_address("https://gateway.test"), ApiKey(KEY, origin="test"))
    with pytest.raises(GatewayError) as caught:
        GatewayClient(access, lambda: httpx.MockTransport(handle), conduct).get("a")
    return caught.value


@pytest.mark.parametrize(
    "answer",
    [
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"),
        httpx.ReadError(KEY),
        httpx.ReadTimeout(KEY),
        httpx.DecodingError(KEY),
        httpx.Response(400, content=ECHO),
        httpx.Response(400, content=b"x" * 190 + KEY.encode()),
        httpx.Response(400, json={"error": "x" * 190 + KEY}),
        httpx.Response(400, headers={"x-request-id": "x" * 80 + KEY}),
        httpx.Response(302, headers={"location": f"https://{SECRET}.test/"}),
        httpx.Response(200, headers={"content-type": f"text/{SECRET}"}),
        httpx.Response(200, json={"id": 5, SECRET: SECRET}),
        httpx.Response(
            200,
            json={
                "id": KEY,
                "metadata": {"external_entity_id": KEY},
                "hierarchy": {"limit_enforcement": KEY},
                "created_at": KEY,
            },
        ),
    ],
    ids=range(12),
)
def test_exceptions(answer: Exception | httpx.Response) -> None:
    """Message, hint, arguments and traceback are clean, and no chained exception is shown with them."""
    error = raising(answer)
    shown = [str(error), repr(error), str(error.args), error.hint, error.where, repr(vars(error))]
    shown += traceback.format_exception(error)
    assert not [text for text in shown if SECRET in text]
