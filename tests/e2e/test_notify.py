"""Notices of scheduled checks: sent once, to a URL that nobody sees; and what holds for every command that sends."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from drift.render import render_report
from tests.e2e.conftest import EXAMPLE, Drift, Run, Sandbox, SandboxFactory
from tests.e2e.webhooks import webhook
from tests.reports import full_report
from tests.unit.forge.servers import bomb, dripping_body, dripping_headers, endless_body, plain, serving


@pytest.fixture
def live(drift: Drift, sandbox: SandboxFactory) -> Sandbox:
    """A sandbox with drift; before.json was made before it, after.json after it."""
    live = sandbox()
    assert drift("check", EXAMPLE, "--api-url", live.url, "--output", "json=before.json").code == 0
    live.patch("acme", metadata={"name": "<!channel> *Other* & co\n::error::x"})
    assert drift("check", EXAMPLE, "--api-url", live.url, "--output", "json=after.json").code == 2
    return live


def hook(drift: Drift, url: str) -> Path:
    (drift.directory / "url").write_text(url + "\n")
    return Path("url")


@pytest.mark.usefixtures("live")
def test_drift_is_told_once_and_its_end_too(drift: Drift) -> None:
    with webhook() as service:
        url = ("--webhook-url-file", hook(drift, service.url))
        first = drift("notify", "after.json", "--since", "before.json", *url, key=None)
        again = drift("notify", "after.json", "--since", "after.json", *url, key=None)
        over = drift("notify", "before.json", "--since", "after.json", *url, key=None)

    assert [run.out for run in (first, again, over)] == [
        "sent (detected): Drift: 1 difference\n",
        "nothing new: nothing sent\n",
        "sent (recovered): In sync again\n",
    ]
    detected, recovered = (json.loads(sent.body) for sent in service.sent)
    assert (detected["version"], detected["occasion"], detected["findings"]) == (1, "detected", 1)
    (item,) = detected["appeared"]
    assert (item["group"], item["rule"], item["where"].rpartition("/")[2]) == ("acme", "name-changed", "acme.yaml:6:42")
    assert (recovered["occasion"], recovered["gone_count"]) == ("recovered", 1)


@pytest.mark.usefixtures("live")
def test_a_slack_message_is_text(drift: Drift) -> None:
    with webhook() as service:
        drift("notify", "after.json", "--since", "none.json", "--webhook-url-file", hook(drift, service.url), "--slack")

    text = json.loads(service.sent[0].body)["text"]
    assert "<" not in text
    assert "&lt;!channel&gt;" in text
    assert "\\n::error::x" in text
    assert " *Other*" not in text


@pytest.mark.usefixtures("live")
def test_a_service_that_stumbles_is_asked_again(drift: Drift) -> None:
    with webhook([503, 429, 200]) as service:
        run = drift("notify", "after.json", "--since", "before.json", "--webhook-url-file", hook(drift, service.url))

    assert (run.code, len(service.sent)) == (0, 3)


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(("statuses", "tries"), [([404], 1), ([302], 1), ([500], 4)])
def test_a_service_that_refuses_is_an_error_without_its_url(drift: Drift, statuses: list[int], tries: int) -> None:
    with webhook(statuses) as service:
        run = drift("notify", "after.json", "--since", "before.json", "--webhook-url-file", hook(drift, service.url))

    assert (run.code, run.out, len(service.sent)) == (1, "", tries)
    assert f"the webhook did not take what was sent: HTTP status {statuses[0]}" in run.err
    assert "T0K3N" not in run.err


@pytest.mark.parametrize("text", ["", "ftp://example.com/T0K3N", "http://example.com/T0K3N", "https://", "a\nb"])
def test_a_url_that_would_be_overheard_is_refused(drift: Drift, text: str) -> None:
    run = drift("notify", "after.json", "--since", "before.json", "--webhook-url-file", hook(drift, text))

    assert (run.code, run.out) == (4, "")
    assert "holds no https URL" in run.err
    assert "T0K3N" not in run.err


@pytest.mark.usefixtures("live")
def test_a_heartbeat_and_a_dry_run(drift: Drift) -> None:
    with webhook() as service:
        url = ("--webhook-url-file", hook(drift, service.url))
        dry = drift("notify", "after.json", "--since", "after.json", *url, "--heartbeat", "--dry-run")
        assert service.sent == []
        drift("notify", "after.json", "--since", "after.json", *url, "--heartbeat")

    assert json.loads(dry.out) == json.loads(service.sent[0].body)
    assert json.loads(dry.out)["summary"] == "Nothing new: the same 1 difference"


Answer: TypeAlias = Callable[[bytes], Iterator[bytes]]
SENDING = pytest.mark.parametrize("command", ["notify", "comment", "issue"])


def send(drift: Drift, command: str, url: str, env: dict[str, str] | None = None) -> Run:
    """Send what there is to say to a service, with a second of time."""
    (drift.directory / "report.json").write_text(render_report(full_report(), "json"))
    if command == "notify":
        more = ["--since", "none.json", "--webhook-url-file", str(hook(drift, f"{url}/T0K3N"))]
    else:
        more = ["--repo", "acme/limits", "--api-url", url, *(["--pr", "7"] if command == "comment" else [])]
    return drift(
        command, "report.json", *more, "--timeout", "1s", key=None, env={"GITHUB_TOKEN": "S3CR3T", **(env or {})}
    )


@SENDING
def test_headers_that_never_end_are_waited_for_no_longer_than_the_time(drift: Drift, command: str) -> None:
    with serving(dripping_headers, pause=0.05) as service:
        begun = time.monotonic()
        run = send(drift, command, service.url)

    assert time.monotonic() - begun < 10
    assert (run.code, run.out) == (1, "")
    assert "did not take what was sent: no answer within the 1 seconds" in run.err
    assert "hint: allow more with --timeout" in run.err


@pytest.mark.parametrize("answer", [dripping_body, endless_body, bomb])
@pytest.mark.parametrize("command", ["comment", "issue"])
def test_a_list_that_takes_too_long_or_too_much_is_an_error(drift: Drift, command: str, answer: Answer) -> None:
    with serving(answer, pause=0.02) as service:
        run = send(drift, command, service.url)

    assert (run.code, run.out) == (1, "")
    assert "GitHub did not take what was sent: " in run.err
    assert "unexpected" not in run.err
    assert {request.split()[0] for request in service.asked} == {b"GET"}


@SENDING
def test_what_is_sent_to_this_machine_goes_through_no_proxy(drift: Drift, command: str) -> None:
    with serving(lambda _: iter([plain(b"[]")])) as service, serving(lambda _: iter([plain(b"[]")])) as proxy:
        run = send(drift, command, service.url, {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url})

    assert (run.code, proxy.asked) == (0, [])
    assert service.asked


@SENDING
@pytest.mark.parametrize("env", [{"NO_PROXY": "[::1]"}, {"SSL_CERT_FILE": "/none.pem"}, {"ALL_PROXY": "socks5://x:1"}])
def test_an_environment_for_other_services_is_no_fault_on_this_machine(
    drift: Drift, command: str, env: dict[str, str]
) -> None:
    with serving(lambda _: iter([plain(b"[]")])) as service:
        assert send(drift, command, service.url, env).code == 0


@SENDING
@pytest.mark.parametrize("env", [{"SSL_CERT_FILE": "/none.pem"}, {"ALL_PROXY": "socks5://127.0.0.1:1"}])
def test_an_environment_that_cannot_be_used_is_named(drift: Drift, command: str, env: dict[str, str]) -> None:
    run = send(drift, command, "https://service.invalid", env)

    assert (run.code, run.out) == (4, "")
    assert "the proxy or the certificates of this environment cannot be used" in run.err
    assert "T0K3N" not in run.err
