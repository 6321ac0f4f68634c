"""The key can write to production: it appears in no output, whatever happens."""

import logging
import re
from pathlib import Path

import pytest

from drift.gateway.key import ApiKey
from drift.gateway.source import GatewaySource
from tests.e2e.conftest import EXAMPLE, Drift, SandboxFactory

KEY = "prefix12.Zq8sEcReTkEyZq8"
HALF = "Zq8sEcReTkEyZq8"


@pytest.mark.parametrize(
    "fault",
    [
        "",
        "401",
        "403",
        "404",
        "500",
        "429:retry_after=1",
        "truncate",
        "drop",
        "html",
        "latency=10s",
    ],
)
def test_no_output_holds_the_key(drift: Drift, sandbox: SandboxFactory, fault: str) -> None:
    live = sandbox(faults=[fault] if fault else [])

    run = drift(
        *("check", EXAMPLE, "--api-url", live.url, "--timeout", "1500ms", "-v", "--output", "text"),
        *("--output", "json=report.json", "--output", "text=report.txt"),
        key=KEY,
    )

    written = "".join(path.read_text() for path in drift.directory.iterdir())
    assert run.code != 0
    assert not re.search(f"{re.escape(KEY)}|{HALF}", run.out + run.err + written)


def test_a_gateway_that_echoes_the_key_is_redacted(drift: Drift, sandbox: SandboxFactory) -> None:
    """Proxies do that: they answer with the headers that they did not like."""
    live = sandbox(faults=['400:body={"message": "bad header Bearer ' + KEY + '"}'])

    run = drift("check", EXAMPLE, "--api-url", live.url, "--output", "json", key=KEY)

    assert HALF not in run.out + run.err
    assert "bad header" in run.out


@pytest.mark.parametrize("content", ["", "\n", f"{KEY}\n{KEY}\n", f"{KEY} ", f"{KEY}\x00", f"{KEY}é"])
def test_a_bad_key_file_is_refused_without_showing_it(drift: Drift, tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)

    run = drift("check", EXAMPLE, "--api-key-file", "key", key=None)

    assert run.code == 4
    assert "key" in run.err
    assert HALF not in run.out + run.err


def test_a_bad_key_in_the_environment_is_refused_without_showing_it(drift: Drift) -> None:
    run = drift("check", EXAMPLE, key=f"{KEY}\nX")

    assert run.code == 4
    assert HALF not in run.out + run.err


def test_logging_at_any_level_holds_no_key(sandbox: SandboxFactory, caplog: pytest.LogCaptureFixture) -> None:
    """Libraries log request lines and headers when somebody turns their logging on."""
    live = sandbox()
    caplog.set_level(logging.NOTSET)
    with GatewaySource(live.url, ApiKey(KEY, origin="test")) as source:
        list(source.read([], unmanaged=True))

    assert "GET" in caplog.text, "something was logged at all"
    assert HALF not in caplog.text
