"""How much of a day's use live lets through that the declaration would refuse: by finding, and in total.

Both are upper bounds. A finding's exposure is what putting this one difference right would take away, with all
else as it is live, for its group and all below it: descendants that inherit a changed limit count at the
ancestor's finding, each with its own counter where the tree is INDEPENDENT, once for all where they share a pool.
The total holds live against the whole declaration. It is not the sum of the findings: two differences on one model
may each expose the same tokens.

What is not declared is not compared here either: it counts as the declaration has it, that is as no limit, on both
sides. So does a group that could not be read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import assert_never

from drift.checker.excess import Excess
from drift.checker.sides import LiveGroups, Sides, put_right, stranger_key
from drift.model.forest import Forest
from drift.model.groups import DesiredGroup
from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
)
from drift.model.prices import Prices
from drift.report.exposure import Cost, Daily, Exposure, money, published, together
from drift.report.finding import Finding

_Budgets = Iterable[tuple[str, str]]
"""Slugs and types of limits."""
_TYPES = ("TOKEN", "REQUEST")


class Exposures:
    """What lies between the declared and the live groups of a run."""

    def __init__(self, desired: Sequence[DesiredGroup], groups: LiveGroups, prices: Prices | None = None) -> None:
        sides = Sides(desired, groups)
        self._live = sides.live
        self._declared = sides.declared
        self._strangers = {stranger_key(index): group for index, group in enumerate(groups.strangers)}
        self._prices = prices

    def of(self, position: int, finding: Finding) -> Exposure | None:
        """What putting right this finding on a declared group would take away."""
        key = str(position)
        live, declared = self._live.nodes.get(key), self._declared.nodes.get(key)
        right = None if live is None or declared is None else put_right(finding.path, live, declared)
        if right is None or right == live:
            return None
        above = () if right.parent is None else self._live.chain(right.parent).nodes
        below = (self._live.nodes[other] for other in self._live.descendants(key))
        base = Forest([right, *above, *below])
        return self._measured([(Excess(self._live, base, key), _touched(finding.path))])

    def of_stranger(self, index: int) -> Exposure | None:
        """What deleting this undeclared group would take away, apart from those below it."""
        key = stranger_key(index)
        base = Forest(self._live.chain(key).nodes[1:])
        return self._measured([(Excess(self._live, base, key, key.__eq__), None)])

    def total(self, findings: Mapping[int, Sequence[Finding]], counted: Callable[[int], bool]) -> Exposure | None:
        """Of all differences together.

        Args:
            findings: What differs, by position; trees without any are as declared.
            counted: Whether what the declared group at a position gains is asked for.
        """
        tops: dict[str, dict[tuple[str, str], None] | None] = {}
        for position, of_group in findings.items():
            for node in self._declared.chain(str(position)).nodes[-1:]:
                for finding in of_group:
                    _note(tops, node.key, _touched(finding.path))
        for key, group in self._strangers.items():
            _note(tops, self._top(key), _all(group.models))

        def is_counted(key: str) -> bool:
            return key in self._strangers or counted(int(key))

        return self._measured(
            (Excess(self._live, self._declared, top, is_counted), budgets) for top, budgets in tops.items()
        )

    def _top(self, stranger: str) -> str:
        """The top of the tree with which the undeclared group is looked at."""
        top = stranger
        for node in self._live.chain(stranger).nodes:
            if node.key in self._declared.nodes:
                return self._declared.chain(node.key).nodes[-1].key
            top = node.key
        return top

    def _measured(self, parts: Iterable[tuple[Excess, _Budgets | None]]) -> Exposure | None:
        tokens: dict[str, Daily] = {}
        requests: Daily = 0
        for excess, budgets in parts:
            for slug, type_ in _all(excess.slugs()) if budgets is None else budgets:
                amount = excess.of(slug, type_)
                if type_ == "REQUEST":
                    requests = together([requests, amount])
                elif amount != 0:
                    tokens[slug] = together([tokens.get(slug, 0), amount])
        return _exposure(tokens, requests, self._prices)


def limits_traffic(finding: Finding) -> bool:
    """Whether the difference can change how much may be used at all."""
    return _touched(finding.path) != []


def _touched(path: Path) -> _Budgets | None:
    """What a difference at the path can change; None for all models."""
    match path:
        case ModelPath(slug):
            return _all([slug])
        case LimitPath(slug, limit):
            return [(slug, limit.type)] if limit.type in _TYPES else []
        case RateLimitPath(slug, type_):
            return [(slug, type_)] if type_ in _TYPES else []
        case GroupPath() | FieldPath("limit_enforcement" | "parent_group_id"):
            return None
        case FieldPath() | EffectivePath() | EffectiveLimitPath():
            return []
        case _:
            assert_never(path)


def _all(slugs: Iterable[str]) -> Sequence[tuple[str, str]]:
    return [(slug, type_) for slug in slugs for type_ in _TYPES]


def _note(tops: dict[str, dict[tuple[str, str], None] | None], top: str, budgets: _Budgets | None) -> None:
    if budgets is None:
        tops[top] = None
    elif budgets and (known := tops.setdefault(top, {})) is not None:
        known.update(dict.fromkeys(budgets))


def _exposure(tokens: Mapping[str, Daily], requests: Daily, prices: Prices | None) -> Exposure | None:
    if not tokens and requests == 0:
        return None
    cost = None if prices is None else _cost(tokens, prices)
    return Exposure(published(together(tokens.values())), published(requests), cost)


def _cost(tokens: Mapping[str, Daily], prices: Prices) -> Cost | None:
    priced = [slug for slug in tokens if slug in prices.models]
    if not priced:
        return None
    costs = (None if (amount := tokens[slug]) is None else prices.hundredths(slug, amount) for slug in priced)
    return Cost(prices.currency, money(together(costs)), tuple(sorted(tokens.keys() - priced)))
