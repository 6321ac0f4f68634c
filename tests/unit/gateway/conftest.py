"""What the gateway's tests share: time that passes only for sleepers; a gateway that remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from drift.gateway.key import ApiKey
from drift.gateway.pace import Clock
from drift.gateway.settings import ReadOptions
from drift.gateway.source import GatewaySource
from drift.model.groups import DesiredGroup, Positions
from drift.sandbox.faults import Fault, Faults
from drift.sandbox.wire import HttpRequest
from drift.sandbox.world import DEFAULT_KEY, World

NOON = datetime(2026, 5, 13, 12, tzinfo=UTC)
MODEL = {"slug": "org/model", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 100}]}


class FakeTime:
    """A clock that stands still but for those who sleep."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()
        self.clock = Clock(now=lambda: self.seconds, sleep=self.sleep, wall=NOON.timestamp)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.seconds += seconds


class Gateway:
    """The sandbox's world behind a transport that writes down every request."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.world = World(clock=lambda: NOON)
        self.faults: list[Fault] = []
        self.asked: list[str] = []

    def create(self, *external_entity_ids: str) -> list[str]:
        """Create groups with one limit each, and say their internal ids."""
        return [self.world.create(name, [MODEL]).id for name in external_entity_ids]

    def id_of(self, external_entity_id: str) -> str:
        """The internal id that a group has now."""
        group = self.world.find(external_entity_id)
        assert group is not None
        return group.id

    @contextmanager
    def source(self, options: ReadOptions | None = None) -> Iterator[GatewaySource]:
        """A source that reads from here, in fake time."""
        faults = Faults(self.faults)

        def handle(request: httpx.Request) -> httpx.Response:
            target = request.url.raw_path.decode()
            self.asked.append(target.removeprefix("/v1/gateway"))
            path, _, query = target.partition("?")
            delivery = faults.deliver(self.world, HttpRequest(request.method, path, query, dict(request.headers)))
            if not delivery.answered:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
            answer = delivery.response
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        key = ApiKey(DEFAULT_KEY, origin="test")
        connect: Callable[[], httpx.BaseTransport] = lambda: httpx.MockTransport(handle)  # noqa: E731 (typed)
        with GatewaySource("http://127.0.0.1", key, options, connect=connect, clock=self.time.clock) as source:
            yield source


def declared(external_entity_id: str | None = None, *, pinned: str | None = None) -> DesiredGroup:
    """A declaration of which only the ids matter."""
    return DesiredGroup(Positions("groups.yaml", [(1, 1)] * 7), id=pinned, external_entity_id=external_entity_id)


@pytest.fixture
def fake_time() -> FakeTime:
    """Time that passes only for those who sleep."""
    return FakeTime()


@pytest.fixture
def gateway(fake_time: FakeTime) -> Gateway:
    """An empty workspace."""
    return Gateway(fake_time)


@pytest.fixture
def declare() -> Callable[..., DesiredGroup]:
    """Declarations by external id, or by ``pinned`` id, or both."""
    return declared
