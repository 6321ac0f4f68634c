"""Fills a world with declared groups, as if they had been created one after the other."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from drift.errors import SettingsError
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
        if _key(group) in declared:
            raise _unusable(group, "it is declared twice")
        declared[_key(group)] = group
    pins = {group.id: key for key, group in declared.items() if group.id is not None}
    for group in tuple(declared.values()):
        parent_id = group.parent_group_id
        if parent_id is not UNSET and pins.setdefault(parent_id, parent_id) not in declared:
            declared[parent_id] = DesiredGroup(group.positions, id=parent_id)
    world.reserve(pins.keys())

    parents = _parents_first(declared, pins)
    modes: dict[str | None, str] = {}
    for key, parent in reversed(parents.items()):
        # A root that declares no mode has that of the groups below it.
        if (mode := declared[key].limit_enforcement) is not UNSET:
            modes[key] = mode
        if key in modes:
            modes[parent] = modes[key]
    ids: dict[str, str] = {}
    for key, parent in parents.items():
        group = declared[key]
        try:
            live = world.create(
                key,
                () if group.models is UNSET else api_models(group.models),
                name=None if group.name is UNSET else group.name,
                limit_enforcement=modes.get(key),
                parent_group_id=None if parent is None else ids[parent],
                id=group.id,
            )
        except Refused as refused:
            raise _unusable(group, refused.message) from None
        ids[key] = live.id


def _key(group: DesiredGroup) -> str:
    return group.external_entity_id or group.id or ""


def _parents_first(declared: Mapping[str, DesiredGroup], pins: Mapping[str, str]) -> dict[str, str | None]:
    """The key of each group's parent by its own, level by level."""
    waiting: dict[str, str | None] = {}
    for key, group in declared.items():
        by_key = None if group.parent is UNSET else group.parent
        waiting[key] = by_key if group.parent_group_id is UNSET else pins[group.parent_group_id]
    found: dict[str, str | None] = {}
    while waiting:
        level = {key: parent for key, parent in waiting.items() if parent is None or parent in found}
        if not level:
            key = next((key for key, parent in waiting.items() if parent not in declared), next(iter(waiting)))
            raise _unusable(declared[key], f"its parent {waiting[key]!r} is not declared, or is its own ancestor")
        found |= level
        waiting = {key: parent for key, parent in waiting.items() if key not in level}
    return found


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
