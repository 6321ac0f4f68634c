"""One request and what comes of it: statuses, headers, bodies, and what is never sent."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from drift.errors import Cause, GatewayError
from drift.gateway.client import Access, GatewayClient
from drift.gateway.key import ApiKey
from drift.gateway.pace import Budget, Throttle
from drift.gateway.retry import TRIES, TRIES_TO_READ, Conduct, Ledger
from drift.gateway.settings import ReadOptions, parse_address
from drift.gateway.transport import ReadOnlyTransport, WriteRefusedError

if TYPE_CHECKING:
    from tests.unit.gateway.conftest import FakeTime

KEY = "prefix.s3cr3t-s3cr3t"
GROUP = {
    "id": "abc",
    "metadata": {"external_entity_id": "cust_42"},
    "hierarchy": {"limit_enforcement": "INDEPENDENT"},
    "created_at": "2026-05-13T12:00:00Z",
}
Answers = Callable[..., GatewayClient]


def listed(*groups: object, has_more: bool = False, cursor: str | None = None) -> httpx.Response:
    """A page of the list."""
    return httpx.Response(200, json={"items": groups, "pagination": {"has_more": has_more, "cursor": cursor}})


@pytest.fixture
def ledger() -> Ledger:
    """What the client counted and noted."""
    return Ledger()


@pytest.fixture
def answers(fake_time: "FakeTime", ledger: Ledger) -> Answers:
    """A client of a server that gives these answers, the last one for ever; a callable answers itself."""

    def make(
        *responses: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response], max_body: int = 1000
    ) -> GatewayClient:
        script = list(responses)

        def handle(request: httpx.Request) -> httpx.Response:
            answer = script.pop(0) if len(script) > 1 else script[0]
            if isinstance(answer, Exception):
                raise answer
            return answer if isinstance(answer, httpx.Response) else answer(request)

        conduct = Conduct(Throttle(None, fake_time.clock), Budget(60, fake_time.clock), ledger)
        conduct.budget.start()
        access = Access(
            parse_address("https://gateway.test"), ApiKey(KEY, origin="test"), ReadOptions(max_body=max_body)
        )
        return GatewayClient(access, lambda: httpx.MockTransport(handle), conduct)

    return make


def failing(client: GatewayClient) -> GatewayError:
    """The error that a get ends in."""
    with pytest.raises(GatewayError) as caught:
        client.get("abc")
    assert caught.value.where == "/v1/gateway/groups/abc"
    return caught.value


def test_get(answers: Answers) -> None:
    """A group by id, asked for with the key and a name."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        assert str(request.url) == "https://gateway.test/v1/gateway/groups/abc"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.headers["accept"] == "application/json"
        assert re.fullmatch(r"baseten-drift/\d\S*", request.headers["user-agent"])
        return httpx.Response(200, json=GROUP)

    group = answers(handle).get("abc")
    assert group is not None
    assert group.external_entity_id == "cust_42"


def test_unknown_group(answers: Answers) -> None:
    """A 404 in JSON is the gateway saying that it has no such group."""
    assert answers(httpx.Response(404, json={"error": "no such group"})).get("abc") is None


def test_404_of_something_else(answers: Answers) -> None:
    """A 404 page of a proxy says nothing about the group."""
    error = failing(answers(httpx.Response(404, html="<h1>Not here</h1>")))
    assert (error.cause, error.status) == (Cause.UNEXPECTED_STATUS, 404)


@pytest.mark.parametrize(
    ("status", "cause", "tries"),
    [
        (201, Cause.UNEXPECTED_STATUS, 1),
        (204, Cause.UNEXPECTED_STATUS, 1),
        (301, Cause.UNEXPECTED_STATUS, 1),
        (304, Cause.UNEXPECTED_STATUS, 1),
        (400, Cause.UNEXPECTED_STATUS, 1),
        (401, Cause.UNAUTHORIZED, 1),
        (403, Cause.FORBIDDEN, 1),
        (409, Cause.UNEXPECTED_STATUS, 1),
        (414, Cause.UNEXPECTED_STATUS, 1),
        (429, Cause.THROTTLED, TRIES),
        (500, Cause.SERVER_ERROR, TRIES),
        (502, Cause.SERVER_ERROR, TRIES),
        (503, Cause.SERVER_ERROR, TRIES),
        (504, Cause.SERVER_ERROR, TRIES),
        (599, Cause.SERVER_ERROR, TRIES),
    ],
)
def test_statuses(answers: Answers, ledger: Ledger, status: int, cause: Cause, tries: int) -> None:
    """Each status has one meaning, and only what may pass is tried again."""
    error = failing(answers(httpx.Response(status, json={"error": "because"})))
    assert (error.cause, error.status) == (cause, status)
    assert f"HTTP {status}" in error.message
    assert "because" in error.message
    assert ledger.counts()["get"] == tries
    assert ledger.counts()["retries"] == tries - 1


@pytest.mark.parametrize(
    ("exception", "cause", "tries"),
    [
        (httpx.ConnectError("refused"), Cause.UNREACHABLE, TRIES),
        (httpx.ReadError("reset"), Cause.UNREACHABLE, TRIES),
        (httpx.RemoteProtocolError("gone"), Cause.UNREACHABLE, TRIES),
        (httpx.ProxyError("407"), Cause.UNREACHABLE, TRIES),
        (httpx.ConnectTimeout(""), Cause.TIMED_OUT, TRIES),
        (httpx.ReadTimeout(""), Cause.TIMED_OUT, TRIES),
        (httpx.DecodingError("no gzip"), Cause.UNREADABLE_RESPONSE, TRIES_TO_READ),
    ],
)
def test_no_answer(answers: Answers, ledger: Ledger, exception: Exception, cause: Cause, tries: int) -> None:
    """What the network does is distinguished from what the server says."""
    error = failing(answers(exception))
    assert (error.cause, error.status) == (cause, None)
    assert type(exception).__name__ in error.message
    assert ledger.counts()["get"] == tries


def test_what_passes(answers: Answers, ledger: Ledger) -> None:
    """A request that succeeds at last is a success."""
    answer = answers(httpx.ReadError("reset"), httpx.Response(503), httpx.Response(200, json=GROUP)).get("abc")
    assert answer is not None
    assert ledger.counts() == {"get": 3, "list": 0, "retries": 2, "throttled": 0}


LATER = "Wed, 13 May 2026 12:00:20 GMT"
"""Twenty seconds after the time of the fake clock."""


@pytest.mark.parametrize(
    ("response", "seconds"),
    [
        (httpx.Response(429, json={"error": "slow down", "retry_after": 37}), 37),
        (httpx.Response(429, json={"retry_after": 1.5}), 1.5),
        (httpx.Response(429, json={"retry_after": 3}, headers={"Retry-After": "9"}), 3),
        (httpx.Response(429, headers={"Retry-After": "9"}), 9),
        (httpx.Response(429, headers={"Retry-After": LATER}), 20),
        (httpx.Response(429, headers={"Retry-After": LATER, "Date": "Wed, 13 May 2026 12:00:15 GMT"}), 5),
        (httpx.Response(503, headers={"Retry-After": "9"}), 9),
    ],
)
def test_waits_as_asked(answers: Answers, fake_time: "FakeTime", response: httpx.Response, seconds: float) -> None:
    """The body's member counts first, then the header: seconds, or a date by the server's own clock."""
    assert answers(response, httpx.Response(200, json=GROUP)).get("abc") is not None
    assert fake_time.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(429),
        httpx.Response(429, json=[]),
        httpx.Response(429, json={"retry_after": "soon"}),
        httpx.Response(429, json={"retry_after": True}),
        httpx.Response(429, json={"retry_after": -5}),
        httpx.Response(429, content=b'{"retry_after": NaN}'),
        httpx.Response(429, headers={"Retry-After": "-1"}),
        httpx.Response(429, headers={"Retry-After": "tomorrow"}),
        httpx.Response(429, headers={"Retry-After": "Wed, 99 May 2026 12:00:20 GMT"}),
    ],
)
def test_waits_unasked(answers: Answers, fake_time: "FakeTime", response: httpx.Response) -> None:
    """A 429 that does not say how long means the documented second, and a little more."""
    assert answers(response, httpx.Response(200, json=GROUP)).get("abc") is not None
    assert 1.0 < fake_time.seconds < 2.0


@pytest.mark.parametrize("seconds", ["61", "9" * 400])
def test_does_not_wait_longer_than_it_may(answers: Answers, fake_time: "FakeTime", seconds: str) -> None:
    """A wait that outlasts the run is not begun."""
    response = httpx.Response(429, content=f'{{"error": "slow down", "retry_after": {seconds}}}')
    error = failing(answers(response))
    assert error.cause is Cause.THROTTLED
    assert "60.0 s left" in error.message
    assert fake_time.seconds == 0


def test_a_wish_to_wait_holds_up_all_requests(answers: Answers, ledger: Ledger) -> None:
    """Also those that others make: nothing is sent before it is over."""
    client = answers(httpx.Response(503, headers={"Retry-After": "100"}), httpx.Response(200, json=GROUP))
    assert failing(client).cause is Cause.SERVER_ERROR
    error = failing(client)
    assert error.cause is Cause.SERVER_ERROR
    assert "asks to wait 100 s" in error.message
    assert ledger.counts()["get"] == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": "bad cursor"}', "bad cursor"),
        (b'{"code": "BAD", "message": "bad cursor"}', "bad cursor (BAD)"),
        (b'{"error": "BAD", "message": "bad cursor"}', "bad cursor (BAD)"),
        (b'{"detail": "bad cursor"}', "bad cursor"),
        (b'{"message": 5, "error": "bad cursor"}', "bad cursor"),
        (b"bad cursor", "bad cursor"),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[1, 2]", "[1, 2]"),
        (b"[" * 100_000, ""),
        (b"x" * 10_000, "x" * 200),
        (b"x" * 100_000, ""),
    ],
)
def test_error_bodies(answers: Answers, body: bytes, message: str) -> None:
    """No shape is specified, so every shape is read, and none makes the reading fail."""
    error = failing(answers(httpx.Response(400, content=body)))
    assert error.message == "HTTP 400 Bad Request" + (f": {message}" if message else "")


def test_error_body_that_breaks_off(answers: Answers) -> None:
    """The status counts, whatever happens to the body."""

    def body() -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("reset")

    assert failing(answers(lambda _: httpx.Response(403, content=body()))).cause is Cause.FORBIDDEN


def test_request_ids(answers: Answers) -> None:
    """Headers by which support finds a request are part of the message."""
    headers = {"X-Request-Id": "req-1", "CF-Ray": "ray-2", "X-Other": "other"}
    message = failing(answers(httpx.Response(500, headers=headers))).message
    assert "x-request-id: req-1" in message
    assert "cf-ray: ray-2" in message
    assert "other" not in message


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://evil.test/groups", "evil.test"),
        ("http://gateway.test/v1", "gateway.test"),
        ("/elsewhere", "the same server"),
        ("https://evil.test:port/", "the same server"),
    ],
)
def test_redirects_are_not_followed(answers: Answers, ledger: Ledger, location: str, host: str) -> None:
    """The key goes nowhere else; the message says where it would have gone."""
    error = failing(answers(httpx.Response(302, headers={"Location": location})))
    assert host in error.message
    assert ledger.counts()["get"] == 1


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "", "application/xml", "text/json"])
def test_success_that_is_not_json(answers: Answers, content_type: str) -> None:
    """A login page with status 200 is no answer."""
    response = httpx.Response(200, content=json.dumps(GROUP), headers={"Content-Type": content_type})
    assert failing(answers(response)).cause is Cause.UNREADABLE_RESPONSE


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/a+json"])
def test_success_in_some_json(answers: Answers, content_type: str) -> None:
    """Parameters, case and JSON's own subtypes make no difference."""
    response = httpx.Response(200, content=json.dumps(GROUP), headers={"Content-Type": content_type})
    assert answers(response).get("abc") is not None


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, headers=JSON, content=b" " * 1001),
        lambda _: httpx.Response(200, headers=JSON, content=iter([b" " * 600, b" " * 600])),
        httpx.Response(200, headers=JSON | {"Content-Encoding": "gzip"}, content=gzip.compress(b" " * 100_000)),
        lambda _: httpx.Response(200, headers=JSON | {"Content-Length": "9" * 30}, content=iter([b""])),
    ],
)
def test_oversized(answers: Answers, response: httpx.Response | Callable[[httpx.Request], httpx.Response]) -> None:
    """The limit holds for what was announced, what is sent, and what it expands to."""
    error = failing(answers(response))
    assert error.cause is Cause.UNREADABLE_RESPONSE
    assert "longer than 1,000 bytes" in error.message


@pytest.mark.parametrize(
    "broken",
    [
        httpx.Response(200, html="<h1>One moment</h1>"),
        httpx.Response(200, headers=JSON, content=b'{"id": "abc", "meta'),
        httpx.Response(200, json={**GROUP, "id": 5}),
    ],
)
def test_unreadable_at_first(answers: Answers, ledger: Ledger, broken: httpx.Response) -> None:
    """An answer that cannot be read is asked for once more, and no oftener."""
    good = httpx.Response(200, json=GROUP)
    assert answers(broken, good).get("abc") is not None
    assert ledger.counts() == {"get": 2, "list": 0, "retries": 1, "throttled": 0}
    assert failing(answers(broken, broken, good)).message.endswith("; 2 tries")


def test_unreadable_between_failures(answers: Answers, ledger: Ledger) -> None:
    """Tries that got no answer at all do not count against it."""
    script = (
        httpx.Response(503),
        httpx.Response(503),
        httpx.Response(200, html="<h1>"),
        httpx.Response(200, json=GROUP),
    )
    assert answers(*script).get("abc") is not None
    assert ledger.counts()["retries"] == 3


def test_compressed(answers: Answers) -> None:
    """Compression that was asked for is undone."""
    compressed = gzip.compress(json.dumps(GROUP).encode())
    response = httpx.Response(200, headers=JSON | {"Content-Encoding": "gzip"}, content=iter([compressed]))
    assert answers(response).get("abc") is not None


@pytest.mark.parametrize("encoding", ["zstd", "br", "deflate", "gzip, gzip"])
def test_unasked_compression(answers: Answers, encoding: str) -> None:
    """Other encodings may expand without bound before anyone can count."""
    response = httpx.Response(200, headers=JSON | {"Content-Encoding": encoding}, content=iter([b"x"]))
    assert failing(answers(response)).cause is Cause.UNREADABLE_RESPONSE


def test_body_that_trickles(answers: Answers, fake_time: "FakeTime") -> None:
    """Single bytes in time do not make an answer in time."""

    def body() -> Iterator[bytes]:
        while True:
            fake_time.sleep(1)
            yield b" "

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=JSON, content=body())

    assert failing(answers(handle)).cause is Cause.TIMED_OUT
    assert fake_time.seconds <= 62


def test_another_group_than_asked_for(answers: Answers) -> None:
    """An answer to another question is none."""
    assert failing(answers(httpx.Response(200, json=GROUP | {"id": "abd"}))).cause is Cause.INCONSISTENT


def test_empty_id(answers: Answers, ledger: Ledger) -> None:
    """An empty id would ask for the list; nothing is sent."""
    with pytest.raises(GatewayError, match="empty id"):
        answers(httpx.Response(200, json=GROUP)).get("")
    assert ledger.counts()["get"] == 0


def test_endless_id(answers: Answers) -> None:
    """An id that fits into no URL is an error like others."""
    with pytest.raises(GatewayError, match="too long"):
        answers(httpx.Response(200, json=GROUP)).get("x" * 100_000)


def test_find(answers: Answers) -> None:
    """The filter finds a group or none; the list is asked for its largest pages."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.params["external_entity_id"] == "cust_42"
        assert request.url.params["limit"] == "1000"
        return listed(GROUP)

    group = answers(handle).find("cust_42")
    assert group is not None
    assert group.id == "abc"
    assert answers(listed()).find("cust_42") is None


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (listed(GROUP | {"metadata": {"external_entity_id": "other"}}), "other groups"),
        (listed(GROUP, GROUP | {"id": "b", "metadata": {"external_entity_id": "other"}}), "other groups"),
        (listed(GROUP, GROUP | {"id": "b"}), "abc, b"),
        (listed(GROUP, has_more=True, cursor="more"), "there are more"),
        (listed(has_more=True, cursor="more"), "there are more"),
    ],
)
def test_filter_that_does_not_filter(answers: Answers, response: httpx.Response, message: str) -> None:
    """Never mistaken for an answer: the filter is documented, but missing from the OpenAPI document."""
    with pytest.raises(GatewayError, match=message) as caught:
        answers(response).find("cust_42")
    assert caught.value.cause is Cause.INCONSISTENT


def test_broken_find(answers: Answers) -> None:
    """A group that is found and cannot be read is not missing."""
    with pytest.raises(GatewayError) as caught:
        answers(listed(GROUP | {"created_at": 5})).find("cust_42")
    assert caught.value.cause is Cause.UNREADABLE_RESPONSE


def test_list_that_is_not_there(answers: Answers) -> None:
    """No list at this path means another path or server, not an empty workspace."""
    with pytest.raises(GatewayError) as caught:
        answers(httpx.Response(404, json={"error": "no such path"})).page()
    assert caught.value.cause is Cause.UNEXPECTED_STATUS


def test_notes_unknown_members(answers: Answers, ledger: Ledger) -> None:
    """Once for a group that was asked for, and for the first one of a list."""
    answers(httpx.Response(200, json=GROUP | {"tier": "gold"})).get("abc")
    answers(listed(GROUP | {"tier": "gold", "region": "eu"})).page()
    assert [note.rpartition(" ")[2] for note in ledger.notes()] == ["tier", "region"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get"])
def test_nothing_but_get(method: str) -> None:
    """Whatever else is asked of the transport, nothing is sent."""
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    transport = ReadOnlyTransport(httpx.MockTransport(handle), parse_address("https://gateway.test"))
    request = httpx.Request("GET", "https://gateway.test/")
    request.method = method
    with pytest.raises(WriteRefusedError):
        transport.handle_request(request)
    assert sent == []


@pytest.mark.parametrize(
    "url", ["https://evil.test/", "http://gateway.test/", "https://gateway.test:444/", "https://gateway.test.evil/"]
)
def test_nowhere_else(url: str) -> None:
    """Host, scheme and port are those of the configured server."""
    transport = ReadOnlyTransport(
        httpx.MockTransport(lambda _: httpx.Response(200)), parse_address("https://gateway.test")
    )
    with pytest.raises(WriteRefusedError):
        transport.handle_request(httpx.Request("GET", url))
    assert transport.handle_request(httpx.Request("GET", "https://gateway.test:443/x")).status_code == 200
