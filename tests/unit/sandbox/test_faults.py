"""Which requests are spoilt, and how."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from drift.model.limits import LimitKey
from drift.sandbox.delivery import Delivery, deliver
from drift.sandbox.faults import (
    Action,
    Answer,
    ContentType,
    Drip,
    Drop,
    Fault,
    Faults,
    Latency,
    Pad,
    RepeatCursor,
    RepeatPage,
    Run,
    Skip,
    SmallPages,
    Stall,
    Thresholds,
    Truncate,
)
from drift.sandbox.messages import Request, Response
from drift.sandbox.store import NewGroup
from drift.sandbox.world import DEFAULT_KEY, World

GROUPS = "/v1/gateway/groups"


@pytest.fixture
def world() -> World:
    """A workspace with three groups."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    for external_id in ("a", "b", "c"):
        limits = {LimitKey("rate_limits", "TOKEN", "MINUTE"): 100}
        world.create(NewGroup(external_id, {"your-org/your-model": limits}))
    return world


def ask(world: World, faults: Faults, target: str = GROUPS, method: str = "GET") -> Delivery:
    """One request under a script of faults."""
    return deliver(world, faults, Request.of(method, target, key=DEFAULT_KEY))


def spoilt(world: World, *actions: Action) -> Delivery:
    """The list under these faults."""
    return ask(world, Faults([Fault(action) for action in actions]))


def value(response: Response) -> dict[str, Any]:
    """The body as an object."""
    decoded: dict[str, Any] = msgspec.json.decode(response.body)
    return decoded


class TestMatching:
    def test_no_faults(self, world: World) -> None:
        """Without faults the world's answer arrives at once and whole."""
        assert ask(world, Faults()) == Delivery(world.handle(Request.of("GET", GROUPS, key=DEFAULT_KEY)))

    def test_counting(self, world: World) -> None:
        """A fault is for `times` matching requests from the `start`th on."""
        faults = Faults([Fault(Answer(503), start=2, times=2)])
        assert [ask(world, faults).response.status for _ in range(4)] == [200, 503, 503, 200]

    def test_now_and_then(self, world: World) -> None:
        """A fault can be for one in so many requests."""
        faults = Faults([Fault(Answer(503), start=2, every=3, times=2)])
        assert [ask(world, faults).response.status for _ in range(9)] == [200, 503, 200, 200, 503, 200, 200, 200, 200]

    def test_only_matching_requests_count(self, world: World) -> None:
        """Requests for another path or with another method neither count nor suffer."""
        faults = Faults([Fault(Answer(503), method="GET", path=f"{GROUPS}/*", times=1)])
        assert ask(world, faults).response.status == 200
        assert ask(world, faults, f"{GROUPS}/grp1", "DELETE").response.status == 200
        assert ask(world, faults, f"{GROUPS}/grp2").response.status == 503
        assert ask(world, faults, f"{GROUPS}/grp2").response.status == 200

    def test_query_is_not_matched(self, world: World) -> None:
        """The pattern is for the path alone."""
        faults = Faults([Fault(Answer(503), path=GROUPS)])
        assert ask(world, faults, f"{GROUPS}?limit=1").response.status == 503

    def test_each_fault_counts_for_itself(self, world: World) -> None:
        """A script of faults plays in the order of its counters; of two answers the first counts."""
        faults = Faults([Fault(Answer(429), times=2), Fault(Answer(503), times=3)])
        assert [ask(world, faults).response.status for _ in range(4)] == [429, 429, 503, 200]


class TestAnswers:
    def test_world_never_sees_the_request(self, world: World) -> None:
        """A write that is answered by a fault changes nothing."""
        faults = Faults([Fault(Answer(500))])
        assert ask(world, faults, f"{GROUPS}/grp1", "DELETE").response.status == 500
        assert len(world.groups()) == 3

    def test_default_body_is_an_error(self, world: World) -> None:
        """Without a body the answer is an error in the documented shape."""
        response = spoilt(world, Answer(503)).response
        assert value(response) == {"error": "Service Unavailable"}
        assert value(spoilt(world, Answer(599)).response) == {"error": "Status 599"}

    def test_retry_after_in_the_body(self, world: World) -> None:
        """The documented place of retry_after is the body."""
        response = spoilt(world, Answer(429, retry_after=37)).response
        assert value(response) == {"error": "Too Many Requests", "retry_after": 37}
        assert "Retry-After" not in dict(response.headers)

    @pytest.mark.parametrize(
        ("action", "header"),
        [
            (Answer(429, retry_after=37, retry_after_in="header"), "37"),
            (Answer(429, retry_after=37, retry_after_in="date"), "Wed, 13 May 2026 12:00:37 GMT"),
        ],
    )
    def test_retry_after_in_a_header(self, world: World, action: Answer, header: str) -> None:
        """Retry-After may be seconds or a date instead."""
        response = spoilt(world, action).response
        assert dict(response.headers)["Retry-After"] == header
        assert "retry_after" not in value(response)

    def test_everything_chosen(self, world: World) -> None:
        """Status, body, content type and headers can be anything."""
        action = Answer(302, b"moved", "text/plain", (("Location", "http://127.0.0.1:9/"),))
        assert spoilt(world, action).response == Response(
            302, b"moved", (("Content-Type", "text/plain"), ("Location", "http://127.0.0.1:9/"))
        )


class TestDelivery:
    def test_latencies_add_up(self, world: World) -> None:
        """Delays of one request are added."""
        assert spoilt(world, Latency(0.5), Latency(1)).delay == 1.5

    def test_latency_before_an_error(self, world: World) -> None:
        """A delay and another answer combine."""
        delivery = spoilt(world, Latency(1), Answer(503))
        assert (delivery.delay, delivery.response.status) == (1, 503)

    def test_connection_dropped(self, world: World) -> None:
        """The connection ends before the answer, or inside its body."""
        assert not spoilt(world, Drop()).answered
        inside = spoilt(world, Drop(after=10))
        assert (inside.answered, inside.cut) == (True, 10)

    def test_reset(self, world: World) -> None:
        """The end of the connection can be a reset, before the answer or inside its body."""
        before, inside = spoilt(world, Drop(reset=True)), spoilt(world, Drop(10, reset=True))
        assert (before.answered, before.reset) == (False, True)
        assert (inside.answered, inside.cut, inside.reset) == (True, 10, True)

    def test_drip(self, world: World) -> None:
        """The answer can arrive byte by byte."""
        assert spoilt(world, Drip(0.5)).drip == 0.5

    def test_stall(self, world: World) -> None:
        """The answer pauses inside its body."""
        delivery = spoilt(world, Stall(2, after=7))
        assert (delivery.pause, delivery.pause_at) == (2, 7)


class TestBodies:
    def test_truncated(self, world: World) -> None:
        """Half of the body, or so many bytes of it."""
        whole = spoilt(world).response.body
        assert spoilt(world, Truncate()).response.body == whole[: len(whole) // 2]
        assert spoilt(world, Truncate(3)).response.body == whole[:3]

    def test_oversized(self, world: World) -> None:
        """A body of a chosen size that is still the same JSON."""
        response = spoilt(world, Pad(100_000)).response
        assert len(response.body) == 100_000
        assert response.json() == spoilt(world).response.json()

    def test_content_type(self, world: World) -> None:
        """The true body under another type."""
        response = spoilt(world, ContentType("text/html")).response
        assert response.headers == (("Content-Type", "text/html"),)
        assert response.body == spoilt(world).response.body

    @pytest.mark.parametrize("text", ["NaN", '"5"', "5.0", "true", "1e999", r"\1"])
    def test_thresholds(self, world: World, text: str) -> None:
        """Every threshold is replaced by the text as it stands."""
        body = spoilt(world, Thresholds(text)).response.body
        assert body.count(b'"threshold":' + text.encode()) == 6

    def test_repeated_cursor(self, world: World) -> None:
        """Following the cursor leads to the same cursor for ever."""
        faults = Faults([Fault(RepeatCursor())])
        first = value(ask(world, faults).response)["pagination"]
        again = value(ask(world, faults, f"{GROUPS}?cursor={first['cursor']}").response)["pagination"]
        assert first == again == {"has_more": True, "cursor": first["cursor"]}

    def test_faults_of_the_body_combine(self, world: World) -> None:
        """What follows in the script works on what came before it."""
        body = spoilt(world, Truncate(10), Pad(12)).response.body
        assert body == spoilt(world).response.body[:10] + b"  "


class TestPages:
    def pages(self, world: World, *actions: Action) -> list[tuple[list[str], bool]]:
        """External ids of the first pages under these faults, and whether each says that there is more."""
        faults = Faults([Fault(action) for action in actions])
        pages: list[tuple[list[str], bool]] = []
        target = f"{GROUPS}?limit=1000"
        while len(pages) < 4:
            page = value(ask(world, faults, target).response)
            names = [item["metadata"]["external_entity_id"] for item in page["items"]]
            pages.append((names, page["pagination"]["has_more"]))
            if not page["pagination"]["has_more"]:
                break
            target = f"{GROUPS}?limit=1000&cursor={page['pagination']['cursor']}"
        return pages

    def test_small_pages(self, world: World) -> None:
        """Pages are as small as wanted, and the last one says that it is the last."""
        assert self.pages(world, SmallPages(2)) == [(["a", "b"], True), (["c"], False)]

    def test_small_pages_leave_the_rules_alone(self, world: World) -> None:
        """A limit that the API refuses is refused, and one that is smaller anyway holds."""
        faults = Faults([Fault(SmallPages(2))])
        assert ask(world, faults, f"{GROUPS}?limit=many").response.status == 400
        assert len(value(ask(world, faults, f"{GROUPS}?limit=1").response)["items"]) == 1
        assert len(value(ask(world, faults).response)["items"]) == 2

    def test_skipping(self, world: World) -> None:
        """A group that is skipped on one page does not come on the next."""
        assert self.pages(world, SmallPages(2), Skip(1)) == [(["b"], True), ([], False)]

    def test_repeated_page(self, world: World) -> None:
        """The list never ends, under cursors that never repeat."""
        assert self.pages(world, SmallPages(2), RepeatPage()) == [(["a", "b"], True)] * 4

    @pytest.mark.parametrize("action", [Skip(1), RepeatPage(), RepeatCursor()])
    def test_other_answers_are_spared(self, world: World, action: Action) -> None:
        """What is no page is left as it is: a group, an error, a body that is broken already."""
        faults = Faults([Fault(action)])
        assert ask(world, faults, f"{GROUPS}/grp1").response == ask(world, Faults(), f"{GROUPS}/grp1").response
        assert spoilt(world, Answer(200, b'{"items": {}}'), action).response.body == b'{"items": {}}'
        assert spoilt(world, Truncate(10), action).response.body == spoilt(world).response.body[:10]


def test_world_changes_between_requests(world: World) -> None:
    """Something may happen just before a request, as if somebody else had done it."""

    def delete_first() -> None:
        world.handle(Request.of("DELETE", f"{GROUPS}/grp1", key=DEFAULT_KEY))

    faults = Faults([Fault(Run(delete_first), start=2, times=1)])
    assert len(value(ask(world, faults).response)["items"]) == 3
    assert len(value(ask(world, faults).response)["items"]) == 2
