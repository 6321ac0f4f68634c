"""Lists of limits as keyed maps, each distinct list held and checked once; and the rules that hold within one list.

Thousands of groups share a few dozen lists, so equal lists become the same map.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, ValidationError, convert

from drift.desired.nodes import Path, Value
from drift.desired.problems import Breach
from drift.desired.shape import LimitItem, RateLimitItem, UsageLimitItem
from drift.errors import Level
from drift.model.limits import UNITS, Kind, Limits, limit_key

_CACHE_SIZE = 65_536
_DOCUMENTED_TYPES = ("REQUEST", "TOKEN")
_SHAPES = {"rate_limits": list[RateLimitItem], "usage_limits": list[UsageLimitItem]}


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

    def of(self, kind: Kind, items: Sequence[LimitItem]) -> LimitList:
        """The API's list as a map."""
        if not items:
            return NO_LIMITS
        content = (kind, tuple([(item.type, item.unit, item.threshold) for item in items]))
        known = self._lists.get(content)
        if known is None:
            limits = {limit_key(kind, item.type, item.unit): item.threshold for item in items}
            known = LimitList(limits, tuple(_breaches(kind, items)))
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

    def breaches_below(self, value: Value) -> Iterator[Breach]:
        """What is wrong within the lists of a group or profile that is of wrong shape elsewhere."""
        holders: list[tuple[Path, Value]] = [((), value)]
        if isinstance(value, dict) and isinstance(models := value.get("models"), list):
            holders += [(("models", index), model) for index, model in enumerate(models)]
        for path, holder in holders:
            for kind in UNITS:
                if not isinstance(holder, dict) or kind not in holder:
                    continue
                try:
                    items = convert(holder[kind], _SHAPES[kind])
                except ValidationError:
                    continue  # reported with the shape
                yield from (breach.below(*path, kind) for breach in self.of(kind, items).breaches)


def _breaches(kind: Kind, limits: Sequence[LimitItem]) -> Iterator[Breach]:
    first: dict[tuple[str, str], int] = {}
    for index, limit in enumerate(limits):
        if limit.type not in _DOCUMENTED_TYPES:
            message = f"{limit.type} is newer than the documented limit types of groups"
            yield Breach("V07", Level.WARNING, (index, "type"), message, "the API may refuse it")
        if limit.threshold == 0:
            message = "a threshold of 0 probably lets nothing pass"
            hint = "leave the limit out for no limit, or the model out for no access"
            yield Breach("V11", Level.WARNING, (index, "threshold"), message, hint)
        before = first.setdefault((limit.type, "" if kind == "rate_limits" else limit.unit), index)
        if before == index:
            continue
        if kind == "rate_limits":
            message = f"a second rate limit of type {limit.type}; the first is rate_limits[{before}]"
            hint = "a model has one rate limit per type: per SECOND or per MINUTE, not both"
            yield Breach("V09", Level.ERROR, (index,), message, hint)
        else:
            message = f"a second usage limit of type {limit.type} per {limit.unit}; the first is usage_limits[{before}]"
            yield Breach("V10", Level.ERROR, (index,), message, "keep one of them")
