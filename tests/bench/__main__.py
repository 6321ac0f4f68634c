"""Every benchmark in turn: what is promised about speed and memory, and what was measured.

Run: uv run python -m tests.bench [--heavy]

A few minutes; ``--heavy`` takes all rounds and sizes and over an hour. Only the ratios mean something on another
machine. Nothing fails here: a goal that is missed is marked.
"""

from collections.abc import Iterator

from tests.bench import bench_check, bench_desired, bench_gateway, bench_processes, bench_scale
from tests.bench.measure import Row, show


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows of all benchmarks."""
    for module in (bench_processes, bench_gateway, bench_desired, bench_check, bench_scale):
        yield from module.bench(heavy)


if __name__ == "__main__":
    show(bench, __doc__)
