"""Following a plan step by step is never refused, and ends where the files want it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from drift.checker.check import check
from drift.model.effective import cascading_violations
from drift.model.forest import Forest, Node
from drift.model.groups import DesiredGroup
from drift.model.limits import UNITS, LimitKey, Models
from drift.plan import Plan, Seen, draw_up
from drift.report.report import Report
from drift.sandbox.seeding import seed
from drift.sandbox.wire import GROUPS_PATH
from drift.sandbox.world import World
from drift.snapshot import Snapshot, SnapshotSource
from tests.builders import RPM, TPD, TPM, TPS, declared
from tests.examples import examples
from tests.worlds import live_groups

SLUGS = ["a/one", "a/two"]
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [f"g{number}" for number in range(9)]

limits = st.dictionaries(st.sampled_from([TPM, TPS, RPM, TPD]), st.integers(0, 6), max_size=3).filter(
    lambda drawn: not (TPM in drawn and TPS in drawn)
)
models: st.SearchStrategy[Models] = st.dictionaries(st.sampled_from(SLUGS), limits, max_size=2)
dense: st.SearchStrategy[Models] = st.fixed_dictionaries(
    {SLUGS[0]: st.fixed_dictionaries({TPM: st.integers(1, 6), RPM: st.integers(1, 6)})}
)


@st.composite
def forests(draw: st.DrawFn) -> list[Node[str]]:
    """Sound trees of at most five levels, whose limits are no rule's yet."""
    mode = draw(st.sampled_from(["INDEPENDENT", "CASCADING"]))
    nodes: list[Node[str]] = []
    levels: dict[str | None, int] = {None: 0}
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        parent = draw(st.sampled_from([above for above, level in levels.items() if level < 5]))
        levels[name] = levels[parent] + 1
        nodes.append(Node(name, parent, mode, {}))
    return nodes


def lawful(nodes: list[Node[str]], drawn: list[Models]) -> list[Node[str]]:
    """The forest with these models, thresholds cut down to what the ancestors allow."""
    placed: dict[str, Node[str]] = {}
    for node, wanted in zip(nodes, drawn, strict=True):
        above = []
        at = node.parent
        while at is not None:
            above.append(placed[at])
            at = placed[at].parent

        def ceiling(slug: str, key: LimitKey, threshold: int, above: list[Node[str]] = above) -> int:
            return min([threshold, *(one.models[slug][key] for one in above if key in one.models.get(slug, {}))])

        fitting = wanted
        if node.limit_enforcement == "CASCADING":
            fitting = {
                slug: {key: ceiling(slug, key, threshold) for key, threshold in of_slug.items()}
                for slug, of_slug in wanted.items()
            }
        placed[node.key] = replace(node, models=fitting)
    assert not list(cascading_violations(Forest(placed.values())))
    return list(placed.values())


@st.composite
def drifts(draw: st.DrawFn) -> tuple[list[Node[str]], list[Node[str]]]:
    """The same trees with the limits that are live and those that are declared."""
    shape = draw(forests())
    # Where all groups set the same limits, raising one and lowering another most often needs two steps.
    of_group = draw(st.sampled_from([models, dense]))
    some = st.lists(of_group, min_size=len(shape), max_size=len(shape))
    return lawful(shape, draw(some)), lawful(shape, draw(some))


def world_of(nodes: list[Node[str]]) -> World:
    world = World(clock=lambda: WHEN)
    seed(world, declarations(nodes, set(), set(), set()))
    return world


def declarations(nodes: list[Node[str]], rename: set[str], listed: set[str], unset: set[str]) -> list[DesiredGroup]:
    return [
        declared(
            node.key,
            name=f"new {node.key}" if node.key in rename else node.key,
            models=UNSET if node.key in unset else dict(node.models),
            parent=node.parent,
            limit_enforcement=node.limit_enforcement,
            manage="listed" if node.key in listed else "exact",
        )
        for node in nodes
    ]


def plan_for(desired: list[DesiredGroup], world: World) -> Plan:
    live = {group.external_entity_id: group for group in live_groups(world)}
    found = {at: live[name] for at, one in enumerate(desired) if (name := one.external_entity_id or "") in live}
    missing = frozenset(range(len(desired))) - found.keys()
    known = {group.id for group in found.values()}
    unmanaged = [group for group in live.values() if group.id not in known]
    return draw_up(
        desired,
        Seen(found, missing, unmanaged),
        checked(desired, world),
        api_url="http://127.0.0.1",
        read_at=WHEN,
        url_of=lambda id_: f"{GROUPS_PATH}/{quote(id_, safe='')}",
        large=True,
    )


def follow(plan: Plan, world: World) -> None:
    """Send every step, after a look at whether the group is as the step expects."""
    for step in plan.steps:
        got = world.ask("GET", step.url)
        assert keyed(msgspec.json.decode(got.body)) == keyed(msgspec.to_builtins(step.before))
        answer = world.ask("PATCH", step.url, step.body)
        assert answer.status == 200, answer.body
        assert keyed(msgspec.json.decode(answer.body)) == keyed(msgspec.to_builtins(step.after))


def keyed(group: Any) -> object:  # noqa: ANN401 - JSON
    group["models"] = sorted(
        (
            model["slug"],
            sorted(map(str, model["rate_limits"])),
            sorted(map(str, model["usage_limits"])),
        )
        for model in group["models"]
    )
    return {name: group[name] for name in ("id", "metadata", "hierarchy", "models")}


def checked(desired: list[DesiredGroup], world: World) -> Report:
    source = SnapshotSource(
        Snapshot("x", "2026-01-01T00:00:00Z", tuple(live_groups(world))), "world", may_hold_none=True
    )
    return check(desired, source, now=lambda: WHEN, api_url="x")


@examples(3)
@given(drifts(), st.data())
def test_every_step_is_accepted_and_the_last_leaves_everything_in_sync(
    sides: tuple[list[Node[str]], list[Node[str]]], data: st.DataObject
) -> None:
    live, wanted = sides
    world = world_of(live)
    rename = data.draw(st.sets(st.sampled_from(NAMES), max_size=3))
    desired = declarations(wanted, rename, set(), set())
    plan = plan_for(desired, world)

    follow(plan, world)

    assert not plan.by_hand
    assert checked(desired, world).exit_code == 0
    assert plan_for(desired, world).exit_code == 0
    assert (plan.exit_code == 0) == (not plan.steps)
    assert max([0, *(sum(step.url == other.url for other in plan.steps) for step in plan.steps)]) <= 2


@examples(3)
@given(drifts(), st.data())
def test_what_nobody_declares_is_kept_and_what_it_forbids_is_told(
    sides: tuple[list[Node[str]], list[Node[str]]], data: st.DataObject
) -> None:
    """Undeclared groups and models stay, and may make a goal impossible: then the group is named, never sent."""
    live, wanted = sides
    world = world_of(live)
    some = st.sets(st.sampled_from(NAMES), max_size=3)
    absent, listed = data.draw(some), data.draw(some)
    every = declarations(wanted, set(), listed, data.draw(some))
    desired = [group for group in every if group.external_entity_id not in absent]
    before = {group.external_entity_id: group for group in live_groups(world)}
    plan = plan_for(desired, world)

    follow(plan, world)

    by_hand = {entry.group.external_entity_id for entry in plan.by_hand}
    drifted = {
        entry.group.external_entity_id for entry in checked(desired, world).groups if entry.status.value != "in-sync"
    }
    assert drifted <= by_hand
    for group in live_groups(world):
        old = before[group.external_entity_id]
        if group.external_entity_id in absent:
            assert replace(group, effective_models=old.effective_models) == old
        if group.external_entity_id in listed and group.external_entity_id not in by_hand:
            assert group.models.keys() >= old.models.keys()


@examples(2)
@given(drifts())
def test_on_the_way_no_model_is_given_that_neither_side_has(sides: tuple[list[Node[str]], list[Node[str]]]) -> None:
    """Half of a way gives nothing: every limit in between is one of either side, and so is every model."""
    live, wanted = sides
    world = world_of(live)
    old = {node.key: node.models for node in live}
    new = {node.key: node.models for node in wanted}
    for step in plan_for(declarations(wanted, set(), set(), set()), world).steps:
        name = step.group.external_entity_id or ""
        for model in step.after.models:
            slug = str(model["slug"])
            assert slug in new[name]
            sides_of = [side.get(slug, {}) for side in (old[name], new[name])]
            for kind in UNITS:
                for limit in msgspec.convert(model[kind], list[dict[str, str | int]]):
                    assert limit["threshold"] in {
                        threshold for side in sides_of for key, threshold in side.items() if key.type == limit["type"]
                    }
