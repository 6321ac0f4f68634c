"""Every benchmark in turn: what is promised about speed and memory, and what was measured.

Run: uv run python -m tests.bench [--heavy]

A few minutes; ``--heavy`` takes all rounds and sizes and over an hour. Only the ratios mean something on another
machine. Nothing fails here: a goal that is missed is marked.
"""

import subprocess
import sys

from tests.bench.measure import heavy

BENCHMARKS = ("processes", "gateway", "desired", "check", "hierarchy", "scale", "render", "export")


def main() -> None:
    """Each in a process of its own, so that none finds the heap of another."""
    options = ["--heavy"] * heavy(__doc__)
    for name in BENCHMARKS:
        subprocess.run([sys.executable, "-m", f"tests.bench.bench_{name}", *options], check=True)


if __name__ == "__main__":
    main()
