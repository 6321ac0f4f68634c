"""Whole processes, from the command line to the exit code, against the script that anybody would write first.

Run: uv run python -m tests.bench.bench_processes [--heavy]

The script takes a minute for 1,000 groups, so it runs once beside five runs of ours; ``--heavy`` takes turns
five times, and compares memory at 10,000 groups instead of 2,000.
"""

import math
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import ROUNDS, Row, Run, command, in_turns, middle, process, ratio, show, wall
from tests.bench.server import serving
from tests.bench.workspace import drifted, write

GROUPS = 1000
DELAY = 0.05
CONCURRENCY = 32


def script(url: str, desired: Path, groups: int) -> Run:
    """The obvious script."""
    files = map(os.fspath, sorted(desired.iterdir()))
    return process([sys.executable, "-m", "tests.bench.obvious", url, *files], f"{drifted(groups)} of {groups} groups")


def check(url: str, desired: Path, groups: int, *options: str, unthrottled: bool = False) -> Run:
    """The same with this program."""
    argv = command("check", desired, "--api-url", url, *options, unthrottled=unthrottled)
    return process(argv, f"{drifted(groups):,} drifted" if groups > 1 else "")


def bench_start(directory: Path) -> Iterator[Row]:
    """Starting, and a check of a single group."""
    desired = write(directory, 1)
    with serving(1) as server:
        runs = in_turns(
            {
                "python": lambda: process([sys.executable, "-c", "pass"]),
                "version": lambda: process(command("--version")),
                "check": lambda: check(server.url, desired, 1),
                "script": lambda: script(server.url, desired, 1),
            },
            2 * ROUNDS + 1,
        )
    took = {name: middle(wall(of)) * 1e3 for name, of in runs.items()}
    over = ratio(wall(runs["version"]), wall(runs["python"]))
    yield Row(
        "drift --version, against python -c pass", "<= 2.5x", f"{over:.1f}x ({took['version']:.0f} ms)", over <= 2.5
    )
    faster = ratio(wall(runs["script"]), wall(runs["check"]))
    times = f"{took['check']:.0f} ms, script {took['script']:.0f} ms"
    yield Row("check of one group, against the script", ">= 8x", f"{faster:.1f}x ({times})", faster >= 8)


def bench_check(directory: Path, *, heavy: bool) -> Iterator[Row]:
    """1,000 groups over a network of 50 ms, by list and by get."""
    desired = write(directory, GROUPS)
    with serving(GROUPS, delay=DELAY) as server:
        ours = {
            "list": lambda: check(server.url, desired, GROUPS),
            "get": lambda: check(
                server.url, desired, GROUPS, "--read=get", f"--concurrency={CONCURRENCY}", unthrottled=True
            ),
        }
        if heavy:
            runs = in_turns({**ours, "script": lambda: script(server.url, desired, GROUPS)})
        else:
            once = script(server.url, desired, GROUPS)
            runs = {**in_turns(ours), "script": [once] * ROUNDS}
    for name, goal in (("list", 150), ("get", 30)):
        faster = ratio(wall(runs["script"]), wall(runs[name]))
        times = f"{middle(wall(runs[name])):.2f} s, script {middle(wall(runs['script'])):.1f} s"
        work = f"{GROUPS:,} groups at 50 ms by {name}, against the script"
        yield Row(work, f">= {goal}x", f"{faster:.0f}x ({times})", faster >= goal)
    floor = math.ceil(GROUPS / CONCURRENCY) * DELAY
    over = middle(wall(runs["get"])) / floor
    yield Row(f"wall of the gets, against {floor:.1f} s of waiting", "<= 1.15x", f"{over:.2f}x", over <= 1.15)


def bench_memory(directory: Path, *, heavy: bool) -> Iterator[Row]:
    """The most memory held."""
    groups = 10_000 if heavy else 2_000
    desired = write(directory, groups)
    with serving(groups) as server:
        theirs = script(server.url, desired, groups).memory
        ours = middle(check(server.url, desired, groups).memory for _ in range(ROUNDS))
    share = ours / theirs
    measured = f"1/{1 / share:.1f} ({ours:.0f} MiB, script {theirs:.0f} MiB)"
    goal = "<= 1/8" if heavy else "<= 1/8 at 10,000"
    yield Row(f"peak memory at {groups:,} groups, against the script", goal, measured, share <= 1 / 8)


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        yield from bench_start(directory)
        yield from bench_memory(directory, heavy=heavy)
        yield from bench_check(directory, heavy=heavy)


if __name__ == "__main__":
    show(bench, __doc__)
