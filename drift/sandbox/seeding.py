"""Fills a world with declared groups, as if they had been created one after the other."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from drift.errors import SettingsError
from drift.model.forest import desired_forest, desired_key
from drift.model.groups import DesiredGroup
from drift.model.limits import Models
from drift.sandbox.wire import Refused
from drift.sandbox.world import World


def seed(world: World, groups: Iterable[DesiredGroup]) -> None:
    """Create ``groups`` in ``world``, parents first, so that a check of the same files is in sync.

    Pinned ids are honoured. What is not declared is left at its default: no name, no models, no parent, the
    parent's mode. A group that has only an id bears it as external id too. A parent that is given by internal
    id and not declared is invented, without models, as the root that it then must be.

    Raises ``SettingsError``, naming file and line, where the API would not accept the group; groups created
    before it stay.
    """
    declared: dict[str, DesiredGroup] = {}
    for group in groups:
        if desired_key(group) in declared:
            raise _unusable(group, "it is declared twice")
        declared[desired_key(group)] = group
    pins = {group.id for group in declared.values() if group.id is not None}
    for group in tuple(declared.values()):
        if (parent_id := group.parent_group_id) is not UNSET and parent_id not in pins:
            pins.add(parent_id)
            declared[parent_id] = DesiredGroup(group.positions, id=parent_id)
    world.reserve(pins)

    forest = desired_forest(declared.values())
    if astray := [*forest.missing_parents, *(key for key in forest.nodes if forest.depth(key) is None)]:
        parent = forest.nodes[astray[0]].parent
        raise _unusable(declared[astray[0]], f"its parent {parent!r} is not declared, or is its own ancestor")
    ids: dict[str | None, str] = {}
    for key in sorted(forest.nodes, key=lambda key: forest.depth(key) or 0):
        node, group = forest.nodes[key], declared[key]
        try:
            live = world.create(
                key,
                api_models(node.models),
                name=None if group.name is UNSET else group.name,
                limit_enforcement=node.limit_enforcement,
                parent_group_id=ids.get(node.parent),
                id=group.id,
            )
        except Refused as refused:
            raise _unusable(group, refused.message) from None
        ids[key] = live.id


def api_models(models: Models) -> list[Mapping[str, object]]:
    """Models as the API writes them."""
    configs: list[Mapping[str, object]] = []
    for slug, limits in models.items():
        lists: dict[str, list[object]] = {"rate_limits": [], "usage_limits": []}
        for key, threshold in limits.items():
            lists[key.kind].append({"type": key.type, "unit": key.unit, "threshold": threshold})
        configs.append({"slug": slug, **lists})
    return configs


def _unusable(group: DesiredGroup, reason: str) -> SettingsError:
    return SettingsError(
        f"{group.positions.field('group')}: the sandbox cannot be given group {group.ref.label!r}: {reason}",
        hint="run `drift validate` on the files: the API would refuse this group too",
    )
