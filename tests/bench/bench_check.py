"""Comparing one group, against DeepDiff with ``ignore_order`` on the raw lists.

Run: uv run python -m tests.bench.bench_check
"""

from collections.abc import Iterator, Sequence

from deepdiff import DeepDiff

from drift.checker.group import compare
from drift.gateway.wire import decode_group
from drift.model.groups import DesiredGroup, Group
from tests.bench.measure import Row, in_turns, middle, ratio, seconds, show
from tests.bench.workspace import Customer, answer, customer
from tests.builders import declared

GROUPS = 100


def pair(number: int, change: int) -> tuple[DesiredGroup, Group]:
    """A group as declared and as live, both in the form that is compared; one limit may have changed."""
    live = decode_group(answer(number, in_sync=True), "bench")
    models = {slug: dict(limits) for slug, limits in live.models.items()}
    limits = next(iter(models.values()))
    key = next(iter(limits))
    limits[key] += change
    return declared(live.external_entity_id, id=live.id, name=live.name, models=models), live


def raw(group: Customer, change: int) -> tuple[object, object]:
    """The same as lists of dictionaries, in different orders."""
    kinds = ("rate_limits", "usage_limits")
    models = [
        {"slug": model["slug"], **{kind: [dict(limit) for limit in model.get(kind, ())] for kind in kinds}}
        for model in group.models
    ]
    next(limit for kind in kinds for limit in models[0][kind])["threshold"] += change
    return models, group.live_models


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows; nothing here is heavy."""
    del heavy
    numbers = range(GROUPS)
    for work, change, goal in (("unchanged group", 0, 150), ("group with one change", 1, 3)):
        ours: Sequence[tuple[DesiredGroup, Group]] = [pair(number, change) for number in numbers]
        theirs = [raw(customer(number, in_sync=True), change) for number in numbers]
        assert all(bool(compare(*one)) == bool(change) for one in ours)
        times = in_turns(
            {
                "ours": lambda: seconds(lambda: [compare(*one) for one in ours]),  # noqa: B023
                "theirs": lambda: seconds(lambda: [DeepDiff(*one, ignore_order=True) for one in theirs]),  # noqa: B023
            }
        )
        faster = ratio(times["theirs"], times["ours"])
        took = {who: middle(of) * 1e6 / GROUPS for who, of in times.items()}
        measured = f"{faster:,.0f}x ({took['ours']:.1f} us, DeepDiff {took['theirs']:,.0f} us)"
        yield Row(f"{work}, against DeepDiff on the raw lists", f">= {goal}x", measured, faster >= goal)


if __name__ == "__main__":
    show(bench, __doc__)
