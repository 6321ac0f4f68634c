"""The live groups of one workspace, with the rules that hold between them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from drift.model.effective import cascading_violations, predict
from drift.model.forest import MAX_LEVELS, live_forest
from drift.model.groups import Group
from drift.model.limits import EffectiveModels, Models
from drift.sandbox.messages import Refused


class Switches(Struct, frozen=True):
    """How ``effective_models`` is derived, where the documentation leaves it open."""

    slugs: Literal["own", "union"] = "own"
    merge: Literal["tuple", "slug"] = "tuple"
    cascade: Literal["all", "self"] = "all"


DEFAULT_SWITCHES = Switches()


class NewGroup(Struct, frozen=True):
    """A group to be created."""

    external_entity_id: str
    models: Models
    name: str | None = None
    limit_enforcement: str | None = None
    """None takes the parent's mode; a root becomes ``INDEPENDENT``."""
    parent_group_id: str | None = None
    id: str | None = None
    """The internal id, where it has to be a given one; else the next of the id source."""


class Store:
    """Groups by internal id, in order of creation. Every accepted write keeps the documented rules.

    Writes raise ``Refused`` with the status that the API documents (Create and Update pages, Rate limits
    page), and then change nothing.
    """

    def __init__(self, clock: Callable[[], datetime], ids: Iterator[str], foreign: Collection[str]) -> None:
        self._clock = clock
        self._ids = ids
        # Ids are never used twice, and a foreign id is somebody else's.
        self._spent = set(foreign)
        self._groups: dict[str, Group] = {}
        self._position: dict[str, int] = {}
        self._by_external_id: dict[str, str] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._created = 0

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def get(self, group_id: str) -> Group | None:
        """The group with this internal id."""
        return self._groups.get(group_id)

    def find(self, external_entity_id: str) -> Group | None:
        """The group with this external id, compared exactly."""
        group_id = self._by_external_id.get(external_entity_id)
        return None if group_id is None else self._groups[group_id]

    def position(self, group: Group) -> int:
        """The group's place in the order of creation, from 1; it never changes and is never reused."""
        return self._position[group.id]

    def after(self, position: int, limit: int) -> list[Group]:
        """The first ``limit`` groups behind ``position``."""
        behind = (group for group in self if self._position[group.id] > position)
        return list(islice(behind, limit))

    def effective(self, group: Group, switches: Switches) -> EffectiveModels:
        """The group's ``effective_models``."""
        return _shown(predict(live_forest(self._chain(group)), group.id), group, self._chain(group), switches)

    def reserve(self, ids: Collection[str]) -> None:
        """Never give these ids to groups that do not ask for one."""
        self._spent.update(ids)

    def create(self, new: NewGroup) -> Group:
        """Add a group below its parent."""
        if new.external_entity_id in self._by_external_id:
            raise Refused(400, f"A group with external_entity_id {new.external_entity_id!r} already exists.")
        if new.id is not None and new.id in self._groups:
            raise Refused(400, f"A group with id {new.id!r} already exists.")
        mode = self._place(new)
        group = Group(
            id=self._next_id() if new.id is None else new.id,
            external_entity_id=new.external_entity_id,
            name=new.name,
            limit_enforcement=mode,
            parent_group_id=new.parent_group_id,
            models=new.models,
            created_at=self.now(),
        )
        self._check_limits(group)
        self._created += 1
        self._position[group.id] = self._created
        self._groups[group.id] = group
        self._by_external_id[group.external_entity_id] = group.id
        self._spent.add(group.id)
        if group.parent_group_id is not None:
            self._children.setdefault(group.parent_group_id, {})[group.id] = None
        return group

    def update(self, group: Group, *, name: str | None, models: Models) -> Group:
        """Give the group another name and model set; nothing else of a group can change."""
        changed = replace(group, name=name, models=models)
        if models != group.models:
            self._check_limits(changed)
        self._groups[group.id] = changed
        return changed

    def delete(self, group: Group) -> list[Group]:
        """Remove the group and all its descendants; returns them, the group first."""
        removed = [group, *self.descendants(group)]
        if group.parent_group_id is not None:
            del self._children[group.parent_group_id][group.id]
        for gone in removed:
            del self._groups[gone.id]
            del self._position[gone.id]
            del self._by_external_id[gone.external_entity_id]
            self._children.pop(gone.id, None)
        return removed

    def descendants(self, group: Group) -> Iterator[Group]:
        """All groups below this one, parents before children."""
        todo = [group.id]
        for above in todo:
            for child in self._children.get(above, ()):
                todo.append(child)
                yield self._groups[child]

    def now(self) -> str:
        """The clock's time as the API writes it: RFC 3339 in UTC, whole seconds."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _next_id(self) -> str:
        return next(candidate for candidate in self._ids if candidate not in self._spent)

    def _place(self, new: NewGroup) -> str:
        """The mode that the group gets at its place."""
        if new.parent_group_id is None:
            return new.limit_enforcement or "INDEPENDENT"
        parent = self._groups.get(new.parent_group_id)
        if parent is None:
            raise Refused(404, "Parent group not found.")
        if new.limit_enforcement not in (None, parent.limit_enforcement):
            raise Refused(400, "All groups of a hierarchy must have the same limit_enforcement.")
        if len(self._chain(parent)) >= MAX_LEVELS:
            raise Refused(400, f"A hierarchy can be at most {MAX_LEVELS} levels deep.")
        return parent.limit_enforcement

    def _check_limits(self, group: Group) -> None:
        """Compare with ancestors (create, raise) and descendants (lower an ancestor)."""
        if group.limit_enforcement != "CASCADING":
            return
        affected = live_forest((*self._chain(group), *self.descendants(group)))
        if any(cascading_violations(affected)):
            raise Refused(400, "Child group exceeds parent group limit.")

    def _chain(self, group: Group) -> list[Group]:
        chain = [group]
        while (parent := chain[-1].parent_group_id) is not None:
            chain.append(self._groups[parent])
        return chain


def _shown(models: EffectiveModels, group: Group, chain: Sequence[Group], switches: Switches) -> EffectiveModels:
    if switches.slugs == "union":
        for above in reversed(chain[1:]):
            models = {**predict(live_forest(chain), above.id), **models}
    shown = {}
    for slug, limits in models.items():
        own = switches.cascade == "self" and group.limit_enforcement == "CASCADING"
        own = own or (
            switches.merge == "slug" and group.limit_enforcement == "INDEPENDENT" and any(group.models.get(slug, {}))
        )
        shown[slug] = {key: value for key, value in limits.items() if not own or key.source_group == group.id}
    return shown
