"""Whether time and memory stay in proportion: whole checks by list of ever more groups, at no delay.

Run: uv run python -m tests.bench.bench_scale [--heavy]

By default 1,000 and 10,000 groups; ``--heavy`` adds 100,000 and 1,000,000, which takes a quarter of an hour, two
gigabytes of memory and one of disk.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import ROUNDS, Row, Run, command, middle, process, show
from tests.bench.server import Stats, serving
from tests.bench.workspace import PER_FILE, drifted, write


def check(groups: int, rounds: int) -> tuple[list[Run], Stats]:
    """Runs of a check, and what the server saw of the last one."""
    with tempfile.TemporaryDirectory() as name, serving(groups) as server:
        desired = write(Path(name), groups, -(-groups // PER_FILE))
        runs = []
        for _ in range(rounds):
            server.stats()
            argv = command("check", desired, "--api-url", server.url, "--timeout", "1h")
            runs.append(process(argv, f"{drifted(groups):,} drifted" if groups > 1 else ""))
        return runs, server.stats()


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows."""
    started, _ = check(1, ROUNDS)
    start = middle(run.cpu for run in started)
    first = 0.0
    sizes = (1_000, 10_000, 100_000, 1_000_000) if heavy else (1_000, 10_000)
    for groups in sizes:
        runs, stats = check(groups, ROUNDS if groups <= 10_000 else 1)
        each = (middle(run.cpu for run in runs) - start) * 1e6 / groups
        first = first or each
        memory = middle(run.memory for run in runs)
        measured = f"{each / first:.2f}x ({each:.0f} us of CPU; {memory:,.0f} MiB; {stats.requests:,} requests)"
        work = f"check of {groups:,} groups: time a group after start-up"
        yield Row(work, "within 20 % of 1,000", measured, 0.8 <= each / first <= 1.2)


if __name__ == "__main__":
    show(bench, __doc__)
