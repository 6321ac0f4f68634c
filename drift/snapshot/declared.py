"""A snapshot in the place of the desired files: what was live then is what is declared."""

from msgspec import UNSET, structs

from drift.errors import SettingsError
from drift.model.groups import DesiredGroup, Group, Positions
from drift.snapshot.document import Snapshot, repeated_external_ids

_FIRST_LINE = 2
"""The line of the first group, as the file is written."""


def declared_by(snapshot: Snapshot, name: str) -> tuple[DesiredGroup, ...]:
    """Every group of the snapshot as a declaration of all its parts, its id included, on its line of ``name``.

    Raises:
        SettingsError: Two groups have the same external id, so that it is not known which was meant.
    """
    repeated = repeated_external_ids(snapshot.groups)
    if repeated:
        raise SettingsError(
            f"{name} holds several groups with the external id {repeated[0]!r}: it changed while it was read",
            hint="take the snapshot again",
        )
    externals = {group.id: group.external_entity_id for group in snapshot.groups}
    return tuple(
        _declared(group, externals, name, index + _FIRST_LINE if snapshot.lines else 1)
        for index, group in enumerate(snapshot.groups)
    )


def _declared(group: Group, externals: dict[str, str], name: str, line: int) -> DesiredGroup:
    # Only the group has a position of its own; its parts stand on the same line.
    parts = 6 + sum(1 + len(limits) for limits in group.models.values())
    positions = Positions(name, [(line, 1), *[(0, 0)] * parts])
    desired = DesiredGroup(
        positions=positions,
        id=group.id,
        external_entity_id=group.external_entity_id,
        name=group.name,
        limit_enforcement=group.limit_enforcement,
        parent=None,
        models=group.models,
    )
    if group.parent_group_id is None:
        return desired
    # By external id, a parent that was created anew is told once, and not at each of its children.
    parent = externals.get(group.parent_group_id)
    if parent is None:
        return structs.replace(desired, parent=UNSET, parent_group_id=group.parent_group_id)
    return structs.replace(desired, parent=parent)
