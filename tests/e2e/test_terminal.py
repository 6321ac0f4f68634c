"""What the command does on a terminal: progress on stderr, colour and wrapping on stdout, and neither in a pipe."""

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, PATIENCE, Drift, SandboxFactory

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def terminal(columns: int) -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: the one to read, the one to give to a command."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        os.close(theirs)


def everything(ours: int, process: subprocess.Popen[bytes]) -> str:
    """What a command wrote to the terminal, once it has ended."""
    found = b""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        ended = process.poll() is not None
        if select.select([ours], [], [], 0.1)[0]:
            found += os.read(ours, 65_536)
        elif ended:
            break
    return found.decode()


def on_terminal(
    drift: Drift, *arguments: str | Path, columns: int, stream: str, term: str = "xterm-256color"
) -> tuple[str, str]:
    """What the stream shows on a terminal, and what the other stream sends down a pipe."""
    with terminal(columns) as (ours, theirs), (drift.directory / "other").open("w+b") as other:
        process = subprocess.Popen(
            [sys.executable, "-m", "drift", *map(str, arguments)],
            cwd=drift.directory,
            env=drift.environment("sandbox-key", {"TERM": term}),
            stdout=theirs if stream == "stdout" else other,
            stderr=theirs if stream == "stderr" else other,
        )
        shown = everything(ours, process)
        other.seek(0)
        return shown, other.read().decode()


@pytest.mark.parametrize("columns", [80, 160])
def test_a_slow_check_shows_how_far_it_is_how_fast_and_how_long_it_will_take(
    drift: Drift, sandbox: SandboxFactory, columns: int
) -> None:
    live = sandbox(faults=["latency=500ms"])
    arguments = ("check", EXAMPLE, "--api-url", live.url, "--read", "get", "--concurrency", "1")

    shown, report = on_terminal(drift, *arguments, columns=columns, stream="stderr")

    frames = [re.sub(r"\x1b\[[0-9?;]*[A-Za-z]", "", frame).rstrip() for frame in shown.split("\r")]
    assert any(re.search(r"^reading and comparing .* [1-8]/8 \d+/s left \d:\d\d:\d\d$", frame) for frame in frames)
    assert max(map(len, frames)) <= columns
    assert frames[-2:] == ["", ""], "nothing is left of it"
    assert "\x1b" not in report
    assert report.startswith("in-sync: nothing differs")


def test_without_a_known_end_it_says_only_how_far_it_is_and_how_fast(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox(faults=["latency=2s"])

    shown, _ = on_terminal(drift, "snapshot", "x.json", "--api-url", live.url, columns=80, stream="stderr")

    frames = {frame.rstrip() for frame in shown.split("\r")} - {""}
    assert "reading and comparing 0" in frames
    neither_total_nor_time_left = re.compile(r"reading and comparing \d(?: \d+/s)?")
    assert all(map(neither_total_nor_time_left.fullmatch, frames))


@pytest.mark.parametrize("option", ["--quiet", None])
def test_a_quick_or_quiet_check_shows_no_progress(drift: Drift, sandbox: SandboxFactory, option: str | None) -> None:
    live = sandbox(faults=["latency=500ms"] if option else [])
    options = [option] if option else []

    shown, _ = on_terminal(drift, "check", EXAMPLE, "--api-url", live.url, *options, columns=80, stream="stderr")

    assert "reading" not in shown


def test_no_progress_goes_into_a_pipe(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox(faults=["latency=500ms"])

    run = drift("check", EXAMPLE, "--api-url", live.url, "--read", "get", "--concurrency", "1")

    assert run.err == ""


@pytest.fixture
def report(drift: Drift, sandbox: SandboxFactory) -> str:
    live = sandbox()
    live.patch("acme", metadata={"name": "Other \x1b[31m"})
    live.delete("initech-lab")
    drift("check", EXAMPLE, "--api-url", live.url, "--output", "json=report.json")
    return "report.json"


@pytest.mark.parametrize("columns", [48, 80, 160])
def test_the_report_is_wrapped_and_coloured_on_a_terminal(drift: Drift, report: str, columns: int) -> None:
    shown, _ = on_terminal(drift, "render", report, columns=columns, stream="stdout")

    lines = [COLOUR.sub("", line) for line in shown.splitlines()]
    assert max(map(len, lines)) <= columns
    assert COLOUR.search(shown)
    assert "\x1b" not in "".join(lines)
    piped = drift("render", report).out
    assert "".join("".join(lines).split()) == "".join(piped.split())
    assert "\x1b" not in piped


def test_colour_can_be_demanded_in_a_pipe_and_refused_on_a_terminal(drift: Drift, report: str) -> None:
    always = drift("render", report, "--color", "always").out
    never, _ = on_terminal(drift, "render", report, "--color", "never", columns=200, stream="stdout")

    assert COLOUR.sub("", always) == drift("render", report).out
    assert COLOUR.search(always)
    assert "\x1b" not in never
