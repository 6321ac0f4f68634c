"""A world that is filled from declared groups."""

from datetime import UTC, datetime

import pytest
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from drift.errors import SettingsError
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.limits import LimitKey, Models
from drift.sandbox.seeding import seed
from drift.sandbox.world import World
from tests.worlds import live_groups

SLUG = "your-org/your-model"
TOKENS = LimitKey("rate_limits", "TOKEN", "MINUTE")


def declared(
    external_id: str | None,
    parent: str | UnsetType | None = UNSET,
    models: Models | UnsetType = UNSET,
    mode: str | UnsetType = UNSET,
    group_id: str | None = None,
    parent_id: str | UnsetType = UNSET,
    line: int = 1,
) -> DesiredGroup:
    """A group as the desired files declare it."""
    return DesiredGroup(
        Positions("groups.yaml", [(line, 3)] * 7),
        id=group_id,
        external_entity_id=external_id,
        parent=parent,
        parent_group_id=parent_id,
        models=models,
        limit_enforcement=mode,
    )


def seeded(*groups: DesiredGroup) -> dict[str, Group]:
    """The live groups by external id after seeding."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    seed(world, groups)
    return {group.external_entity_id: replace(group, effective_models=None) for group in live_groups(world)}


def refusal(*groups: DesiredGroup) -> str:
    """What seeding complains about."""
    with pytest.raises(SettingsError) as caught:
        seeded(*groups)
    return caught.value.message


def test_declared_parts_become_live() -> None:
    """Models, name and mode are taken as declared."""
    group = DesiredGroup(
        Positions("groups.yaml", [(1, 1)] * 7),
        external_entity_id="acme",
        name="Acme",
        limit_enforcement="CASCADING",
        parent=None,
        models={SLUG: {TOKENS: 5}},
    )
    assert seeded(group)["acme"] == Group(
        "grp1", "acme", "Acme", "CASCADING", None, {SLUG: {TOKENS: 5}}, "2026-05-13T12:00:00Z"
    )


def test_undeclared_parts_have_defaults() -> None:
    """What is not declared is empty: no name, no models, no parent."""
    group = seeded(declared("acme"))["acme"]
    assert (group.name, group.models, group.parent_group_id) == (None, {}, None)
    assert group.limit_enforcement == "INDEPENDENT"


def test_parents_come_first_in_any_order() -> None:
    """A child may be declared before its parent, and takes its mode."""
    live = seeded(declared("leaf", "mid"), declared("mid", "root"), declared("root", parent=None, mode="CASCADING"))
    assert live["leaf"].parent_group_id == live["mid"].id
    assert live["mid"].parent_group_id == live["root"].id
    assert {group.limit_enforcement for group in live.values()} == {"CASCADING"}


def test_a_root_without_a_mode_has_that_of_the_groups_below_it() -> None:
    groups = seeded(declared("acme"), declared("eu", "acme", mode="CASCADING"), declared("us", "acme"))

    assert {group.limit_enforcement for group in groups.values()} == {"CASCADING"}


def test_pins_are_honoured() -> None:
    """A pinned group has its pin, and no other group gets that id by chance."""
    live = seeded(declared("acme"), declared("other", group_id="grp1"))
    assert live["other"].id == "grp1"
    assert live["acme"].id == "grp2"


def test_group_that_is_known_by_its_pin_alone() -> None:
    """Without an external id the pin serves as one."""
    assert seeded(declared(None, group_id="abc"))["abc"].id == "abc"


def test_parent_by_internal_id() -> None:
    """parent_group_id leads to the group with that pin."""
    live = seeded(declared("child", parent_id="abc"), declared("root", group_id="abc"))
    assert live["child"].parent_group_id == "abc"
    assert set(live) == {"child", "root"}


def test_unmanaged_parent_is_invented_once() -> None:
    """A parent that is only known by its internal id is created without models, so that its children can be."""
    live = seeded(declared("a", parent_id="abc", mode="CASCADING"), declared("b", parent_id="abc"))
    assert live["abc"] == Group("abc", "abc", None, "CASCADING", None, {}, "2026-05-13T12:00:00Z")
    assert live["a"].parent_group_id == live["b"].parent_group_id == "abc"


def test_seeding_adds_to_a_world() -> None:
    """Groups that are there already stay."""
    world = World(clock=lambda: datetime(2026, 5, 13, 12, tzinfo=UTC))
    world.create("before")
    seed(world, [declared("after")])
    assert [group.metadata.external_entity_id for group in world.groups()] == ["before", "after"]


class TestRefusals:
    def test_names_file_and_line(self) -> None:
        """The message says where the group is declared and what is wrong with it."""
        message = refusal(declared("a", line=4), declared("b", parent="nope", line=9))
        assert message.startswith("groups.yaml:9:3: ")
        assert "'b'" in message
        assert "'nope' is not declared" in message

    def test_declared_twice(self) -> None:
        """One external id is one group."""
        assert "declared twice" in refusal(declared("a"), declared("a"))

    def test_cycle(self) -> None:
        """Groups that are each other's ancestors cannot be created in any order."""
        assert "is its own ancestor" in refusal(declared("below", "a"), declared("a", "b"), declared("b", "a"))

    def test_pin_used_twice(self) -> None:
        """An internal id belongs to one group."""
        assert "already exists" in refusal(declared("a", group_id="x"), declared("b", group_id="x"))

    def test_mixed_modes(self) -> None:
        """A tree has one mode."""
        groups = (declared("a", None, mode="CASCADING"), declared("b", "a", mode="INDEPENDENT"))
        assert "limit_enforcement" in refusal(*groups)

    def test_six_levels(self) -> None:
        """Five levels are the limit."""
        groups = [declared(str(level), str(level - 1) if level else None) for level in range(6)]
        assert "5 levels" in refusal(*groups)

    def test_child_above_its_pool(self) -> None:
        """A declared cascading violation is refused as the API refuses it."""
        root = declared("root", None, {SLUG: {TOKENS: 1}}, "CASCADING")
        child = declared("child", "root", {SLUG: {TOKENS: 2}}, "CASCADING")
        assert "Child group exceeds parent group limit." in refusal(root, child)
