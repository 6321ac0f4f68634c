"""Lists of limits as keyed maps, each distinct list held and checked once.

Thousands of groups share a few dozen lists, so equal lists become the same map.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast, get_args

from msgspec import Struct

from drift.desired.nodes import Path, Value
from drift.desired.problems import MOST_PROBLEMS, Breach
from drift.desired.rules import LIMITS_RULES
from drift.model.limits import Kind, Limits, limit_key

if TYPE_CHECKING:
    from drift.desired.schema import LimitItem

_CACHE_SIZE = 65_536


class LimitList(Struct, frozen=True):
    """One list of limits of one kind, in the order in which it is written."""

    limits: Limits
    breaches: tuple[Breach, ...] = ()
    """Paths start at the list."""


NO_LIMITS = LimitList({})


class LimitLists:
    """The lists and joined maps of a run. The maps are shared between groups: never change one."""

    def __init__(self) -> None:
        self._lists: dict[tuple[Kind, tuple[tuple[str, str, int], ...]], LimitList] = {}
        self._joined: dict[tuple[int, int], tuple[Limits, Limits, Limits]] = {}

    def of(self, kind: Kind, items: "Sequence[LimitItem]") -> LimitList:
        """The list as a map; the shape of the items has been checked."""
        if not items:
            return NO_LIMITS
        content = (kind, tuple([(item["type"], item["unit"], item["threshold"]) for item in items]))
        known = self._lists.get(content)
        if known is None:
            known = LimitList(
                {limit_key(kind, limit_type, unit): threshold for limit_type, unit, threshold in content[1]},
                tuple(breach for rule in LIMITS_RULES for breach in rule(kind, items)),
            )
            if len(self._lists) < _CACHE_SIZE:
                self._lists[content] = known
        return known

    def join(self, rates: Limits, usages: Limits) -> Limits:
        """Both kinds in one map, rate limits first."""
        if not usages:
            return rates
        if not rates:
            return usages
        ids = (id(rates), id(usages))
        known = self._joined.get(ids)
        if known is None:
            # The parts are kept with the result: an id says nothing about a map that is gone.
            known = ({**rates, **usages}, rates, usages)
            if len(self._joined) < _CACHE_SIZE:
                self._joined[ids] = known
        return known[0]

    def sound(self, value: Value, breaches: Sequence[Breach]) -> Iterator[Breach]:
        """What is wrong with the lists of a group or profile that is of wrong shape elsewhere."""
        if len(breaches) > MOST_PROBLEMS:
            return  # there are more, and nobody knows where
        wrong = {breach.path[:length] for breach in breaches for length in range(len(breach.path) + 1)}
        holders: list[tuple[Path, Value]] = [((), value)]
        if isinstance(value, dict) and isinstance(models := value.get("models"), list):
            holders += [(("models", index), model) for index, model in enumerate(models)]
        for path, holder in holders:
            for kind in get_args(Kind):
                if isinstance(holder, dict) and kind in holder and (*path, kind) not in wrong:
                    items = cast("Sequence[LimitItem]", holder[kind])
                    yield from (breach.below(*path, kind) for breach in self.of(kind, items).breaches)
