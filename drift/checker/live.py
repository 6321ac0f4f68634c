"""What a run knows of the live groups: one value for each declared group, replaced by each new reading of it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from msgspec import UNSET, Struct
from msgspec.structs import replace

from drift.model.declaration import Declaration, Key
from drift.model.forest import Forest, Node
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.readings import Failed, Missing
from drift.report.finding import Finding


class Kept(Struct, frozen=True):
    """What is kept of a declared group that was found."""

    ref: GroupRef
    parent_group_id: str | None
    findings: tuple[Finding, ...] = ()
    """How the group itself differs, apart from its parent."""
    group: Group | None = None
    """All of it, only where something about it may have to be reported; the others are as declared."""


Known: TypeAlias = Kept | Missing | Failed
"""All that is known of a declared group, from its last reading."""


class Live:
    """The live groups after some readings, with what follows from all of them together; made anew after the next."""

    def __init__(self, declaration: Declaration, known: Mapping[int, Known], unmanaged: Sequence[Group] = ()) -> None:
        self.declaration = declaration
        self.known = known
        self.unmanaged = unmanaged

    @cached_property
    def found(self) -> Mapping[int, Kept]:
        """The declared groups that are live, in the order of the files."""
        return {position: known for position, known in sorted(self.known.items()) if isinstance(known, Kept)}

    @cached_property
    def kept(self) -> Mapping[int, Group]:
        """Those of them that are not simply as declared."""
        return {position: known.group for position, known in self.found.items() if known.group is not None}

    @cached_property
    def positions(self) -> Mapping[str | None, int]:
        """The declared groups that are live, by internal id."""
        return {known.ref.id: position for position, known in self.found.items()}

    @cached_property
    def _refs(self) -> Mapping[str | None, GroupRef]:
        pinned = (self.declaration.groups[position].ref for position in self.declaration.of_pinned_id.values())
        found = (known.ref for known in self.found.values())
        return {ref.id: ref for ref in (*pinned, *(group.ref for group in self.unmanaged), *found)}

    def ref(self, id_: str) -> GroupRef:
        """The group with this internal id, live or pinned; only the id where nobody knows it."""
        return self._refs.get(id_) or GroupRef(id_, None)

    def key(self, id_: str) -> Key:
        """The key of a live group in forests of this run."""
        return self.positions.get(id_, id_)

    def name_of(self, id_: str) -> str:
        """The external id of a declared group; the internal id of any other."""
        position = self.positions.get(id_)
        return (None if position is None else self.declaration.groups[position].external_entity_id) or id_

    def parent_of(self, position: int) -> GroupRef | None:
        """The parent of a declared group: as it is live, or as declared where the group is missing or unread."""
        known, group = self.known.get(position), self.declaration.groups[position]
        if isinstance(known, Kept):
            return None if known.parent_group_id is None else self.ref(known.parent_group_id)
        if group.parent_group_id is not UNSET:
            return self.ref(group.parent_group_id)
        if not group.parent:
            return None
        above = self.declaration.of_external_id.get(group.parent)
        return GroupRef(None, group.parent) if above is None else self.ref_at(above)

    def ref_at(self, position: int) -> GroupRef:
        """A declared group as it is live, or as declared where it was not found."""
        return self.found[position].ref if position in self.found else self.declaration.groups[position].ref

    @cached_property
    def forest(self) -> Forest[Key]:
        """The live groups, keyed like the declared forest; other groups by internal id.

        What is not declared counts as the declaration has it, and so does a group that could not be read.
        """
        return Forest(self._nodes())

    def _nodes(self) -> Iterator[Node[Key]]:
        for position, desired in self.declaration:
            node = self.declaration.forest.nodes[position]
            known = self.known.get(position)
            if isinstance(known, Missing):
                continue
            if isinstance(known, Kept):
                if _declares_place(desired) and not self._awaits_parent(node):
                    node = replace(node, parent=self.key(known.parent_group_id) if known.parent_group_id else None)
                if known.group is not None:
                    node = _as_compared(node, desired, known.group)
            yield node
        for group in self.unmanaged:
            yield self.node(group)

    def node(self, group: Group) -> Node[Key]:
        """A live group just as it is."""
        parent = None if group.parent_group_id is None else self.key(group.parent_group_id)
        return Node(self.key(group.id), parent, group.limit_enforcement, group.models)

    def _awaits_parent(self, declared: Node[Key]) -> bool:
        """Whether the declared parent is declared itself and was not read, so that its live id is not known."""
        return isinstance(declared.parent, int) and not isinstance(self.known.get(declared.parent), Kept | Missing)


def _declares_place(desired: DesiredGroup) -> bool:
    return desired.parent is not UNSET or desired.parent_group_id is not UNSET


def _as_compared(node: Node[Key], desired: DesiredGroup, live: Group) -> Node[Key]:
    """The declared node with the live values of all that is declared."""
    models = live.models
    if desired.models is UNSET:
        models = node.models
    elif desired.manage == "listed":
        models = {slug: limits for slug, limits in models.items() if slug in desired.models}
    mode = node.limit_enforcement if desired.limit_enforcement is UNSET else live.limit_enforcement
    return replace(node, models=models, limit_enforcement=mode)
