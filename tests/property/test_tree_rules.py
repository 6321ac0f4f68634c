"""The rules about trees, judged by what a gateway does when the same groups are created."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import assume, event, given
from hypothesis import strategies as st

from drift.desired.tree_rules import tree_problems
from drift.desired.trees import Trees
from drift.errors import Level, Location
from drift.model.declaration import Declaration
from drift.model.groups import DesiredGroup
from drift.model.limits import LimitKey
from drift.sandbox.wire import GROUPS_PATH
from drift.sandbox.world import World
from tests.builders import declared, named, predict

SLUGS = ["o/one", "o/two"]
LIMITS = [
    LimitKey("rate_limits", "TOKEN", "SECOND"),
    LimitKey("rate_limits", "TOKEN", "MINUTE"),
    LimitKey("usage_limits", "TOKEN", "DAY"),
]
PER_DAY = {"SECOND": 24 * 60 * 60, "MINUTE": 24 * 60, "DAY": 1}

thresholds = st.sampled_from([1, 2, 59, 61, 1439, 1441, 86_399, 86_401, 10**6])
rates = st.none() | st.tuples(st.sampled_from(LIMITS[:2]), thresholds)
days = st.none() | st.tuples(st.just(LIMITS[2]), thresholds)
limits = st.tuples(rates, days).map(lambda found: dict(filter(None, found)))
models = st.dictionaries(st.sampled_from(SLUGS), limits, min_size=1, max_size=2)


@st.composite
def forests(draw: st.DrawFn, strays: int = 1) -> list[DesiredGroup]:
    """Trees that are often deep and seldom of two modes; each group comes after its parent."""
    found: list[DesiredGroup] = []
    for number in range(draw(st.integers(1, 9))):
        above = draw(st.sampled_from([None, *found, *[found[-1]] * 8])) if found else None
        mode = above.limit_enforcement if above else draw(st.sampled_from(["CASCADING", "INDEPENDENT"]))
        if strays and draw(st.integers(0, 30)) == 0:
            mode = "CASCADING" if mode == "INDEPENDENT" else "INDEPENDENT"
        parent = above.external_entity_id if above else None
        found.append(
            declared(f"g{number}", parent=parent, limit_enforcement=mode, models=draw(models), line=100 * number + 1)
        )
    return found


def create(world: World, group: DesiredGroup) -> int:
    """The status with which the gateway answers."""
    parent = world.find(group.parent) if isinstance(group.parent, str) else None
    assert isinstance(group.models, Mapping)
    body = {
        "metadata": {"external_entity_id": group.external_entity_id},
        "hierarchy": {
            "limit_enforcement": group.limit_enforcement,
            "parent_group_id": parent.id if parent else None,
        },
        "models": [
            {
                "slug": slug,
                **{
                    kind: [
                        {"type": limit.type, "unit": limit.unit, "threshold": threshold}
                        for limit, threshold in of_slug.items()
                        if limit.kind == kind
                    ]
                    for kind in ("rate_limits", "usage_limits")
                },
            }
            for slug, of_slug in group.models.items()
        ],
    }
    return world.ask("POST", GROUPS_PATH, body).status


@given(forests())
def test_what_is_an_error_here_is_refused_there(groups: list[DesiredGroup]) -> None:
    world = World(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    first_refusal = next((status for status in (create(world, group) for group in groups) if status != 200), None)
    errors = {problem.rule for problem in tree_problems(Trees(groups)) if problem.level is Level.ERROR}
    event(f"errors: {sorted(errors)}")
    assert errors <= {"V13", "V15", "V16"}
    assert first_refusal == (400 if errors else None)


@given(forests())
def test_the_order_of_the_groups_changes_nothing(groups: list[DesiredGroup]) -> None:
    def told(groups: list[DesiredGroup]) -> set[tuple[str, Location]]:
        # V13 takes the first child's word where the top has no mode; V18 stands at the first child.
        return {(found.rule, found.location) for found in tree_problems(Trees(groups)) if found.rule != "V18"}

    assert told(groups) == told(groups[::-1])


def clashes(groups: list[DesiredGroup]) -> set[tuple[str, Location]]:
    """Every limit of every group beside every other one that applies to it, by the words of the rules."""
    forest = named(Declaration(groups))
    told: set[tuple[str, Location]] = set()
    for group in groups:
        key = str(group.external_entity_id)
        for slug, applied in predict(forest, key).items():
            a_minute = {
                limit: n * PER_DAY[limit.unit] // (24 * 60) for limit, n in applied.items() if limit.unit != "DAY"
            }
            for limit, threshold in applied.items():
                if limit.source_group != key:
                    continue
                at = group.positions.limit(forest.nodes[key].models, slug, LimitKey(*limit[:3]))
                if limit.unit == "DAY":
                    if any(threshold > rate * 24 * 60 for rate in a_minute.values()):
                        told.add(("V31", at))
                    if a_minute and all(threshold < rate for rate in a_minute.values()):
                        told.add(("V32", at))
                    continue
                if any(
                    (limit.unit == "SECOND" and other.unit == "MINUTE" and threshold > n)
                    or (limit.unit == "MINUTE" and other.unit == "SECOND" and threshold > 60 * n)
                    for other, n in applied.items()
                ):
                    told.add(("V30", at))
                daily = [n for other, n in applied.items() if other.unit == "DAY" and other.source_group != key]
                own_day = any(other.unit == "DAY" and other.source_group == key for other in applied)
                if daily and not own_day and a_minute[limit] == min(a_minute.values()) > min(daily):
                    told.add(("V32", at))
    return told


@given(forests(strays=0))
def test_warnings_about_limits_are_those_that_the_words_of_the_rules_give(groups: list[DesiredGroup]) -> None:
    found = list(tree_problems(Trees(groups)))
    assume(all(problem.level is Level.WARNING for problem in found))
    told = {(problem.rule, problem.location) for problem in found if problem.rule in {"V30", "V31", "V32"}}
    event(f"rules: {sorted({rule for rule, _ in told})}")
    assert told == clashes(groups)
