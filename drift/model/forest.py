"""The forest that groups form: who is below whom, and what breaks it.

Groups name their parent, so a set of groups is a forest. Its keys are of one kind: for instance external ids for
declared groups, internal ids for live ones. Nothing here raises on a broken forest. Repeated keys, missing parents
and cycles are data: declared and live groups can both be broken, and must still be reported on.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from drift.model.groups import DesiredGroup, Group
from drift.model.limits import Models

K = TypeVar("K", bound=Hashable)

MAX_LEVELS = 5
"""Levels that the API accepts in one tree. Whether the root counts is undocumented; it counts here."""


class Node(Struct, Generic[K], frozen=True):
    """A group as the forest sees it; ``key`` and ``parent`` are of the same kind."""

    key: K
    parent: K | None
    limit_enforcement: str
    models: Models


class Chain(Struct, Generic[K], frozen=True):
    """The way from a group up to its root, the group itself first."""

    nodes: tuple[Node[K], ...]
    missing: K | None = None
    """The key at which the chain breaks off because no group has it."""
    cyclic: bool = False
    """The chain ended because the next parent is already on it."""

    @property
    def complete(self) -> bool:
        """Whether the chain reaches a root; if not, ``nodes`` is only what is known of it."""
        return self.missing is None and not self.cyclic


class Forest(Generic[K]):
    """Groups by key, with the links between them; built in one pass, linear in the number of groups."""

    nodes: Mapping[K, Node[K]]
    """In the order given; of groups with the same id only the first."""
    repeated: tuple[K, ...]
    """Each id that several groups have, once."""
    roots: tuple[K, ...]
    """Groups without a parent."""
    missing_parents: Mapping[K, K]
    """Parent id by group, where no group has the parent's id."""
    cycles: tuple[tuple[K, ...], ...]
    """Groups that are their own ancestors: each cycle once, child before parent."""

    def __init__(self, nodes: Iterable[Node[K]]) -> None:
        by_key: dict[K, Node[K]] = {}
        repeated: dict[K, None] = {}
        for node in nodes:
            if by_key.setdefault(node.key, node) is not node:
                repeated[node.key] = None
        children: dict[K, list[K]] = {}
        missing: dict[K, K] = {}
        for key, node in by_key.items():
            if node.parent is None:
                continue
            children.setdefault(node.parent, []).append(key)
            if node.parent not in by_key:
                missing[key] = node.parent
        self.nodes = by_key
        self.repeated = tuple(repeated)
        self.roots = tuple(key for key, node in by_key.items() if node.parent is None)
        self.missing_parents = missing
        self._children = {parent: tuple(keys) for parent, keys in children.items()}
        self._depths = self._measure()
        self.cycles = self._find_cycles()

    def children(self, key: K) -> tuple[K, ...]:
        """Groups that name ``key`` as their parent, even if there is no such group."""
        return self._children.get(key, ())

    def descendants(self, key: K) -> Iterator[K]:
        """All groups below ``key``, parents before children; on a cycle each group once, never ``key``."""
        seen = {key}
        queue = deque(self.children(key))
        while queue:
            below = queue.popleft()
            if below not in seen:
                seen.add(below)
                yield below
                queue.extend(self.children(below))

    def downward(self) -> Iterator[K]:
        """Every group after its parent, level by level; groups on or below a cycle are left out."""
        return iter(self._depths)

    def depth_first(self) -> Iterator[tuple[K, int]]:
        """Every group once, with its level: each before those below it, and a cycle from one of its groups on."""
        tops = [key for key in self.nodes if self.depth(key) == 1]
        todo = [(top, 1) for top in reversed((*tops, *(cycle[-1] for cycle in self.cycles)))]
        seen: set[K] = set()
        while todo:
            key, level = todo.pop()
            if key not in seen:
                seen.add(key)
                yield key, level
                todo.extend((child, level + 1) for child in reversed(self.children(key)))

    def depth(self, key: K) -> int | None:
        """Level of the group; a root, or a group whose parent is missing, is on level 1.

        None on or below a cycle, and for an id that no group has.
        """
        return self._depths.get(key)

    def chain(self, key: K) -> Chain[K]:
        """The group and its known ancestors; empty, with ``missing`` set, if no group has this id."""
        nodes: dict[K, Node[K]] = {}
        at: K | None = key
        while at is not None:
            if at in nodes:
                return Chain(tuple(nodes.values()), cyclic=True)
            node = self.nodes.get(at)
            if node is None:
                return Chain(tuple(nodes.values()), missing=at)
            nodes[at] = node
            at = node.parent
        return Chain(tuple(nodes.values()))

    def _measure(self) -> dict[K, int]:
        depths = dict.fromkeys((*self.roots, *self.missing_parents), 1)
        queue = deque(depths)
        while queue:
            parent = queue.popleft()
            for key in self.children(parent):
                depths[key] = depths[parent] + 1
                queue.append(key)
        return depths

    def _find_cycles(self) -> tuple[tuple[K, ...], ...]:
        cycles = []
        done = set(self._depths)
        for start in self.nodes:
            walk: dict[K, None] = {}
            at: K | None = start
            while at is not None and at not in done and at not in walk:
                walk[at] = None
                at = self.nodes[at].parent
            if at in walk:
                steps = list(walk)
                cycles.append(tuple(steps[steps.index(at) :]))
            done.update(walk)
        return tuple(cycles)


def live_forest(groups: Iterable[Group]) -> Forest[str]:
    """The forest of groups as the API reports them, keyed by internal id."""
    return Forest(Node(group.id, group.parent_group_id, group.limit_enforcement, group.models) for group in groups)


def desired_key(group: DesiredGroup) -> str:
    """What names a declared group: its external id, or its pinned id where that is all there is."""
    return group.external_entity_id or group.id or ""


def tree_modes(modes: Mapping[K, str | UnsetType], parents: Mapping[K, K | None]) -> Mapping[K, str]:
    """The mode of each group: a tree has one (Rate limits page), so that of others counts where a group has none.

    Without any it is ``INDEPENDENT``, which for a group alone in its tree comes to the same.

    Args:
        modes: The declared mode of each group.
        parents: The declared parent of each group; it need not be one of them, and there may be cycles.
    """
    declared = {key: mode for key, mode in modes.items() if mode is not UNSET}
    if len(declared) == len(modes):
        return declared
    tops: dict[K, K] = {}
    for start in modes:
        walk: dict[K, None] = {}
        at = start
        while at not in tops and at not in walk and (above := parents.get(at)) is not None:
            walk[at] = None
            at = above
        tops |= dict.fromkeys((*walk, at), tops.get(at, at))
    pools = {tops[key] for key, mode in declared.items() if mode == "CASCADING"}
    return {key: declared.get(key) or ("CASCADING" if tops[key] in pools else "INDEPENDENT") for key in modes}
