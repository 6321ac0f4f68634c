"""What holds for the world whatever it is asked."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from drift.model.effective import cascading_violations
from drift.model.forest import live_forest
from drift.model.groups import Group
from drift.model.limits import Models
from drift.sandbox.seeding import api_models
from drift.sandbox.wire import GROUPS_PATH as GROUPS
from drift.sandbox.wire import GroupV1, HttpRequest, Refused
from drift.sandbox.world import DEFAULT_KEY, World
from tests.builders import TPD, TPM, TPS, live, predict
from tests.examples import examples
from tests.worlds import live_groups


def empty_world() -> World:
    """A workspace without groups."""
    return World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC), foreign=["elsewhere"])


rate_limits = st.dictionaries(
    st.sampled_from(["TOKEN", "REQUEST"]),
    st.tuples(st.sampled_from(["SECOND", "MINUTE"]), st.integers(0, 4)),
).map(
    lambda limits: [
        {"type": limit_type, "unit": unit, "threshold": threshold} for limit_type, (unit, threshold) in limits.items()
    ]
)
usage_limits = st.dictionaries(st.sampled_from(["TOKEN", "REQUEST"]), st.integers(0, 4)).map(
    lambda limits: [
        {"type": limit_type, "unit": "DAY", "threshold": threshold} for limit_type, threshold in limits.items()
    ]
)
model_sets = st.lists(
    st.fixed_dictionaries(
        {"slug": st.sampled_from(["a/one", "a/two"])},
        optional={"rate_limits": st.none() | rate_limits, "usage_limits": st.none() | usage_limits},
    ),
    max_size=2,
)
ids = st.sampled_from([*(f"grp{number}" for number in range(1, 7)), "elsewhere", "nope"])
creates = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"external_entity_id": st.sampled_from("abcdefgh")},
            optional={"name": st.none() | st.text(max_size=3)},
        ),
        "models": model_sets,
        "hierarchy": st.fixed_dictionaries(
            {},
            optional={
                "limit_enforcement": st.sampled_from([None, "CASCADING", "INDEPENDENT"]),
                "parent_group_id": st.none() | ids,
            },
        ),
    }
).map(lambda body: ("POST", GROUPS, body))
updates = st.tuples(
    st.just("PATCH"),
    ids.map(lambda group_id: f"{GROUPS}/{group_id}"),
    st.fixed_dictionaries(
        {},
        optional={
            "models": st.none() | model_sets,
            "metadata": st.none() | st.fixed_dictionaries({}, optional={"name": st.none() | st.text()}),
        },
    ),
)
deletes = ids.map(lambda group_id: ("DELETE", f"{GROUPS}/{group_id}", None))
writes = st.lists(st.one_of(creates, creates, creates, updates, updates, deletes), max_size=12)


def played(script: list[tuple[str, str, object]]) -> World:
    """A world after these writes, whether accepted or not."""
    world = empty_world()
    for method, target, payload in script:
        assert world.ask(method, target, payload).status in (200, 400, 403, 404)
    return world


def read(world: World, target: str) -> dict[str, Any]:
    """The body of a 200."""
    response = world.ask("GET", target)
    assert response.status == 200
    value: dict[str, Any] = msgspec.json.decode(response.body)
    return value


def line_of(group: GroupV1, groups: dict[str, GroupV1]) -> list[GroupV1]:
    """The group and its ancestors; raises ``KeyError`` where one is missing."""
    above = group.hierarchy.parent_group_id
    return [group] if above is None else [group, *line_of(groups[above], groups)]


@given(writes)
def test_rules_hold_after_any_writes(script: list[tuple[str, str, object]]) -> None:
    """Every reachable forest is sound, has one mode a tree and five levels at most."""
    groups = {group.id: group for group in played(script).groups()}
    assert len({group.metadata.external_entity_id for group in groups.values()}) == len(groups)
    for group in groups.values():
        line = line_of(group, groups)
        assert len(line) <= 5
        assert len({one.hierarchy.limit_enforcement for one in line}) == 1


thresholds = st.integers(0, 2)
limits = st.fixed_dictionaries({}, optional={TPM: thresholds, TPD: thresholds}) | st.fixed_dictionaries(
    {TPS: thresholds}
)
models = st.fixed_dictionaries({}, optional={"a/one": limits, "a/two": limits})
scripts = st.lists(st.tuples(st.integers(0, 5), models), max_size=12)
LOW: Models = {"a/one": {TPM: 1}}
HIGH: Models = {"a/one": {TPM: 2}}
NOTHING: Models = {}


@examples(4)
@given(st.sampled_from(["INDEPENDENT", "CASCADING"]), scripts)
@example("CASCADING", [(5, LOW), (0, NOTHING), (0, HIGH)])  # above an ancestor, though the parent sets nothing
@example("CASCADING", [(5, HIGH), (0, HIGH), *[(5, NOTHING)] * 4, (0, LOW)])  # an ancestor goes below its child
def test_gateway_and_checker_agree_though_they_share_no_rule(mode: str, script: list[tuple[int, Models]]) -> None:
    """Groups are created below each other, and then changed, until the script ends.

    After each write the gateway reports the effective limits that the checker predicts, and it refuses exactly
    the writes in which the checker sees a violation.
    """
    world = empty_world()
    for number, (other, wanted) in enumerate(script):
        before = {group.id: group for group in live_groups(world)}
        known = list(before.values())[:6]
        if len(known) < 6:
            parent = known[-1 - other] if other < len(known) else None
            asked = live(
                f"g{number}", models=wanted, parent_group_id=parent.id if parent else None, limit_enforcement=mode
            )
            accepted = created(world, asked)
        else:
            asked = replace(known[other], models=wanted)
            accepted = world.ask("PATCH", f"{GROUPS}/{asked.id}", {"models": api_models(wanted)}).status == 200
        forest = live_forest([*(before | {asked.id: asked}).values()])
        too_deep = len(forest.chain(asked.id).nodes) > 5
        assert accepted == (not too_deep and not list(cascading_violations(forest)))
        if not accepted:
            forest = live_forest(before.values())
        for group in live_groups(world):
            assert group.effective_models == predict(forest, group.id)


def created(world: World, group: Group) -> bool:
    """Whether the gateway accepts the group; its internal id is the given one."""
    try:
        world.create(
            group.external_entity_id,
            api_models(group.models),
            limit_enforcement=group.limit_enforcement,
            parent_group_id=group.parent_group_id,
            id=group.id,
        )
    except Refused:
        return False
    return True


@given(writes)
def test_get_and_list_agree(script: list[tuple[str, str, object]]) -> None:
    """A group looks the same alone, in a page, and when it is found by its external id."""
    world = played(script)
    for item in read(world, f"{GROUPS}?limit=1000")["items"]:
        assert item == read(world, f"{GROUPS}/{item['id']}")
        external_id = item["metadata"]["external_entity_id"]
        assert read(world, f"{GROUPS}?external_entity_id={external_id}")["items"] == [item]


@given(writes)
def test_update_with_what_was_read_changes_nothing(script: list[tuple[str, str, object]]) -> None:
    """PATCH with the body of GET is accepted and answers that body."""
    world = played(script)
    for group in world.groups():
        body = read(world, f"{GROUPS}/{group.id}")
        answer = world.ask("PATCH", f"{GROUPS}/{group.id}", body)
        assert msgspec.json.decode(answer.body) == body
        assert read(world, f"{GROUPS}/{group.id}") == body


@given(writes)
def test_effective_models_of_a_root_are_its_own(script: list[tuple[str, str, object]]) -> None:
    """A root's effective_models are its models with itself as the source."""
    for item in read(played(script), f"{GROUPS}?limit=1000")["items"]:
        if item["hierarchy"]["parent_group_id"] is None:
            for model in item["models"]:
                for limit in (*model["rate_limits"], *model["usage_limits"]):
                    limit["source_group"] = item["id"]
            assert item["effective_models"] == item["models"]


@given(writes, st.integers(1, 4))
def test_pages_are_the_list_in_pieces(script: list[tuple[str, str, object]], size: int) -> None:
    """Any page size gives the same groups in the same order, each once."""
    world = played(script)
    page = read(world, f"{GROUPS}?limit={size}")
    items = page["items"]
    while page["pagination"]["has_more"]:
        page = read(world, f"{GROUPS}?limit={size}&cursor={page['pagination']['cursor']}")
        assert 1 <= len(page["items"]) <= size
        items += page["items"]
    assert items == read(world, f"{GROUPS}?limit=1000")["items"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@examples(3)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "", "get"]),
    st.sampled_from([GROUPS, f"{GROUPS}/grp1", f"{GROUPS}/grp1/usage", ""]) | st.text(),
    st.text()
    | st.builds(
        "{}={}".format,
        st.sampled_from(["limit", "cursor", "external_entity_id"]),
        st.text() | st.binary().map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)),
    ),
    st.binary() | json_values.map(msgspec.json.encode) | creates.map(lambda call: msgspec.json.encode(call[2])),
)
def test_every_request_has_an_answer(method: str, path: str, query: str, body: bytes) -> None:
    """Whatever arrives is answered with a documented status and a JSON object."""
    world = empty_world()
    world.ask("POST", GROUPS, {"metadata": {"external_entity_id": "a"}, "models": [{"slug": "a/one"}]})
    headers = {"authorization": f"Bearer {DEFAULT_KEY}"}
    response = world.handle(HttpRequest(method, path, query, headers, body))
    assert response.status in (200, 400, 403, 404, 405)
    assert isinstance(response.json(), dict)
