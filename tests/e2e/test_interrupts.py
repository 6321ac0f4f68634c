"""Ctrl-C and SIGTERM at every stage of a run: a report of what was seen, and nothing half-done."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from drift.cli.console import catch_interrupts
from drift.render.json import schema
from tests.e2e.conftest import PATIENCE, Drift, Sandbox, SandboxFactory
from tests.e2e.faults import CHANGED, LIST, ONE, WORKSPACE, Mode

SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
ARGUMENTS = ("--timeout", "600s", "--output", "text", "--output", "json=report.json")


@contextmanager
def running(drift: Drift, url: str, mode: Mode) -> Iterator[subprocess.Popen[str]]:
    """A check under way, ended at the latest with the block."""
    (drift.directory / "groups.yaml").write_text(WORKSPACE)
    with subprocess.Popen(
        [sys.executable, "-m", "drift", "check", "groups.yaml", "--api-url", url, "--read", mode, *ARGUMENTS],
        cwd=drift.directory,
        env=drift.environment("sandbox-key"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupted(drift: Drift, process: subprocess.Popen[str], number: signal.Signals, code: int) -> set[str]:
    """Send the signal once; the external ids that the report calls in sync."""
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (code, "")
    assert f"exit code {code} (" in out
    assert {path.name for path in drift.directory.iterdir()} == {"groups.yaml", "report.json"}
    report = json.loads((drift.directory / "report.json").read_text())
    jsonschema.Draft202012Validator(schema()).validate(report)
    assert (report["verdict"], report["exit_code"], report["findings"]) == ("incomplete", code, [])
    assert {entry["cause"] for entry in report["unread"]} == {"interrupted"}
    return {entry["group"]["external_entity_id"] for entry in report["groups"] if entry["status"] == "in-sync"}


def until(arrived: Callable[[], bool]) -> None:
    """Wait for the run to get there."""
    patience = time.monotonic() + PATIENCE
    while not arrived():
        assert time.monotonic() < patience
        time.sleep(0.01)


class Stage(NamedTuple):
    """What holds a run up, and what it has read by then."""

    name: str
    fault: str
    mode: Mode
    requests: int
    """How many have arrived once it is held up."""
    in_sync: str = ""
    live: str = WORKSPACE


STAGES = [
    Stage("headers", "latency=600s", "list", 1),
    Stage("dripping-headers", "drip=100ms", "get", 5),
    Stage("body", "stall=600s:after=20", "list", 1),
    Stage("some-bodies", f"stall=600s:path={ONE}", "get", 5, "d e"),
    Stage("pause", "429:retry_after=50", "list", 1),
    Stage("pause-of-all", "429:retry_after=50", "get", 1),
    Stage("backoff", "503", "list", 2),
    Stage("second-page", f"stall=600s:path={LIST},from=2", "list", 2, "a b"),
    Stage("confirmation", f"stall=600s:path={ONE}", "list", 2, "a b d e", CHANGED),
]


@SIGNALS
@pytest.mark.parametrize("stage", STAGES, ids=[stage.name for stage in STAGES])
def test_the_report_says_what_was_seen(
    drift: Drift, sandbox: SandboxFactory, stage: Stage, number: signal.Signals, code: int
) -> None:
    seed = drift.directory / "groups.yaml"
    seed.write_text(stage.live)
    pages = ["pages=2"] if stage.name == "second-page" else []
    live: Sandbox = sandbox(seed, faults=[*pages, stage.fault])
    with running(drift, live.url, stage.mode) as process:
        until(lambda: len(live.targets()) >= stage.requests)
        # What arrived before it is under way to the client, and is read in no time.
        time.sleep(0.3)
        assert interrupted(drift, process, number, code) == {*stage.in_sync.split()}


@SIGNALS
def test_while_connecting(drift: Drift, number: signal.Signals, code: int) -> None:
    """The client has begun to speak TLS, and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with running(drift, url, "get") as process, silent.accept()[0] as connection:
            assert connection.recv(1)
            assert interrupted(drift, process, number, code) == set()


@pytest.mark.parametrize("again", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(drift: Drift, sandbox: SandboxFactory, again: signal.Signals) -> None:
    """Signals one after the other, as an impatient person sends them, never show a traceback or leave half a file."""
    seed = drift.directory / "groups.yaml"
    seed.write_text(WORKSPACE)
    live: Sandbox = sandbox(seed, faults=["latency=600s"])
    with running(drift, live.url, "get") as process:
        until(lambda: bool(live.targets()))
        process.send_signal(signal.SIGINT)
        while process.poll() is None:
            time.sleep(0.02)
            process.send_signal(again)
        out, err = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in out + err
    assert process.returncode == 130, "the first signal decides"
    assert_whole(drift.directory)


def assert_whole(directory: Path) -> None:
    """A report file is there as a whole, or not at all."""
    names = {path.name for path in directory.iterdir()}
    assert names <= {"groups.yaml", "report.json"}
    if "report.json" in names:
        assert json.loads((directory / "report.json").read_text())["verdict"] == "incomplete"


@SIGNALS
def test_a_signal_before_there_is_anything_to_stop_stops_it_as_soon_as_there_is(
    number: signal.Signals, code: int
) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    stopped: list[bool] = []
    try:
        with catch_interrupts() as interrupts:
            signal.raise_signal(number)
            interrupts.on_stop(lambda: stopped.append(True))
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)

    assert (stopped, interrupts.code()) == ([True], code)
