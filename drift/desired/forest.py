"""The declared groups together: who is whose parent, and the rules that need to know.

A rule is a function from the forest to its problems; adding one to ``FOREST_RULES`` is all it takes.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from drift.desired.declared import Declared
from drift.desired.nodes import Path
from drift.desired.wording import did_you_mean, not_declared, shown
from drift.errors import Location, Problem

_EXTERNAL_PATH: Path = ("metadata", "external_entity_id")
_MOST_SUGGESTIONS = 100
"""Looking for a close name costs milliseconds; whoever misspelt more parents made one mistake."""
_LONGEST_CYCLE_SHOWN = 10


class Forest:
    """The declared groups, findable by both of their ids. Of two groups with one id the first stands."""

    def __init__(self, groups: Sequence[Declared], *, complete: bool = True) -> None:
        self.groups = groups
        self.complete = complete
        """Whether every file could be read, so that what is not here is nowhere."""
        self.by_external_id: dict[str, Declared] = {}
        self.by_id: dict[str, Declared] = {}
        for group in groups:
            if group.external_entity_id is not None:
                self.by_external_id.setdefault(group.external_entity_id, group)
            if group.id is not None:
                self.by_id.setdefault(group.id, group)

    def parent_of(self, group: Declared) -> Declared | None:
        """The declared parent; None for a root, and for a parent that no file declares."""
        if isinstance(group.parent, str):
            return self.by_external_id.get(group.parent)
        if group.parent_group_id is not UNSET:
            return self.by_id.get(group.parent_group_id)
        return None

    def modes(self) -> Iterator[str | UnsetType]:
        """The limit enforcement mode of each group, as far as the files tell; they must be free of cycles.

        A mode that is left out is the parent's, and INDEPENDENT for a root (schema CreateGroupHierarchyV1). A
        group without a ``hierarchy`` block, or below a parent that no file declares, has none to compare.
        """
        known: dict[int, str | UnsetType] = {}
        for group in self.groups:
            waiting: list[Declared] = []
            at: Declared | None = group
            mode: str | UnsetType = UNSET
            while at is not None:
                if id(at) in known:
                    mode = known[id(at)]
                    break
                waiting.append(at)
                mode = at.limit_enforcement
                if mode is not UNSET:
                    break
                if at.parent is None:
                    mode = "INDEPENDENT"
                at = self.parent_of(at)
            for member in reversed(waiting):
                known[id(member)] = mode
            yield mode


ForestRule: TypeAlias = Callable[[Forest], Iterator[Problem]]


def ids_are_unique(forest: Forest) -> Iterator[Problem]:
    """V02: an external id names one live group of a workspace, and an internal id one group ever."""
    for group in forest.groups:
        if group.external_entity_id is not None:
            first = forest.by_external_id[group.external_entity_id]
            if first is not group:
                at, before = group.external_id_at, first.external_id_at
                yield _taken(group, _EXTERNAL_PATH, at, group.external_entity_id, before)
        if group.id is not None:
            first = forest.by_id[group.id]
            if first is not group:
                yield _taken(group, ("id",), group.id_at, group.id, first.id_at)


def _taken(group: Declared, path: Path, at: Location, value: str, before: Location) -> Problem:
    message = f"{shown(value)} is already declared at {before}"
    return group.error("V02", path, at, message, "one group, one entry: merge or rename")


def parents_are_declared(forest: Forest) -> Iterator[Problem]:
    """V14: ``parent`` is the external id of a group of some file."""
    suggested = 0
    for group in forest.groups:
        parent = group.parent
        if not isinstance(parent, str) or parent in forest.by_external_id:
            continue
        hint = ""
        if suggested < _MOST_SUGGESTIONS:
            suggested += 1
            hint = did_you_mean(parent, forest.by_external_id)
        yield group.error(
            "V14",
            ("hierarchy", "parent"),
            group.parent_at,
            f"the parent {shown(parent)} is {not_declared(complete=forest.complete)}",
            hint or "declare it, or give the internal id of an undeclared parent as `parent_group_id`",
        )


def parents_form_no_cycle(forest: Forest) -> Iterator[Problem]:
    """V14: following parents ends at a root. A cycle is reported once, at its first group."""
    order = {id(group): index for index, group in enumerate(forest.groups)}
    seen: set[int] = set()
    for group in forest.groups:
        chain: dict[int, Declared] = {}
        at: Declared | None = group
        while at is not None and id(at) not in seen:
            seen.add(id(at))
            chain[id(at)] = at
            at = forest.parent_of(at)
        if at is None or id(at) not in chain:
            continue
        members = list(chain.values())
        members = members[list(chain).index(id(at)) :]
        first = min(members, key=lambda member: order[id(member)])
        yield _cycle(first, forest)


def _cycle(first: Declared, forest: Forest) -> Problem:
    at, hint = first.parent_at, "one of them must be a root, or hang below another group"
    path: Path = ("hierarchy", "parent" if isinstance(first.parent, str) else "parent_group_id")
    if forest.parent_of(first) is first:
        return first.error("V14", path, at, "the group is its own parent", "a root has no parent: remove the line")
    labels = [first.label]
    for member in islice(_ancestors(first, forest), _LONGEST_CYCLE_SHOWN):
        labels.append(member.label)
        if member is first:
            break
    else:
        labels.append("…")
    return first.error("V14", path, at, f"the parents form a cycle: {' -> '.join(labels)}", hint)


def _ancestors(group: Declared, forest: Forest) -> Iterator[Declared]:
    at = forest.parent_of(group)
    while at is not None:
        yield at
        at = forest.parent_of(at)


FOREST_RULES: tuple[ForestRule, ...] = (ids_are_unique, parents_are_declared, parents_form_no_cycle)
