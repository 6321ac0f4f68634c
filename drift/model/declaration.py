"""The declared groups of a run, and all that the files alone say of how they belong together; built once."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from drift.model.forest import Forest, Node, tree_modes
from drift.model.groups import DesiredGroup, GroupRef

Key: TypeAlias = int | str
"""A declared group by its position; any other group by its id."""


class Declaration:
    """Declared groups by position, by name and as a forest."""

    groups: Sequence[DesiredGroup]

    def __init__(self, groups: Sequence[DesiredGroup]) -> None:
        self.groups = groups

    def __iter__(self) -> Iterator[tuple[int, DesiredGroup]]:
        return enumerate(self.groups)

    def position(self, group: DesiredGroup) -> int:
        """Where the very group stands among them."""
        return self._position[id(group)]

    def find(self, group: GroupRef) -> int | None:
        """The position of the group with one of these ids, the external one first."""
        for name in (group.external_entity_id, group.id):
            for positions in (self.of_external_id, self.of_pinned_id):
                if name and name in positions:
                    return positions[name]
        return None

    def group(self, group: GroupRef) -> DesiredGroup | None:
        """The declared group that :meth:`find` finds."""
        position = self.find(group)
        return None if position is None else self.groups[position]

    @cached_property
    def of_external_id(self) -> dict[str, int]:
        """Position by external id, the first if files that are wrong give one twice."""
        return _first((group.external_entity_id, position) for position, group in self)

    @cached_property
    def of_pinned_id(self) -> dict[str, int]:
        """Position by pinned id, the first as above."""
        return _first((group.id, position) for position, group in self)

    @cached_property
    def forest(self) -> Forest[Key]:
        """The declared groups as a forest.

        What is not declared counts as: no parent, no models, and the mode of the tree. A parent that no file
        declares is a key without a node.
        """
        parents: dict[Key, Key | None] = {position: self._parent(group) for position, group in self}
        modes: dict[Key, str | UnsetType] = {position: group.limit_enforcement for position, group in self}
        in_tree = tree_modes(modes, parents)
        return Forest(
            Node(position, parents[position], in_tree[position], group.models or {}) for position, group in self
        )

    def above(self, position: int) -> Sequence[int]:
        """The declared ancestors, the parent first."""
        nodes = self.forest.chain(position).nodes[1:]
        return [node.key for node in nodes if isinstance(node.key, int)]

    def says_all(self, position: int) -> bool:
        """Whether mode and all models of the group are declared, so that live can have no other limits unnoticed."""
        group = self.groups[position]
        return group.models is not UNSET and group.manage == "exact" and group.limit_enforcement is not UNSET

    @cached_property
    def _position(self) -> dict[int, int]:
        return {id(group): position for position, group in self}

    def _parent(self, group: DesiredGroup) -> Key | None:
        if group.parent_group_id is not UNSET:
            return self.of_pinned_id.get(group.parent_group_id, group.parent_group_id)
        return self.of_external_id.get(group.parent, group.parent) if group.parent else None


def _first(positions: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, position in positions:
        if name:
            found.setdefault(name, position)
    return found
