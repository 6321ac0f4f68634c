"""The sandbox against the vendor's published OpenAPI document."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from drift.sandbox.wire import GROUPS_PATH as GROUPS
from drift.sandbox.world import World

Judge: TypeAlias = Callable[[str, str, Literal["request", "response"], object], list[str]]

GROUP = f"{GROUPS}/{{group_id}}"
SLUG = "your-org/your-model"

limits = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["TOKEN", "REQUEST", "BANANA"]),
        "unit": st.sampled_from(["SECOND", "MINUTE", "DAY"]),
        "threshold": st.sampled_from([0, 1, 10**20, -1, 1.5, "5", True, None]),
    }
)
model_sets = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "slug": st.sampled_from([SLUG, "b/b", 5]),
            "rate_limits": st.lists(limits, max_size=2),
            "usage_limits": st.lists(limits, max_size=1),
        },
    ),
    max_size=2,
)
names = st.none() | st.sampled_from(["", "Acme", "x" * 255, "x" * 256, 5])
creates = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "external_entity_id": st.sampled_from(["", "a", "b", "x" * 255, "x" * 256, None]),
                "name": names,
            },
        ),
        "models": model_sets | st.none(),
        "hierarchy": st.fixed_dictionaries(
            {},
            optional={
                "limit_enforcement": st.sampled_from([None, "CASCADING", "INDEPENDENT", "SHARED"]),
                "parent_group_id": st.sampled_from([None, "grp1", 5]),
            },
        ),
    },
)
updates = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.none() | st.fixed_dictionaries({}, optional={"name": names}),
        "models": st.none() | model_sets,
    },
)
# The judge is the same value in every example.
unhurried = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)


@pytest.fixture
def world() -> World:
    """An empty workspace."""
    return World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))


def accepted(world: World, method: str, target: str, payload: object = UNSET) -> dict[str, Any]:
    """The body of an answer that has to be a 200."""
    response = world.ask(method, target, payload)
    assert response.status == 200, response.body
    body: dict[str, Any] = msgspec.json.decode(response.body)
    return body


def tree(world: World, mode: str) -> list[str]:
    """Internal ids of a root and its child, with limits of both kinds and an empty name."""
    limit = {"type": "TOKEN", "unit": "MINUTE", "threshold": 10}
    daily = {"type": "REQUEST", "unit": "DAY", "threshold": 0}
    root = {
        "metadata": {"external_entity_id": "root", "name": ""},
        "models": [{"slug": SLUG, "rate_limits": [limit], "usage_limits": [daily]}, {"slug": "bare/model"}],
        "hierarchy": {"limit_enforcement": mode},
    }
    root_id = accepted(world, "POST", GROUPS, root)["id"]
    child = {
        "metadata": {"external_entity_id": "child"},
        "models": [{"slug": SLUG, "rate_limits": [{**limit, "threshold": 5}]}],
        "hierarchy": {"parent_group_id": root_id},
    }
    return [root_id, accepted(world, "POST", GROUPS, child)["id"]]


@pytest.mark.parametrize("mode", ["INDEPENDENT", "CASCADING"])
def test_groups_are_as_published(world: World, judge: Judge, mode: str) -> None:
    """A group as get, create and update answer it fits the schema; its time has a zone."""
    for group_id in tree(world, mode):
        group = accepted(world, "GET", f"{GROUPS}/{group_id}")
        assert judge(GROUP, "GET", "response", group) == []
        assert datetime.fromisoformat(group["created_at"]).utcoffset() == timedelta(0)
        updated = accepted(world, "PATCH", f"{GROUPS}/{group_id}", {"models": []})
        assert judge(GROUP, "PATCH", "response", updated) == []


def test_pages_are_as_published(world: World, judge: Judge) -> None:
    """Empty, middle, last and filtered pages fit the schema."""
    assert judge(GROUPS, "GET", "response", accepted(world, "GET", GROUPS)) == []
    tree(world, "CASCADING")
    page = accepted(world, "GET", f"{GROUPS}?limit=1")
    assert page["pagination"]["has_more"]
    rest = accepted(world, "GET", f"{GROUPS}?limit=1&cursor={page['pagination']['cursor']}")
    found = accepted(world, "GET", f"{GROUPS}?external_entity_id=child")
    for answer in (page, rest, found):
        assert len(answer["items"]) == 1
        assert judge(GROUPS, "GET", "response", answer) == []


@unhurried
@given(creates)
def test_create_refuses_what_is_not_published(judge: Judge, payload: dict[str, object]) -> None:
    """Whatever breaks the published schema is 400; whatever is accepted fits it, and so does the answer."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    response = world.ask("POST", GROUPS, payload)
    if judge(GROUPS, "POST", "request", payload):
        assert response.status == 400
    if response.status == 200:
        assert judge(GROUPS, "POST", "response", response.json()) == []


@unhurried
@given(updates)
def test_update_refuses_what_is_not_published(judge: Judge, payload: dict[str, object]) -> None:
    """The same for updates."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    group_id = tree(world, "INDEPENDENT")[0]
    response = world.ask("PATCH", f"{GROUPS}/{group_id}", payload)
    if judge(GROUP, "PATCH", "request", payload):
        assert response.status == 400
    if response.status == 200:
        assert judge(GROUP, "PATCH", "response", response.json()) == []


def test_published_operations_on_groups_are_served(world: World, document: dict[str, Any]) -> None:
    """Every published operation on groups themselves exists; those on their API keys are left out."""
    group_id = tree(world, "INDEPENDENT")[0]
    for path, operations in document["paths"].items():
        for method in {"get", "post", "patch", "put", "delete"} & set(operations):
            if path.startswith(GROUPS) and "api_keys" not in path:
                status = world.ask(method.upper(), path.replace("{group_id}", group_id)).status
                assert status in (200, 400), f"{method} {path}"
