"""Taking times so that they can be compared: in turns, and as ratios within one run."""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
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


class Row(NamedTuple):
    """A line of the summary: a goal, and how it was met."""

    work: str
    goal: str
    measured: str
    met: bool

    def line(self) -> str:
        """The row in columns."""
        return f"{self.work:<58} {self.goal:<24} {self.measured:<44} {'' if self.met else 'missed'}".rstrip()


def command(*arguments: str | os.PathLike[str], unthrottled: bool = False) -> list[str]:
    """The command line of ``drift``; ``unthrottled`` sends requests as fast as they can be sent."""
    script = Path(sys.executable).with_name("drift")
    start = [sys.executable, "-m", "tests.bench.unthrottled"] if unthrottled else [os.fspath(script)]
    return [*start, *(os.fspath(argument) for argument in arguments)]


def process(argv: Sequence[str], says: str = "") -> Run:
    """Run a command to its end, and make sure of what it says: only right answers count.

    Whatever is set here, the command may keep its compiled modules, as it does wherever it is installed: compiling
    all of them anew is most of a small check.
    """
    environment = {**os.environ, "BASETEN_API_KEY": "bench-key"}  # noqa: TID251 - for the child
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(argv, stdout=output, stderr=output, env=environment)
        _, status, usage = os.wait4(child.pid, 0)  # subprocess does not tell what a child used
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode()
    if child.returncode not in _EXPECTED or says not in said:
        raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}, should say {says!r}: {said[-2000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(values)


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
        for name in list(works) if number % 2 == 0 else reversed(list(works)):
            found[name].append(works[name]())
    return found


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(one / other for one, other in zip(over, under, strict=True))


def wall(runs: Sequence[Run]) -> list[float]:
    """The wall times of some runs."""
    return [run.wall for run in runs]


def heavy(description: str | None) -> bool:
    """The command line of a benchmark: whether to take all rounds and sizes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heavy", action="store_true", help="all rounds and sizes: minutes, and gigabytes")
    return bool(parser.parse_args().heavy)


def show(bench: Callable[[bool], Iterator[Row]], description: str | None) -> None:
    """Print the rows of a benchmark as they are measured."""
    for row in bench(heavy(description)):
        print(row.line(), flush=True)
