"""Fills a world with declared groups, as if they had been created one after the other."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from drift.errors import SettingsError
from drift.model.forest import Node, desired_forest, desired_key
from drift.model.groups import DesiredGroup, Group
from drift.sandbox.messages import Refused
from drift.sandbox.store import NewGroup
from drift.sandbox.world import World


def seed(world: World, groups: Iterable[DesiredGroup]) -> None:
    """Create ``groups`` in ``world``, parents first, so that a check of the same files is in sync.

    Pinned ids are honoured. What is not declared is left at its default: no name, no models, no parent, the
    parent's mode. A group that has only an id bears it as external id too. A parent that is given by internal
    id and not declared is invented, without models, as the root that it then must be.

    Raises ``SettingsError``, naming file and line, where the API would not accept the group; groups created
    before it stay.
    """
    by_key: dict[str, DesiredGroup] = {}
    for group in groups:
        if desired_key(group) in by_key:
            raise _unusable(group, "it is declared twice")
        by_key[desired_key(group)] = group
    tree = desired_forest(by_key.values())
    order = tuple(tree.downward())
    if len(order) < len(by_key):
        cycle = tree.cycles[0]
        raise _unusable(by_key[cycle[0]], f"it is its own ancestor: {' -> '.join((*cycle, cycle[0]))}")

    pins = {group.id for group in by_key.values() if group.id is not None}
    world.reserve(pins | set(tree.missing_parents.values()))
    created: dict[str, Group] = {}
    for key in order:
        group = by_key[key]
        try:
            if key in tree.missing_parents and tree.missing_parents[key] not in created:
                _invent_parent(world, group, created)
            created[key] = world.create(_new(group, tree.nodes[key], created))
        except Refused as refused:
            raise _unusable(group, refused.message) from None


def _invent_parent(world: World, child: DesiredGroup, created: dict[str, Group]) -> None:
    if child.parent_group_id is UNSET:
        raise Refused(404, f"its parent {child.parent!r} is not declared")
    mode = None if child.limit_enforcement is UNSET else child.limit_enforcement
    parent = child.parent_group_id
    created[parent] = world.create(NewGroup(parent, {}, limit_enforcement=mode, id=parent))


def _new(group: DesiredGroup, node: Node[str], created: Mapping[str, Group]) -> NewGroup:
    declared = None if group.limit_enforcement is UNSET else group.limit_enforcement
    return NewGroup(
        external_entity_id=desired_key(group),
        models={} if group.models is UNSET else group.models,
        name=None if group.name is UNSET else group.name,
        # A root that declares no mode has that of the groups below it; a child its parent's.
        limit_enforcement=node.limit_enforcement if node.parent is None else declared,
        parent_group_id=None if node.parent is None else created[node.parent].id,
        id=group.id,
    )


def _unusable(group: DesiredGroup, reason: str) -> SettingsError:
    return SettingsError(
        f"{group.positions.field('group')}: the sandbox cannot be given group {group.ref.label!r}: {reason}",
        hint="run `drift validate` on the files: the API would refuse this group too",
    )
