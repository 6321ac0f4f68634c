"""How long comparing and starting take: ratios inside one run, since machines differ.

Run: uv run python -m tests.bench.bench_check
"""

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

from deepdiff import DeepDiff

from drift.compare import compare
from drift.model import DesiredGroup, Group, LimitKey, Models
from tests.builders import declared, live

ROUNDS = 5
GROUPS = 1000
DEEPDIFF_GROUPS = 20


def models(number: int) -> Models:
    """Four models with two limits each, as a customer of some size has."""
    return {
        f"org-{number % 75}/model-{index}": {
            LimitKey("rate_limits", "TOKEN", "MINUTE"): 1000 * (number + index + 1),
            LimitKey("usage_limits", "TOKEN", "DAY"): 1_000_000 * (index + 1),
        }
        for index in range(4)
    }


def raw(group: Group) -> list[dict[str, object]]:
    """The models as the API lists them."""
    return [
        {
            "slug": slug,
            "rate_limits": [{"type": key.type, "unit": key.unit, "threshold": limits[key]} for key in limits],
        }
        for slug, limits in group.models.items()
    ]


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def bench_compare() -> None:
    """Our comparison against DeepDiff with ignore_order on the raw lists, equal and with one change."""
    for title, change in (("in sync", 0), ("one change", 1)):
        pairs: list[tuple[DesiredGroup, Group]] = []
        for number in range(GROUPS):
            of_live = {slug: dict(limits) for slug, limits in models(number).items()}
            first = next(iter(of_live))
            of_live[first] = {key: threshold + change for key, threshold in of_live[first].items()}
            pairs.append((declared(models=models(number)), live(models=of_live)))
        lists = [(raw(live(models=models(n))), raw(pairs[n][1])) for n in range(DEEPDIFF_GROUPS)]
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(seconds(lambda: [compare(*pair) for pair in pairs]) / GROUPS)  # noqa: B023 - called at once
            theirs.append(
                seconds(lambda: [DeepDiff(a, b, ignore_order=True) for a, b in lists]) / DEEPDIFF_GROUPS  # noqa: B023
            )
        ratio = median(their / our for our, their in zip(ours, theirs, strict=True))
        print(f"compare, {title:<10}  {median(ours) * 1e6:8.1f} us a group   {ratio:6.0f}x DeepDiff on the raw lists")


def bench_start() -> None:
    """Whole processes against an interpreter that does nothing."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "drift --version": [sys.executable, "-m", "drift", "--version"],
        "drift validate desired": [sys.executable, "-m", "drift", "validate", "desired"],
        "drift demo": [sys.executable, "-m", "drift", "demo"],
    }

    def run(argv: list[str]) -> float:
        return seconds(lambda: subprocess.run(argv, check=True, capture_output=True))

    rounds = [{name: run(argv) for name, argv in commands.items()} for _ in range(2 * ROUNDS + 1)]
    for name in commands:
        ratio = median(times[name] / times["python -c pass"] for times in rounds)
        print(f"{name:<24}  {median(times[name] for times in rounds) * 1e3:8.1f} ms   {ratio:6.1f}x python -c pass")


if __name__ == "__main__":
    bench_compare()
    bench_start()
