"""What adopting a workspace takes beside checking it: export, check, and export again, which must change nothing.

Run: uv run python -m tests.bench.bench_export [--heavy]

10,000 groups in one file; ``--heavy`` adds the layout with a file for each.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Row, command, process, show
from tests.bench.server import serving

GROUPS = 10_000
_MOST = 10


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows."""
    with serving(GROUPS, in_sync=True) as server:
        for layout in ("single", "per-group") if heavy else ("single",):
            with tempfile.TemporaryDirectory() as name:
                target = Path(name, "desired")
                at = ("--api-url", server.url)
                export = command("export", target, "--layout", layout, "--profiles", *at)
                first = process(export, f"{GROUPS:,} groups declared")
                check = process(command("check", target, "--unmanaged", *at), f"{GROUPS:,} in sync, 0 drifted")
                again = process(export, "nothing to write")
                times = first.cpu / check.cpu
                measured = f"{times:.1f}x ({first.wall:.1f} s; check {check.wall:.1f} s; again {again.wall:.1f} s)"
                yield Row(f"export of {GROUPS:,} groups, {layout}", f"<= {_MOST}x a check", measured, times <= _MOST)


if __name__ == "__main__":
    show(bench, __doc__)
