"""Notices of scheduled checks: sent once, to a URL that nobody sees."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, Drift, Sandbox, SandboxFactory
from tests.e2e.webhooks import webhook


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
