"""What the limits of a tree come to for each of its groups.

Two modes decide what an ancestor means (Rate limits page of the API docs):

* ``INDEPENDENT``: ancestors are templates. A limit that a group does not set comes from its nearest ancestor
  that does.
* ``CASCADING``: ancestors are pools. A request must fit the group's own limits and every ancestor's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeAlias

from msgspec import Struct

from drift.model.forest import Forest, K, Node
from drift.model.limits import EffectiveKey, LimitKey, each_limit, limit_key

MODES = frozenset(("INDEPENDENT", "CASCADING"))
"""Those that are documented."""

BySource: TypeAlias = Mapping[LimitKey, Mapping[K, int]]
"""The limits in effect on one model: thresholds by the group that sets them."""


def applying(chain: Sequence[Node[K]], slug: str) -> BySource[K]:
    """The limits on one slug that apply to the first group of the chain, whether or not it lists the slug.

    INDEPENDENT: of each limit the nearest. CASCADING: all. A mode that is not documented applies none.
    """
    mode = chain[0].limit_enforcement if chain else ""
    found: dict[LimitKey, dict[K, int]] = {}
    for node in chain if mode in MODES else ():
        for limit, threshold in node.models.get(slug, {}).items():
            if mode == "CASCADING" or limit not in found:
                found.setdefault(limit, {})[node.key] = threshold
    return found


def by_source(limits: Mapping[EffectiveKey, int], key: Callable[[str], K]) -> BySource[K]:
    """The limits that the API reports for one model; ``key`` names the group with an internal id."""
    found: dict[LimitKey, dict[K, int]] = {}
    for (kind, type_, unit, source), threshold in limits.items():
        found.setdefault(limit_key(kind, type_, unit), {})[key(source)] = threshold
    return found


def effective(chain: Sequence[Node[K]], slug: str) -> Mapping[LimitKey, int] | None:
    """The thresholds that bind the first group of the chain on one slug; None if it may not call it at all."""
    if not chain or slug not in chain[0].models:
        return None
    return {limit: min(thresholds.values()) for limit, thresholds in applying(chain, slug).items()}


class Violation(Struct, Generic[K], frozen=True):
    """A limit of a CASCADING group above the tightest limit of its ancestors."""

    key: K
    ancestor: K
    """The ancestor with the smallest threshold; the nearest one if several are equal."""
    slug: str
    limit: LimitKey
    threshold: int
    ceiling: int
    """The ancestor's threshold."""


def cascading_violations(forest: Forest[K]) -> Iterator[Violation[K]]:
    """Limits of CASCADING trees above an ancestor's limit with the same slug, kind, type and unit.

    Equal thresholds are allowed, and so are children that exceed the parent only together (Rate limits page
    of the API docs). A tree's mode is its topmost known group's. Trees on a cycle have no ancestors to
    compare with and are left out. One violation per limit, against the tightest ancestor.
    """
    for top in (*forest.roots, *forest.missing_parents):
        if forest.nodes[top].limit_enforcement == "CASCADING":
            yield from _violations_below(forest, top)


def _violations_below(forest: Forest[K], top: K) -> Iterator[Violation[K]]:
    todo: list[tuple[K, Mapping[tuple[str, LimitKey], tuple[int, K]]]] = [(top, {})]
    while todo:
        key, tightest = todo.pop()
        own: dict[tuple[str, LimitKey], tuple[int, K]] = {}
        for slug, limit, threshold in each_limit(forest.nodes[key].models):
            ceiling = tightest.get((slug, limit))
            if ceiling is not None and threshold > ceiling[0]:
                yield Violation(key, ceiling[1], slug, limit, threshold, ceiling[0])
            else:
                own[slug, limit] = (threshold, key)
        if children := forest.children(key):
            below = {**tightest, **own}
            todo.extend((child, below) for child in reversed(children))
