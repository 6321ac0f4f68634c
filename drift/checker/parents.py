"""Which group each group of a run hangs below, as far as the run can tell."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from drift.model.groups import DesiredGroup, Group, GroupRef


class Parents:
    """Parents by position of the declared group, and of live groups by the parent's internal id."""

    def __init__(
        self,
        desired: Sequence[DesiredGroup],
        live: Mapping[int, tuple[GroupRef, str | None]],
        strangers: Sequence[Group],
    ) -> None:
        """``live`` has the groups that were read, by position, with their parents' ids."""
        self._desired = desired
        self._found = live
        self._by_id = {group.id: group.ref for group in strangers}
        self._by_external: dict[str, GroupRef] = {}
        for position, group in enumerate(desired):
            ref = live[position][0] if position in live else group.ref
            if ref.id is not None:
                self._by_id[ref.id] = ref
            if group.external_entity_id is not None:
                self._by_external.setdefault(group.external_entity_id, ref)

    def of(self, position: int) -> GroupRef | None:
        """The parent of a declared group: as it is live, or as declared where it is missing or unread."""
        if position in self._found:
            return self.live(self._found[position][1])
        group = self._desired[position]
        if isinstance(group.parent, str):
            return self._by_external.get(group.parent) or GroupRef(None, group.parent)
        return None if group.parent_group_id is UNSET else self.live(group.parent_group_id)

    def live(self, parent_group_id: str | None) -> GroupRef | None:
        """The group with this internal id; null for none."""
        if parent_group_id is None:
            return None
        return self._by_id.get(parent_group_id) or GroupRef(parent_group_id, None)
