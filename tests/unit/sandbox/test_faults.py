"""Faults as lines of text: which requests they are for, and what becomes of the answers."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from drift.errors import SettingsError
from drift.sandbox.fault_text import SYNTAX, parse_fault
from drift.sandbox.faults import Delivery, Fault, Faults, happening
from drift.sandbox.wire import GROUPS_PATH as GROUPS
from drift.sandbox.wire import HttpRequest, HttpResponse
from drift.sandbox.world import DEFAULT_KEY, World

LIMITS = [{"type": "TOKEN", "unit": "MINUTE", "threshold": 100}]


@pytest.fixture
def world() -> World:
    """A workspace with three groups."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    for external_id in ("a", "b", "c"):
        world.create(external_id, [{"slug": "your-org/your-model", "rate_limits": LIMITS}])
    return world


def script(*texts: str) -> Faults:
    """These faults with fresh counters."""
    return Faults([parse_fault(text) for text in texts])


def ask(world: World, faults: Faults, target: str = GROUPS, method: str = "GET") -> Delivery:
    """One request under a script of faults."""
    path, _, query = target.partition("?")
    return faults.deliver(world, HttpRequest(method, path, query, {"authorization": f"Bearer {DEFAULT_KEY}"}))


def spoilt(world: World, *texts: str) -> Delivery:
    """The list under these faults."""
    return ask(world, script(*texts))


def value(response: HttpResponse) -> dict[str, Any]:
    """The body as an object."""
    decoded: dict[str, Any] = msgspec.json.decode(response.body)
    return decoded


class TestMatching:
    def statuses(self, world: World, text: str, requests: int) -> list[int]:
        """The statuses of so many lists in a row."""
        faults = script(text)
        return [ask(world, faults).response.status for _ in range(requests)]

    def test_no_faults(self, world: World) -> None:
        """Without faults the world's answer arrives at once and completely."""
        assert ask(world, Faults()) == Delivery(world.ask("GET", GROUPS))

    def test_counting(self, world: World) -> None:
        """A fault is for some matching requests from one of them on."""
        assert self.statuses(world, "503:from=2,times=2", 4) == [200, 503, 503, 200]

    def test_now_and_then(self, world: World) -> None:
        """A fault can be for one in so many requests."""
        wanted = [200, 503, 200, 200, 503, 200, 200, 200, 200]
        assert self.statuses(world, "503:from=2,every=3,times=2", 9) == wanted

    def test_only_matching_requests_count(self, world: World) -> None:
        """Requests for another path or with another method neither count nor suffer."""
        faults = script(f"503:method=get,path={GROUPS}/*,times=1")
        assert ask(world, faults).response.status == 200
        assert ask(world, faults, f"{GROUPS}/grp1", "DELETE").response.status == 200
        assert ask(world, faults, f"{GROUPS}/grp2").response.status == 503
        assert ask(world, faults, f"{GROUPS}/grp2").response.status == 200

    def test_query_is_not_matched(self, world: World) -> None:
        """The pattern is for the path alone."""
        assert ask(world, script(f"503:path={GROUPS}"), f"{GROUPS}?limit=1").response.status == 503

    def test_each_fault_counts_for_itself(self, world: World) -> None:
        """A script of faults plays in the order of its counters; of two answers the first counts."""
        faults = script("429:times=2", "503:times=3")
        assert [ask(world, faults).response.status for _ in range(4)] == [429, 429, 503, 200]


class TestAnswers:
    def test_world_never_sees_the_request(self, world: World) -> None:
        """A write that is answered by a fault changes nothing."""
        assert ask(world, script("500"), f"{GROUPS}/grp1", "DELETE").response.status == 500
        assert len(world.groups()) == 3

    def test_default_body_is_an_error(self, world: World) -> None:
        """Without a body the answer is an error in the documented shape."""
        assert value(spoilt(world, "503").response) == {"error": "Service Unavailable"}
        assert value(spoilt(world, "599").response) == {"error": "Status 599"}

    def test_retry_after_in_the_body(self, world: World) -> None:
        """The documented place of retry_after is the body."""
        response = spoilt(world, "429:retry_after=37").response
        assert value(response) == {"error": "Too Many Requests", "retry_after": 37}
        assert "Retry-After" not in dict(response.headers)

    @pytest.mark.parametrize(
        ("place", "header"), [("header", "37"), ("date", "Wed, 13 May 2026 12:00:37 GMT")], ids=["header", "date"]
    )
    def test_retry_after_in_a_header(self, world: World, place: str, header: str) -> None:
        """Retry-After may be seconds or a date instead."""
        response = spoilt(world, f"429:retry_after=37,retry_after_in={place}").response
        assert dict(response.headers)["Retry-After"] == header
        assert "retry_after" not in value(response)

    def test_everything_chosen(self, world: World) -> None:
        """Status, body, content type and location can be anything; commas of the body belong to it."""
        text = 'text/plain,location=http://127.0.0.1:9/,body={"a":1,"b":2}'
        assert spoilt(world, f"302:type={text}").response == HttpResponse(
            302, b'{"a":1,"b":2}', (("Content-Type", "text/plain"), ("Location", "http://127.0.0.1:9/"))
        )
        assert spoilt(world, "200:body=").response.body == b""

    def test_pages_of_proxies(self, world: World) -> None:
        """An HTML page, and text that claims to be JSON, are what proxies put in place of an answer."""
        html, text = spoilt(world, "html").response, spoilt(world, "not-json").response
        assert html.headers == (("Content-Type", "text/html; charset=utf-8"),)
        assert html.body.startswith(b"<!doctype html>")
        assert text == HttpResponse(200, b"upstream connect error or disconnect")


class TestDelivery:
    @pytest.mark.parametrize(
        ("text", "members"),
        [
            ("latency=50ms", {"delay": 0.05}),
            ("latency=1.5s", {"delay": 1.5}),
            ("latency=2", {"delay": 2}),
            ("drop", {"answered": False}),
            ("drop:after=100", {"cut": 100}),
            ("reset", {"answered": False, "reset": True}),
            ("reset:after=100", {"cut": 100, "reset": True}),
            ("drip=20ms", {"drip": 0.02}),
            ("stall=5s", {"pause": 5}),
            ("stall=5s:after=1kB", {"pause": 5, "pause_at": 1000}),
        ],
    )
    def test_how_the_answer_arrives(self, world: World, text: str, members: dict[str, Any]) -> None:
        """The answer is the true one, and only its delivery is another."""
        assert spoilt(world, text) == replace(spoilt(world), **members)

    def test_latencies_add_up(self, world: World) -> None:
        """Delays of one request are added, before an error as well."""
        delivery = spoilt(world, "latency=500ms", "503", "latency=1s")
        assert (delivery.delay, delivery.response.status) == (1.5, 503)


class TestBodies:
    def test_truncated(self, world: World) -> None:
        """Half of the body, or so many bytes of it."""
        body = spoilt(world).response.body
        assert spoilt(world, "truncate").response.body == body[: len(body) // 2]
        assert spoilt(world, "truncate:after=3").response.body == body[:3]
        assert spoilt(world, "truncate:after=0").response.body == b""

    def test_oversized(self, world: World) -> None:
        """A body of a chosen size that is still the same JSON."""
        response = spoilt(world, "oversize=100kB").response
        assert len(response.body) == 100_000
        assert response.json() == spoilt(world).response.json()

    def test_content_type(self, world: World) -> None:
        """The true body under another type."""
        response = spoilt(world, "type=text/html; charset=utf-8").response
        assert response.headers == (("Content-Type", "text/html; charset=utf-8"),)
        assert response.body == spoilt(world).response.body

    @pytest.mark.parametrize("text", ["NaN", '"5"', "5.0", "true", "1e999", r"\1"])
    def test_thresholds(self, world: World, text: str) -> None:
        """Every threshold is replaced by the text as it stands."""
        body = spoilt(world, f"threshold={text}").response.body
        assert body.count(b'"threshold":' + text.encode()) == 6

    def test_repeated_cursor(self, world: World) -> None:
        """Following the cursor leads to the same cursor for ever."""
        faults = script("repeat-cursor")
        first = value(ask(world, faults).response)["pagination"]
        again = value(ask(world, faults, f"{GROUPS}?cursor={first['cursor']}").response)["pagination"]
        assert first == again == {"has_more": True, "cursor": first["cursor"]}

    def test_faults_of_the_body_combine(self, world: World) -> None:
        """What follows in the script works on what came before it."""
        body = spoilt(world, "truncate:after=10", "oversize=12").response.body
        assert body == spoilt(world).response.body[:10] + b"  "


class TestPages:
    def pages(self, world: World, *texts: str) -> list[tuple[list[str], bool]]:
        """External ids of the first pages under these faults, and whether each says that there is more."""
        faults = script(*texts)
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
        assert self.pages(world, "pages=2") == [(["a", "b"], True), (["c"], False)]

    def test_small_pages_leave_the_rules_alone(self, world: World) -> None:
        """A limit that the API refuses is refused, and one that is smaller anyway holds."""
        faults = script("pages=2")
        assert ask(world, faults, f"{GROUPS}?limit=many").response.status == 400
        assert len(value(ask(world, faults, f"{GROUPS}?limit=1").response)["items"]) == 1
        assert len(value(ask(world, faults).response)["items"]) == 2

    def test_skipping(self, world: World) -> None:
        """A group that is skipped on one page does not come on the next."""
        assert self.pages(world, "pages=2", "skip=1") == [(["b"], True), ([], False)]

    @pytest.mark.parametrize("order", [("pages=2", "repeat-page"), ("repeat-page", "pages=2")])
    def test_repeated_page(self, world: World, order: tuple[str, str]) -> None:
        """The list never ends, under cursors that never repeat."""
        assert self.pages(world, *order) == [(["a", "b"], True)] * 4

    @pytest.mark.parametrize("text", ["skip=1", "repeat-page", "repeat-cursor"])
    def test_other_answers_are_spared(self, world: World, text: str) -> None:
        """What is no page is left as it is: a group, an error, a body that is broken already."""
        faults = script(text)
        assert ask(world, faults, f"{GROUPS}/grp1").response == ask(world, Faults(), f"{GROUPS}/grp1").response
        assert spoilt(world, '200:body={"items": {}}', text).response.body == b'{"items": {}}'
        assert spoilt(world, "truncate:after=10", text).response.body == spoilt(world).response.body[:10]


def test_world_changes_between_requests(world: World) -> None:
    """Something may happen just before a request, as if somebody else had done it."""
    faults = Faults([Fault(happening(lambda: world.ask("DELETE", f"{GROUPS}/grp1")), start=2, times=1)])
    assert len(value(ask(world, faults).response)["items"]) == 3
    assert len(value(ask(world, faults).response)["items"]) == 2


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("latncy=5ms", "unknown fault 'latncy'", "did you mean `latency`?"),
        ("", "unknown fault ''", "known: latency, drop"),
        ("latency", "needs a value, a time such as 50ms or 2s", ""),
        ("latency=", "needs a value", ""),
        ("latency=soon", "expected a time such as 50ms or 2s, found 'soon'", ""),
        ("latency=-1s", "expected a time", ""),
        ("latency=nan", "expected a time", ""),
        ("drop=1", "'drop' takes no value", ""),
        ("503=1", "'503' takes no value", ""),
        ("100", "expected a status from 200 to 599", ""),
        ("999", "expected a status from 200 to 599", ""),
        ("429:retry=2", "unknown option 'retry'", "did you mean `retry_after`?"),
        ("429:retry_after=soon", "retry_after: expected a whole number of seconds, found 'soon'", ""),
        ("429:retry_after_in=footer", "expected body, header or date, found 'footer'", ""),
        ("503:times", "option 'times' needs a value", ""),
        ("503:times=0", "times: expected a whole number, at least 1", ""),
        ("pages=0", "pages: expected a whole number, at least 1", ""),
        ("skip=all", "skip: expected a whole number", ""),
        ("503:every=0", "every: expected a whole number, at least 1", ""),
        ("503:from=0", "from: expected a whole number, at least 1", ""),
        ("503:times=1,times=2", "option 'times' is given twice", ""),
        ("drop:body=x", "unknown option 'body'", ""),
        ("oversize=2000MB", "at most 1000MB", ""),
        ("truncate:after=ten", "expected a size", ""),
        ("302:location=a\nb", "location: expected printable ASCII", ""),
        ("200:type=tëxt", "type: expected printable ASCII", ""),
        ("503:body=\udc80", "expected UTF-8", ""),
        ("type=tëxt", "expected printable ASCII", ""),
    ],
)
def test_complaints(text: str, complaint: str, hint: str) -> None:
    """Text that cannot be used is quoted, with what was expected."""
    with pytest.raises(SettingsError) as caught:
        parse_fault(text)
    assert caught.value.message.startswith(f"fault {text!r}: ")
    assert complaint in caught.value.message
    assert hint in caught.value.hint


@given(st.text(st.characters()) | st.from_regex(r"[a-z0-9-]{1,8}=?[a-z0-9.]*:?([a-z_]+=[^,]*,?)*", fullmatch=True))
def test_any_text_is_a_fault_or_a_complaint(text: str) -> None:
    """Nothing but SettingsError comes of bad text."""
    with suppress(SettingsError):
        assert isinstance(parse_fault(text), Fault)


def test_syntax_names_everything() -> None:
    """The help text has a line for every fault and option that examples use."""
    words = "latency drop reset stall drip truncate oversize html not-json type threshold pages skip repeat-cursor"
    for word in (*words.split(), "repeat-page"):
        assert f"\n{word}" in f"\n{SYNTAX}"
    for option in ("retry_after", "location", "body", "after", "method", "path", "from", "times", "every"):
        assert f"{option}=" in SYNTAX
