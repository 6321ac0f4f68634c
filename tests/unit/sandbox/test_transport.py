"""The world behind httpx, without sockets."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from drift.sandbox.faults import Action, Drip, Drop, Fault, Faults, Latency, Stall
from drift.sandbox.store import NewGroup
from drift.sandbox.transport import async_transport, transport
from drift.sandbox.world import DEFAULT_KEY, World

GROUPS = "/v1/gateway/groups"
AUTHORIZED = {"Authorization": f"Bearer {DEFAULT_KEY}"}


@pytest.fixture
def world() -> World:
    """A workspace with one group."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    world.create(NewGroup("acme", {"your-org/your-model": {}}, id="a/b"))
    return world


def client(world: World, *actions: Action, timeout: float = 5) -> httpx.Client:
    """A client that is authorised, under these faults."""
    faults = Faults([Fault(action) for action in actions])
    return httpx.Client(
        transport=transport(world, faults),
        base_url="https://sandbox.test",
        headers=AUTHORIZED,
        timeout=timeout,
    )


def test_request_and_response_pass_through(world: World) -> None:
    """Method, encoded path, query, body and headers arrive; status, headers and body come back."""
    with client(world) as http:
        assert http.patch(f"{GROUPS}/a%2Fb", json={"models": []}).json()["models"] == []
        answer = http.get(GROUPS, params={"external_entity_id": "acme", "limit": "1"})
        assert [item["id"] for item in answer.json()["items"]] == ["a/b"]
        assert answer.headers["content-type"] == "application/json"
        assert http.get(f"{GROUPS}/nope").status_code == 404


@pytest.mark.parametrize("action", [Drop(), Drop(after=10)])
def test_dropped_connection(world: World, action: Action) -> None:
    """A dropped connection is httpx's protocol error, before the answer and inside it."""
    with client(world, action) as http, pytest.raises(httpx.RemoteProtocolError):
        http.get(GROUPS)


@pytest.mark.parametrize("action", [Drop(reset=True), Drop(10, reset=True)])
def test_reset_connection(world: World, action: Action) -> None:
    """A reset is httpx's network error."""
    with client(world, action) as http, pytest.raises(httpx.ReadError):
        http.get(GROUPS)


def test_drop_behind_the_body_is_no_error(world: World) -> None:
    """A connection that ends after a complete body was useful."""
    with client(world, Drop(after=1_000_000)) as http:
        assert len(http.get(GROUPS).json()["items"]) == 1


@pytest.mark.parametrize("action", [Latency(60), Stall(60, after=5), Drip(1)])
def test_delay_beyond_the_timeout(world: World, action: Action) -> None:
    """A delay that reaches the read timeout raises it without being waited for."""
    with client(world, action) as http, pytest.raises(httpx.ReadTimeout):
        http.get(GROUPS)


@pytest.mark.parametrize("action", [Latency(0.001), Stall(0.001, after=5)])
def test_bearable_delay(world: World, action: Action) -> None:
    """A short delay only delays."""
    with client(world, action) as http:
        assert len(http.get(GROUPS).json()["items"]) == 1


def test_asynchronous_client(world: World) -> None:
    """Asynchronous clients see the same answers and faults."""

    async def play() -> list[int]:
        faults = Faults([Fault(Latency(0.001), times=1), Fault(Stall(0.001), start=2), Fault(Drop(3), start=3)])
        async with httpx.AsyncClient(
            transport=async_transport(world, faults), base_url="https://sandbox.test", headers=AUTHORIZED
        ) as http:
            counts = [len((await http.get(GROUPS)).json()["items"]) for _ in range(2)]
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(GROUPS)
            return counts

    assert asyncio.run(play()) == [1, 1]
