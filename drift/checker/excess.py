"""How much may be used in a day, and how much of it other limits would refuse. Pure; one model and type at a time.

A limit becomes an amount per day: 86,400 times one per SECOND, 1,440 times one per MINUTE, one per DAY as it is.
Of all limits that apply to a group the smallest binds. None stands for an amount without limit.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple

from drift.model.effective import effective
from drift.model.forest import Forest, K, Node
from drift.model.limits import PER_DAY, Limits
from drift.report.exposure import Daily, together


def permitted(chain: Sequence[Node[K]], slug: str, type_: str) -> Daily:
    """The most that the first group of the chain may use in a day, if nobody else uses anything.

    A group that does not list the slug may use nothing. Limits in a unit that is not documented do not count.
    """
    limits = effective(chain, slug)
    return 0 if limits is None else _binding(limits, type_)


class _Below(NamedTuple):
    """What is known of a group and all below it."""

    pooled: Daily
    """The most that live lets them use out of the group's parent's pool."""
    beside: Daily
    """The most that live lets those use that share no pool with the groups above them here."""
    gained: Daily
    """The most that base would refuse of it all."""


class Excess(Generic[K]):
    """What live lets a group and all below it use in a day, and base would refuse: an upper bound.

    Worked out from the leaves up, in time linear in their number. A group whose counter is its own (INDEPENDENT,
    or a model that base does not list for it) gains what live permits it beyond base. A pool, that is a CASCADING
    group with limits of its own, gains what live lets its whole subtree use beyond base's pool. At every group the
    larger of two counts: what its pool gained, and the sum of what it and those below gained otherwise, the latter
    cut off at what live lets the subtree use. So what many share counts once, at the pool that gained.
    """

    def __init__(self, live: Forest[K], base: Forest[K], top: K, counted: Callable[[K], bool] = lambda _: True) -> None:
        """Prepare for all models.

        Args:
            live: The groups as they are.
            base: The groups that they are compared with; its links decide who is below whom.
            top: The key of a group in either.
            counted: Whether what a group gains is asked for; the others are there for their limits.
        """
        self._live = live
        self._base = base
        self._top = top
        self._counted = counted
        self._order = self._downward()
        self._live_chains = {key: live.chain(key).nodes for key in self._order}
        self._base_chains = {key: base.chain(key).nodes for key in self._order}

    def slugs(self) -> Iterable[str]:
        """The models that live has there; no other can be used."""
        return dict.fromkeys(slug for chain in self._live_chains.values() if chain for slug in chain[0].models)

    def of(self, slug: str, type_: str) -> Daily:
        """The excess on one model, in units of one type of limit."""
        below: dict[K, _Below] = {}
        for key in reversed(self._order):
            live, base = self._live_chains[key], self._base_chains[key]
            own = permitted(live, slug, type_)
            sharing, others = [own], list[Daily]()
            gained = [_more(own, _own_counter(base, slug, type_)) if self._counted(key) else 0]
            for child in self._children(key):
                found = below.pop(child, None)
                if found is None:
                    continue  # on a cycle
                (sharing if self._shares(child, key) else others).append(found.pooled)
                others.append(found.beside)
                gained.append(found.gained)
            pooled = _least([together(sharing), _pool(live[:1], slug, type_)])
            beside = together(others)
            usable = together([_least([pooled, _pool(live[1:], slug, type_) if _pools(live) else None]), beside])
            # What the pools above gained is theirs to tell, unless the group is looked at alone.
            reach = base if key == self._top else base[:1]
            pool_gain = _more(usable, _pool(reach, slug, type_) if _pools(base) else None)
            below[key] = _Below(
                pooled, beside, _most(pool_gain if self._counted(key) else 0, _least([usable, together(gained)]))
            )
        return below[self._top].gained

    def _downward(self) -> Sequence[K]:
        order: dict[K, None] = {self._top: None}
        todo = [self._top]
        while todo:
            for child in self._children(todo.pop()):
                if child not in order:
                    order[child] = None
                    todo.append(child)
        return tuple(order)

    def _children(self, key: K) -> Iterable[K]:
        yield from self._base.children(key)
        yield from (child for child in self._live.children(key) if child not in self._base.nodes)

    def _shares(self, child: K, parent: K) -> bool:
        """Whether live charges what the child uses to the parent's pool too."""
        node = self._live.nodes.get(child)
        return node is not None and node.parent == parent and _pools((node,))


def _pools(chain: Sequence[Node[K]]) -> bool:
    return bool(chain) and chain[0].limit_enforcement == "CASCADING"


def _pool(chain: Sequence[Node[K]], slug: str, type_: str) -> Daily:
    """The smallest limit that the CASCADING groups of the chain set themselves."""
    return _least(_binding(node.models.get(slug, {}), type_) for node in chain if node.limit_enforcement == "CASCADING")


def _own_counter(chain: Sequence[Node[K]], slug: str, type_: str) -> Daily:
    """What the group may use by a counter that it shares with nobody; CASCADING groups that list the slug have none."""
    return None if _pools(chain) and slug in chain[0].models else permitted(chain, slug, type_)


def _binding(limits: Limits, type_: str) -> Daily:
    return _least(
        threshold * PER_DAY[key.unit] for key, threshold in limits.items() if key.type == type_ and key.unit in PER_DAY
    )


def _least(amounts: Iterable[Daily]) -> Daily:
    return min((amount for amount in amounts if amount is not None), default=None)


def _most(one: Daily, other: Daily) -> Daily:
    return None if one is None or other is None else max(one, other)


def _more(amount: Daily, than: Daily) -> Daily:
    """By how much the first is larger; an amount without limit is larger than any with one."""
    if than is None:
        return 0
    return None if amount is None else max(0, amount - than)
