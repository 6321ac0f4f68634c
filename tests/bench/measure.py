"""Taking times so that they can be compared: in turns, and as ratios within one run."""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

T = TypeVar("T")

ROUNDS = 5
_EXPECTED = (0, 2)
"""Exit codes of a check that worked."""


class Run(NamedTuple):
    """What one process took."""

    wall: float
    cpu: float
    memory: float
    """The most that it held, in MiB."""
    output: str


class Row(NamedTuple):
    """A line of the summary: a goal, and how it was met."""

    work: str
    goal: str
    measured: str
    met: bool


def command(*arguments: str | os.PathLike[str], unthrottled: bool = False) -> list[str]:
    """The command line of ``drift``; ``unthrottled`` sends requests as fast as they can be sent."""
    module = "tests.bench.unthrottled" if unthrottled else "drift"
    return [sys.executable, "-m", module, *map(os.fspath, arguments)]


def process(argv: Sequence[str]) -> Run:
    """Run a command to its end; its output is the last line that it printed."""
    environment = {**os.environ, "BASETEN_API_KEY": "bench-key"}  # noqa: TID251 - for the child
    start = time.perf_counter()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        assert child.stdout
        assert child.stderr
        output = child.stdout.read()
        complaint = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in _EXPECTED:
        raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}: {complaint.decode()[-2000:]}")
    last = output.decode().strip().rpartition("\n")[2]
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, last)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Time of one call, from a clean heap."""
    gc.collect()
    start = clock()
    work()
    return clock() - start


def in_turns(works: Mapping[str, Callable[[], T]], rounds: int = ROUNDS) -> dict[str, list[T]]:
    """Do each work so many times: ABC, CBA, ABC, ... so that what else the machine does meets all of them."""
    found: dict[str, list[T]] = {name: [] for name in works}
    for number in range(rounds):
        for name in list(works) if number % 2 == 0 else reversed(works):
            found[name].append(works[name]())
    return found


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(one / other for one, other in zip(over, under, strict=True))


def wall(runs: Sequence[Run]) -> list[float]:
    """The wall times of some runs."""
    return [run.wall for run in runs]


def table(rows: Sequence[Row]) -> str:
    """Rows under a heading, in columns."""
    lines = [("work", "goal", "measured", ""), *((r.work, r.goal, r.measured, "" if r.met else "missed") for r in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    padded = (
        "  ".join((*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3])) for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)
