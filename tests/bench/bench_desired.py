"""What reading desired files costs, as a ratio to ``yaml.load(CSafeLoader)`` alone.

Run: uv run python -m tests.bench.bench_desired [--heavy]

``--heavy`` adds 100,000 groups: minutes, and gigabytes for the loader.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from drift import load_desired
from tests.bench.measure import ROUNDS, Row, in_turns, middle, ratio, seconds, show
from tests.bench.workspace import PER_FILE, write


def loader_alone(directory: Path) -> None:
    """What a script does before it looks at anything."""
    for file in sorted(directory.iterdir()):
        yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)


def events_alone(directory: Path) -> None:
    """The least that any reader on top of PyYAML has to do: let libyaml parse, and drop what it says."""
    for file in sorted(directory.iterdir()):
        next_event = yaml.CSafeLoader(file.read_bytes()).get_event
        while next_event() is not None:
            pass


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows."""
    load_desired(["-"], stdin=lambda: b"version: 1\ngroups: [{id: warm}]")  # the imports are not the subject
    sizes = [(10_000, 1), (10_000, 10_000)]
    if heavy:
        sizes.append((100_000, 100_000 // PER_FILE))
    each: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for groups, files in sizes:
            directory = write(Path(name), groups, files)
            times = in_turns(
                {
                    "ours": lambda: seconds(lambda: load_desired([directory]), time.process_time),  # noqa: B023
                    "loader": lambda: seconds(lambda: loader_alone(directory), time.process_time),  # noqa: B023
                    "events": lambda: seconds(lambda: events_alone(directory), time.process_time),  # noqa: B023
                },
                ROUNDS if groups <= 10_000 else 1,
            )
            took = {who: middle(of) * 1e6 / groups for who, of in times.items()}
            each[groups] = min(took["ours"], each.get(groups, took["ours"]))
            faster = ratio(times["loader"], times["ours"])
            measured = f"{faster:.1f}x ({took['ours']:.0f} us a group; events alone {took['events']:.0f})"
            work = f"{groups:,} groups in {files:,} files read and validated"
            yield Row(work, ">= 3x CSafeLoader", measured, faster >= 3)
    if heavy:
        growth = each[100_000] / each[10_000]
        measured = f"{growth:.2f}x the time of 10,000 for each group"
        yield Row("desired files, linear to 100,000", "<= 1.2x", measured, growth <= 1.2)


if __name__ == "__main__":
    show(bench, __doc__)
