"""The forest that groups form, and what it makes of their limits.

Groups name their parent, so a set of groups is a forest. It is keyed by one kind of id: external ids for
declared groups, internal ids for live ones. Nothing here raises on a broken forest. Repeated ids, missing
parents and cycles are data, because both sides can be broken and both must still be reported on.

Two modes decide what an ancestor means (Rate limits page of the API docs):

* ``INDEPENDENT``: ancestors are templates. A limit that a group does not set comes from its nearest ancestor
  that does.
* ``CASCADING``: ancestors are pools. A request must fit the group's own limits and every ancestor's.

The documentation contradicts itself on three details of what ``effective_models`` then shows.
:class:`Switches` holds the answers assumed, which is why a prediction alone is never drift.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import UNSET, Struct

from drift.model.groups import DesiredGroup, Group
from drift.model.limits import EffectiveKey, EffectiveModels, LimitKey, Models, each_limit
from drift.model.modes import pooled

MAX_LEVELS = 5
"""Levels that the API accepts in one tree. Whether the root counts is undocumented; it counts here."""


class Switches(Struct, frozen=True):
    """How ``effective_models`` is derived, where the documentation leaves it open."""

    slugs: Literal["own", "union"] = "own"
    """``own``: only slugs that the group itself lists. ``union``: also those of its ancestors."""
    merge: Literal["tuple", "slug"] = "tuple"
    """INDEPENDENT only. ``tuple``: each limit is inherited for itself. ``slug``: a group with any limit of its
    own on a slug inherits none for that slug."""
    cascade: Literal["all", "self"] = "all"
    """CASCADING only. ``all``: ancestors' limits are listed beside the group's own. ``self``: they are not."""


DEFAULT_SWITCHES = Switches()


class Node(Struct, frozen=True):
    """A group as the forest sees it; ``key`` and ``parent`` are ids of the same kind."""

    key: str
    parent: str | None
    limit_enforcement: str
    models: Models


class Chain(Struct, frozen=True):
    """The way from a group up to its root, the group itself first."""

    nodes: tuple[Node, ...]
    missing: str | None = None
    """The id at which the chain breaks off because no group has it."""
    cyclic: bool = False
    """The chain ended because the next parent is already on it."""

    @property
    def complete(self) -> bool:
        """Whether the chain reaches a root; if not, ``nodes`` is only what is known of it."""
        return self.missing is None and not self.cyclic


class Violation(Struct, frozen=True):
    """A limit of a CASCADING group above the tightest limit of its ancestors."""

    key: str
    ancestor: str
    """The ancestor with the smallest threshold; the nearest one if several are equal."""
    slug: str
    limit: LimitKey
    threshold: int
    ceiling: int
    """The ancestor's threshold."""


class Forest:
    """Groups by id, with the links between them; built in one pass, linear in the number of groups."""

    nodes: Mapping[str, Node]
    """In the order given; of groups with the same id only the first."""
    repeated: tuple[str, ...]
    """Each id that several groups have, once."""
    roots: tuple[str, ...]
    """Groups without a parent."""
    missing_parents: Mapping[str, str]
    """Parent id by group, where no group has the parent's id."""
    cycles: tuple[tuple[str, ...], ...]
    """Groups that are their own ancestors: each cycle once, child before parent."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        by_key: dict[str, Node] = {}
        repeated: dict[str, None] = {}
        for node in nodes:
            if by_key.setdefault(node.key, node) is not node:
                repeated[node.key] = None
        children: dict[str, list[str]] = {}
        missing: dict[str, str] = {}
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

    def children(self, key: str) -> tuple[str, ...]:
        """Groups that name ``key`` as their parent, even if there is no such group."""
        return self._children.get(key, ())

    def descendants(self, key: str) -> Iterator[str]:
        """All groups below ``key``, parents before children; on a cycle each group once, never ``key``."""
        seen = {key}
        queue = deque(self.children(key))
        while queue:
            below = queue.popleft()
            if below not in seen:
                seen.add(below)
                yield below
                queue.extend(self.children(below))

    def downward(self) -> Iterator[str]:
        """Every group after its parent, level by level; groups on or below a cycle are left out."""
        return iter(self._depths)

    def depth(self, key: str) -> int | None:
        """Level of the group; a root, or a group whose parent is missing, is on level 1.

        None on or below a cycle, and for an id that no group has.
        """
        return self._depths.get(key)

    def chain(self, key: str) -> Chain:
        """The group and its known ancestors; empty, with ``missing`` set, if no group has this id."""
        nodes: dict[str, Node] = {}
        at: str | None = key
        while at is not None:
            if at in nodes:
                return Chain(tuple(nodes.values()), cyclic=True)
            node = self.nodes.get(at)
            if node is None:
                return Chain(tuple(nodes.values()), missing=at)
            nodes[at] = node
            at = node.parent
        return Chain(tuple(nodes.values()))

    def _measure(self) -> dict[str, int]:
        depths = dict.fromkeys((*self.roots, *self.missing_parents), 1)
        queue = deque(depths)
        while queue:
            parent = queue.popleft()
            for key in self.children(parent):
                depths[key] = depths[parent] + 1
                queue.append(key)
        return depths

    def _find_cycles(self) -> tuple[tuple[str, ...], ...]:
        cycles = []
        done = set(self._depths)
        for start in self.nodes:
            walk: dict[str, None] = {}
            at: str | None = start
            while at is not None and at not in done and at not in walk:
                walk[at] = None
                at = self.nodes[at].parent
            if at in walk:
                steps = list(walk)
                cycles.append(tuple(steps[steps.index(at) :]))
            done.update(walk)
        return tuple(cycles)


def live_forest(groups: Iterable[Group]) -> Forest:
    """The forest of groups as the API reports them, keyed by internal id."""
    return Forest(Node(group.id, group.parent_group_id, group.limit_enforcement, group.models) for group in groups)


def desired_forest(groups: Iterable[DesiredGroup]) -> Forest:
    """The forest of declared groups, keyed by external id, or by pinned id where that is all there is.

    A parent given by internal id is found through the pins. What is not declared counts as: no parent, no
    models, and the mode that others of its tree declare, for a tree has one; or else ``INDEPENDENT``, which for a
    group alone in its tree comes to the same.
    """
    groups = tuple(groups)
    key_of_id = {group.id: desired_key(group) for group in groups if group.id is not None}

    def parent(group: DesiredGroup) -> str | None:
        if group.parent_group_id is not UNSET:
            return key_of_id.get(group.parent_group_id, group.parent_group_id)
        return None if group.parent is UNSET else group.parent

    pools: Collection[str] = ()
    if any(group.limit_enforcement == "CASCADING" for group in groups):
        modes = {desired_key(group): group.limit_enforcement for group in groups}
        pools = pooled(modes, {desired_key(group): parent(group) for group in groups})

    def mode(group: DesiredGroup) -> str:
        if group.limit_enforcement is not UNSET:
            return group.limit_enforcement
        return "CASCADING" if desired_key(group) in pools else "INDEPENDENT"

    return Forest(
        Node(desired_key(group), parent(group), mode(group), {} if group.models is UNSET else group.models)
        for group in groups
    )


def desired_key(group: DesiredGroup) -> str:
    """The id by which :func:`desired_forest` knows a declared group."""
    return group.external_entity_id or group.id or ""


def predict(forest: Forest, key: str, switches: Switches = DEFAULT_SWITCHES) -> EffectiveModels:
    """The ``effective_models`` that the documented rules give the group, ``source_group`` being a forest key.

    Where the chain is broken the prediction covers the known part of it (see :attr:`Chain.complete`). A mode
    that is not documented predicts no limits, and an unknown ``key`` no models.
    """
    chain = forest.chain(key).nodes
    if not chain:
        return {}
    own = chain[0].models
    slugs = own if switches.slugs == "own" else dict.fromkeys(slug for node in chain for slug in node.models)
    return {slug: applying(chain, slug, switches) for slug in slugs}


def applying(chain: Sequence[Node], slug: str, switches: Switches = DEFAULT_SWITCHES) -> Mapping[EffectiveKey, int]:
    """The limits on one slug that apply to the first group of the chain, whether or not it lists the slug."""
    match chain[0].limit_enforcement:
        case "INDEPENDENT":
            return _inherited(_templates(chain, slug, switches), slug)
        case "CASCADING":
            return _stacked(chain if switches.cascade == "all" else chain[:1], slug)
        case _:
            return {}


def cascading_violations(forest: Forest) -> Iterator[Violation]:
    """Limits of CASCADING trees above an ancestor's limit with the same slug, kind, type and unit.

    Equal thresholds are allowed, and so are children that exceed the parent only together (Rate limits page
    of the API docs). A tree's mode is its topmost known group's. Trees on a cycle have no ancestors to
    compare with and are left out. One violation per limit, against the tightest ancestor.
    """
    for top in (*forest.roots, *forest.missing_parents):
        if forest.nodes[top].limit_enforcement == "CASCADING":
            yield from _violations_below(forest, top)


def _templates(chain: Sequence[Node], slug: str, switches: Switches) -> Sequence[Node]:
    if switches.merge == "slug" and chain[0].models.get(slug):
        return chain[:1]
    return chain


def _inherited(chain: Sequence[Node], slug: str) -> Mapping[EffectiveKey, int]:
    nearest: dict[LimitKey, tuple[str, int]] = {}
    for node in chain:
        for limit, threshold in node.models.get(slug, {}).items():
            nearest.setdefault(limit, (node.key, threshold))
    return {EffectiveKey(*limit, source): threshold for limit, (source, threshold) in nearest.items()}


def _stacked(chain: Sequence[Node], slug: str) -> Mapping[EffectiveKey, int]:
    return {
        EffectiveKey(*limit, node.key): threshold
        for node in chain
        for limit, threshold in node.models.get(slug, {}).items()
    }


def _violations_below(forest: Forest, top: str) -> Iterator[Violation]:
    # One walk down with the tightest limits of the way so far, undone on the way up: linear even for a tree
    # far deeper than the API accepts, where comparing all pairs would not be.
    tightest: dict[tuple[str, LimitKey], tuple[int, str]] = {}
    undo: list[dict[tuple[str, LimitKey], tuple[int, str] | None]] = []
    todo = [(top, 0)]
    while todo:
        key, level = todo.pop()
        while len(undo) > level:
            _restore(tightest, undo.pop())
        before: dict[tuple[str, LimitKey], tuple[int, str] | None] = {}
        for slug, limit, threshold in each_limit(forest.nodes[key].models):
            ceiling = tightest.get((slug, limit))
            if ceiling is not None and threshold > ceiling[0]:
                yield Violation(key, ceiling[1], slug, limit, threshold, ceiling[0])
            else:
                before[slug, limit] = ceiling
                tightest[slug, limit] = (threshold, key)
        undo.append(before)
        todo.extend((child, level + 1) for child in reversed(forest.children(key)))


def _restore(
    tightest: dict[tuple[str, LimitKey], tuple[int, str]],
    before: Mapping[tuple[str, LimitKey], tuple[int, str] | None],
) -> None:
    for limit, value in before.items():
        if value is None:
            del tightest[limit]
        else:
            tightest[limit] = value
