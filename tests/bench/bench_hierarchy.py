"""What trees cost: predicting effective limits, and the rules for desired files that look at trees.

    uv run python -m tests.bench.bench_hierarchy [--heavy]

Trees of five levels with four children each, every other one CASCADING; three models a group, one of them by a
profile. Times are CPU times; the share is of reading the same groups from files without those rules. ``--heavy``
takes more rounds.
"""

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import process_time

from drift import load_desired
from drift.desired.tree_rules import tree_problems
from drift.desired.trees import Trees
from drift.model.collector import cyclic_collection_paused
from drift.model.declaration import Declaration, Key
from drift.model.effective import applying
from drift.model.forest import Forest
from drift.model.groups import DesiredGroup
from tests.bench.measure import Row, in_turns, seconds, show

CHILDREN = 4
TREE = 1 + 4 + 16 + 64 + 256
SIZES = (10_000, 100_000)
MOST_SHARE = 25
MOST_GROWTH = 2
"""Per group, for ten times as many; ten times the memory costs something too."""


def level(place: int) -> int:
    """How far a place in a tree is from the root, which is 0; places are counted level by level."""
    steps = 0
    while place:
        place = (place - 1) // CHILDREN
        steps += 1
    return steps


def group(number: int, chance: random.Random) -> str:
    """One entry of ``groups``. Limits fall from level to level, so that a CASCADING tree is sound."""
    tree, place = divmod(number, TREE)
    if place:
        above = f"parent: g{tree * TREE + (place - 1) // CHILDREN}"
    else:
        above = f"limit_enforcement: {'CASCADING' if tree % 2 else 'INDEPENDENT'}"
    depth = level(place)
    lines = [
        f"- metadata: {{external_entity_id: g{number}, name: Group {number}}}",
        f"  hierarchy: {{{above}}}",
        "  models:",
        f"  - {{slug: org/small, profile: level-{depth}}}",
    ]
    for slug in ("org/large", "org/embed"):
        step = (9 - depth) * 1_000_000 - chance.randrange(1_000) * 1_000
        lines += [
            f"  - slug: {slug}",
            "    rate_limits:",
            f"    - {{type: TOKEN, unit: MINUTE, threshold: {step}}}",
            f"    - {{type: REQUEST, unit: MINUTE, threshold: {600 - depth}}}",
            "    usage_limits:",
            f"    - {{type: TOKEN, unit: DAY, threshold: {step * 100}}}",
        ]
    return "\n".join(lines) + "\n"


def write(directory: Path, groups: int) -> Path:
    """A file for each ten thousand groups, below a new directory."""
    chance = random.Random(groups)  # noqa: S311 - the same files every time
    target = directory / str(groups)
    target.mkdir()
    profiles = "".join(
        f"  level-{depth}: {{rate_limits: [{{type: TOKEN, unit: MINUTE, threshold: {9_000 - depth}}}]}}\n"
        for depth in range(5)
    )
    (target / "profiles.yaml").write_text(f"version: 1\nprofiles:\n{profiles}", encoding="utf-8")
    for start in range(0, groups, 10_000):
        text = "".join(group(number, chance) for number in range(start, min(groups, start + 10_000)))
        (target / f"{start:06d}.yaml").write_text(f"version: 1\ngroups:\n{text}", encoding="utf-8")
    return target


def predictions(forest: Forest[Key]) -> None:
    """The limits in effect on all groups, each forgotten at once."""
    for key in forest.nodes:
        chain = forest.chain(key).nodes
        for slug in chain[0].models:
            applying(chain, slug)


def rules(groups: Sequence[DesiredGroup]) -> None:
    """The trees are sound, and there is nothing to tell."""
    assert not list(tree_problems(Trees(groups)))


def paused(work: Callable[[], object]) -> float:
    """CPU time without cyclic garbage collection, which reading pauses too."""
    with cyclic_collection_paused():
        return seconds(work, process_time)


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows."""
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in SIZES:
            directory = write(Path(name), size)
            groups = load_desired([directory]).groups
            forest = Declaration(groups).forest
            times = in_turns(
                {
                    "forest": lambda: paused(lambda: Declaration(groups).forest),  # noqa: B023
                    "prediction": lambda: paused(lambda: predictions(forest)),  # noqa: B023
                    "rules": lambda: paused(lambda: rules(groups)),  # noqa: B023
                    "reading": lambda: paused(lambda: load_desired([directory])),  # noqa: B023
                },
                5 if heavy else 3 if size <= SIZES[0] else 1,
            )
            took = {what: median(of) * 1e6 / size for what, of in times.items()}
            for what in ("forest", "prediction", "rules"):
                growth = took[what] / before.get(what, took[what])
                work = f"{what}, {size:,} groups in trees of five levels"
                measured = f"{took[what]:.1f} us a group, {growth:.2f}x"
                yield Row(work, f"linear: <= {MOST_GROWTH}x", measured, growth <= MOST_GROWTH)
            share = 100 * took["rules"] / (took["reading"] - took["rules"])
            measured = f"{share:.0f} % of {took['reading'] - took['rules']:.0f} us a group"
            yield Row(
                f"rules beside reading, {size:,} groups", f"<= {MOST_SHARE} % more", measured, share <= MOST_SHARE
            )
            before = took


if __name__ == "__main__":
    show(bench, __doc__)
