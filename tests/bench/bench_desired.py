"""What reading desired files costs, as a ratio to ``yaml.load(CSafeLoader)`` alone in the same run.

    uv run python tests/bench/bench_desired.py [--large]

Files are written to a temporary directory first. The two sides alternate, so that whatever else the machine does
meets both; shown are medians of five rounds of CPU time. ``--large`` adds 100,000 groups in four files
(minutes, and gigabytes for the loader).
"""

import argparse
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from drift.desired import load_desired

ROUNDS = 5
SLUGS = [f"org-{n % 7}/model-{n}" for n in range(40)]
TIERS = [250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000]


def group(number: int, chance: random.Random) -> str:
    """About 900 bytes: one to six models with one or two rate limits and a usage limit, all written out."""
    lines = [
        "- metadata:",
        f"    external_entity_id: cust-{number:06d}",
        f"    name: Customer {number}",
        "  hierarchy:",
        "    limit_enforcement: INDEPENDENT",
        "  models:",
    ]
    for slug in chance.sample(SLUGS, chance.randint(1, 6)):
        lines += [f"  - slug: {slug}", "    rate_limits:"]
        for limit_type in chance.sample(["TOKEN", "REQUEST"], chance.randint(1, 2)):
            lines += [
                f"    - type: {limit_type}",
                f"      unit: {chance.choice(['SECOND', 'MINUTE'])}",
                f"      threshold: {chance.choice(TIERS) * 100}",
            ]
        lines += ["    usage_limits:", "    - type: TOKEN", "      unit: DAY"]
        lines += [f"      threshold: {chance.randrange(1, 2000) * 50_000}"]
    return "\n".join(lines) + "\n"


def write(directory: Path, groups: int, files: int) -> Path:
    """Groups spread evenly over files, below a new directory."""
    chance = random.Random(groups)  # noqa: S311 - the same files every time
    target = directory / f"{groups}-groups-in-{files}"
    target.mkdir()
    each = groups // files
    for index in range(files):
        text = "".join(group(number, chance) for number in range(index * each, (index + 1) * each))
        (target / f"{index:05d}.yaml").write_text(f"version: 1\ngroups:\n{text}", encoding="utf-8")
    return target


def loader_alone(directory: Path) -> None:
    """What a script does before it looks at anything."""
    for file in sorted(directory.iterdir()):
        yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)


def seconds(work: Callable[[], object]) -> float:
    """CPU time of one call, from a clean heap."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(directory: Path, rounds: int) -> tuple[float, float]:
    """Medians of the loader alone and of load_desired, alternated."""
    pairs = [
        (seconds(lambda: loader_alone(directory)), seconds(lambda: load_desired([directory]))) for _ in range(rounds)
    ]
    alone, ours = zip(*pairs, strict=True)
    return statistics.median(alone), statistics.median(ours)


def table(directory: Path, *, large: bool) -> Iterator[str]:
    """One line for each size, as soon as it is measured."""
    yield f"{'groups':>8} {'files':>6} {'CSafeLoader':>12} {'load_desired':>13} {'ratio':>6}   (us of CPU per group)"
    sizes = [(1_000, 1), (10_000, 1), (1_000, 1_000), (10_000, 10_000)]
    for groups, files in [*sizes, (100_000, 4)] if large else sizes:
        alone, ours = measure(write(directory, groups, files), ROUNDS if groups <= 10_000 else 1)
        per = 1e6 / groups
        yield f"{groups:>8,} {files:>6,} {alone * per:>12.0f} {ours * per:>13.0f} {alone / ours:>5.1f}x"


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--large", action="store_true", help="also 100,000 groups in four files, one round")
    options = arguments.parse_args()
    load_desired(["-"], stdin=lambda: b"version: 1\ngroups: [{id: warm}]")  # the imports are not the subject
    with tempfile.TemporaryDirectory() as directory:
        for line in table(Path(directory), large=options.large):
            print(line, flush=True)


if __name__ == "__main__":
    main()
