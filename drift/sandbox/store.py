"""The live groups of one workspace, with the rules that hold between them."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from itertools import count, islice

from msgspec import UNSET
from msgspec.structs import replace

from drift.sandbox.rules import MAX_LEVELS, OpenQuestions, checked_models, effective_models, exceeds
from drift.sandbox.wire import CreateGroupRequestV1, GroupHierarchyV1, GroupV1, Refused, UpdateGroupRequestV1


class Store:
    """Groups by internal id, in order of creation. Every accepted write keeps the documented rules.

    Writes raise ``Refused`` with the status that the API documents (Create and Update pages, Rate limits
    page), and then change nothing.
    """

    def __init__(self, clock: Callable[[], datetime], questions: OpenQuestions) -> None:
        self._clock = clock
        self._questions = questions
        self._ids = (f"grp{number}" for number in count(1))
        # Ids are never used twice.
        self._spent: set[str] = set()
        self._groups: dict[str, GroupV1] = {}
        self._id_by_external_id: dict[str, str] = {}
        self._positions: dict[str, int] = {}

    def __iter__(self) -> Iterator[GroupV1]:
        return iter(self._groups.values())

    def get(self, group_id: str) -> GroupV1 | None:
        """The group with this internal id."""
        return self._groups.get(group_id)

    def find(self, external_entity_id: str) -> GroupV1 | None:
        """The group with this external id, compared exactly."""
        return self._groups.get(self._id_by_external_id.get(external_entity_id, ""))

    def position(self, group: GroupV1) -> int:
        """The group's place in the order of creation, from 1; it never changes and is never reused."""
        return self._positions[group.id]

    def after(self, position: int, limit: int) -> list[GroupV1]:
        """The first ``limit`` groups behind ``position``."""
        return list(islice((group for group in self if self.position(group) > position), limit))

    def reserve(self, ids: Collection[str]) -> None:
        """Never give these ids to groups that do not ask for one."""
        self._spent.update(ids)

    def create(self, new: CreateGroupRequestV1, group_id: str | None = None) -> GroupV1:
        """Add a group below its parent, under this internal id or else the next one."""
        external_entity_id = new.metadata.external_entity_id
        if external_entity_id in self._id_by_external_id:
            raise Refused(400, f"A group with external_entity_id {external_entity_id!r} already exists.")
        if group_id in self._positions:
            raise Refused(400, f"A group with id {group_id!r} already exists.")
        models = checked_models(new.models)
        line = self._line(new.hierarchy.parent_group_id)
        mode = new.hierarchy.limit_enforcement or (line[0].hierarchy.limit_enforcement if line else "INDEPENDENT")
        if line and mode != line[0].hierarchy.limit_enforcement:
            raise Refused(400, "All groups of a hierarchy must have the same limit_enforcement.")
        if len(line) >= MAX_LEVELS:
            raise Refused(400, f"A hierarchy can be at most {MAX_LEVELS} levels deep.")
        hierarchy = GroupHierarchyV1(mode, new.hierarchy.parent_group_id)
        group = GroupV1("", new.metadata, models, (), hierarchy, self.now())
        _check_pools(group, line, ())
        if group_id is None:
            group_id = next(free for free in self._ids if free not in self._spent)
        self._spent.add(group_id)
        self._positions[group_id] = len(self._positions) + 1
        self._id_by_external_id[external_entity_id] = group_id
        return self._put(replace(group, id=group_id))

    def update(self, group: GroupV1, update: UpdateGroupRequestV1) -> GroupV1:
        """Change name or models or both; nothing else of a group can change."""
        metadata = group.metadata
        if update.metadata is not None and update.metadata.name is not UNSET:
            metadata = replace(metadata, name=update.metadata.name)
        models = group.models if update.models is None else checked_models(update.models)
        changed = replace(group, metadata=metadata, models=models)
        below = self._below(group)
        if models != group.models:
            _check_pools(changed, self._line(group.hierarchy.parent_group_id), below)
        changed = self._put(changed)
        for descendant in below:
            self._put(descendant)
        return changed

    def delete(self, group: GroupV1) -> None:
        """Remove the group and all its descendants."""
        for gone in (group, *self._below(group)):
            del self._groups[gone.id]
            del self._id_by_external_id[gone.metadata.external_entity_id]

    def now(self) -> str:
        """The clock's time as the API writes it: RFC 3339 in UTC, whole seconds."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _put(self, group: GroupV1) -> GroupV1:
        line = (group, *self._line(group.hierarchy.parent_group_id))
        self._groups[group.id] = group = replace(group, effective_models=effective_models(line, self._questions))
        return group

    def _line(self, group_id: str | None) -> list[GroupV1]:
        """This group and its ancestors, the root last."""
        line: list[GroupV1] = []
        while group_id is not None:
            group = self._groups.get(group_id)
            if group is None:
                raise Refused(404, "Parent group not found.")
            line.append(group)
            group_id = group.hierarchy.parent_group_id
        return line

    def _below(self, group: GroupV1) -> list[GroupV1]:
        """All descendants; groups are in order of creation, so a parent comes before its children."""
        family = {group.id: group}
        for other in self:
            if other.hierarchy.parent_group_id in family:
                family[other.id] = other
        return list(family.values())[1:]


def _check_pools(group: GroupV1, ancestors: Collection[GroupV1], descendants: Collection[GroupV1]) -> None:
    """Compare with ancestors (create, raise) and with descendants (lower an ancestor)."""
    if group.hierarchy.limit_enforcement != "CASCADING":
        return
    if any(exceeds(group, above) for above in ancestors) or any(exceeds(below, group) for below in descendants):
        raise Refused(400, "Child group exceeds parent group limit.")
