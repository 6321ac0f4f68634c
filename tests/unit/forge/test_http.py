"""What the client for other services lets a service do to it: take little time, little memory, and no secret."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drift.errors import SettingsError
from drift.forge.http import MOST_BYTES, NotTakenError, Secret, Service, checked_url
from tests.unit.forge.servers import (
    Served,
    bomb,
    dripping_body,
    dripping_headers,
    endless_body,
    plain,
    serving,
)

SECONDS = 0.5


def service(served: Served, path: str = "", timeout: float = SECONDS) -> Service:
    return Service("the service", checked_url(served.url + path, what="URL"), timeout=timeout)


def answering(*answers: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """The answers one after the other, the last one from then on."""
    waiting = list(answers)
    return lambda _: iter([waiting.pop(0) if len(waiting) > 1 else waiting[0]])


def status(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {line}", *headers, "Connection: close", "Content-Length: 0", "", ""]).encode()


@pytest.mark.parametrize("answer", [dripping_headers, dripping_body], ids=["headers", "body"])
def test_an_answer_that_arrives_byte_by_byte_ends_with_the_time(answer: Callable[[bytes], Iterator[bytes]]) -> None:
    with serving(answer, pause=0.02) as served:
        begun = time.monotonic()
        with pytest.raises(NotTakenError, match=r"the service did not take .* within the 0\.5 seconds") as refused:
            service(served).send("GET")

    assert time.monotonic() - begun < SECONDS + 1
    assert refused.value.may_have_arrived
    assert refused.value.hint == "allow more with --timeout"


@pytest.mark.parametrize("answer", [endless_body, bomb])
def test_an_answer_that_is_too_long_is_not_read_to_its_end(answer: Callable[[bytes], Iterator[bytes]]) -> None:
    tracemalloc.start()
    try:
        with serving(answer) as served, pytest.raises(NotTakenError, match=f"more than {MOST_BYTES:,} bytes"):
            service(served, timeout=30).send("GET")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(served.asked) == 1
    # The decoder may hold what one piece expands to besides what is kept.
    assert peak < 6 * MOST_BYTES


@pytest.mark.parametrize("answer", [endless_body, bomb, dripping_body])
def test_what_a_service_says_after_it_took_something_is_not_waited_for(
    answer: Callable[[bytes], Iterator[bytes]],
) -> None:
    with serving(answer, pause=0.02) as served:
        assert service(served, timeout=10).send("POST", payload=b"{}").body == b""


def test_all_tries_and_calls_share_one_time() -> None:
    with serving(answering(status("503 No"))) as served:
        begun = time.monotonic()
        client = service(served, timeout=1.5)
        for _ in range(3):
            with pytest.raises(NotTakenError):
                client.send("GET")

    assert time.monotonic() - begun < 2.5
    assert len(served.asked) <= 4


@pytest.mark.parametrize(
    ("first", "repeatable", "tries"),
    [
        (status("503 No", "Retry-After: 0"), True, 2),
        (status("503 No", "Retry-After: 0"), False, 1),
        (b"", True, 2),
        (b"", False, 1),
        (status("429 Slow down", "Retry-After: 0"), False, 2),
        (status("403 Slow down", "Retry-After: 0"), False, 2),
        (status("403 No"), True, 1),
        (status("404 No"), True, 1),
        (status("301 Moved", "Location: https://example.com"), True, 1),
    ],
)
def test_what_may_have_been_done_is_only_sent_again_if_that_does_no_harm(
    first: bytes, tries: int, *, repeatable: bool
) -> None:
    with serving(answering(first, plain(b"{}"))) as served:
        client = service(served, timeout=10)
        if tries == 1:
            with pytest.raises(NotTakenError):
                client.send("POST", payload=b"{}", repeatable=repeatable)
        else:
            client.send("POST", payload=b"{}", repeatable=repeatable)

    assert len(served.asked) == tries


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_sees_nothing_of_a_call_to_this_machine(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with serving(answering(plain(b"{}"))) as served, serving(answering(plain(b"{}"))) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        service(served, "/hooks/T0K3N").send("POST", payload=b"{}")

    assert proxy.asked == []
    assert served.asked[0].startswith(b"POST /hooks/T0K3N HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SSL_CERT_FILE", "/nowhere.pem"), ("ALL_PROXY", "socks5://127.0.0.1:1"), ("HTTPS_PROXY", "gopher://x")],
)
def test_an_environment_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match="the proxy or the certificates of this environment cannot be used"):
        Service("the service", Secret("https://service.invalid/T0K3N")).send("POST", payload=b"{}")


def test_a_user_and_a_password_in_the_url_are_sent_as_such() -> None:
    with serving(answering(plain(b"{}"))) as served:
        url = served.url.replace("//", "//user:pass@")
        Service("the service", checked_url(url, what="URL")).send("POST", payload=b"{}")

    assert b"authorization: basic dxnlcjpwyxnz\r\n" in served.asked[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x.invalid",
        "http://x.invalid/T0K3N",
        "https://",
        "https://[::1",
        "https://x:y/",
        "https://x/a b",
        "a\nb",
    ],
)
def test_a_url_that_would_be_overheard_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        checked_url(url, what="the file")

    assert refused.value.message == "the file holds no https URL"


def test_a_secret_shows_itself_to_nobody_by_accident() -> None:
    assert "T0K3N" not in f"{Secret('T0K3N')} {[Secret('T0K3N')]!r}"


def test_an_error_quotes_nothing_that_was_sent(tmp_path: Path) -> None:
    """The path is the secret of a webhook."""
    client = Service("the service", Secret("http://127.0.0.1:1/T0K3N"), token=Secret("S3CR3T"), timeout=SECONDS)
    with pytest.raises(NotTakenError) as refused:
        client.send("POST", payload=b"{}", repeatable=False)

    assert (refused.value.message, refused.value.__cause__) == (
        "the service did not take what was sent: ConnectError",
        None,
    )
    assert not list(tmp_path.iterdir())
