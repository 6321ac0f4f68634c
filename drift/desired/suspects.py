"""Which models may have limits that clash: a quick look that misses none, since a thorough one takes far longer.

It goes by the extremes of all limits along the chain, whichever of them apply.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from drift.desired.trees import Trees
from drift.model.forest import MAX_LEVELS
from drift.model.limits import Limits

TYPES = ("REQUEST", "TOKEN")
"""Types that add up over time, as the documentation describes them; nothing is concluded about others."""
MINUTES_A_DAY = 24 * 60
A_MINUTE = {"SECOND": 60, "MINUTE": 1}


class _Span(NamedTuple):
    """The limits of one type on one model along a chain; rates are by the minute."""

    slowest: float
    fastest: float
    least: float
    """Of the daily limits."""
    units: frozenset[str]
    """Of the rate limits."""

    def joined(self, other: "_Span") -> "_Span":
        """The limits of both."""
        return _Span(
            min(self.slowest, other.slowest),
            max(self.fastest, other.fastest),
            min(self.least, other.least),
            self.units if self.units == other.units else self.units | other.units,
        )


class _Own(NamedTuple):
    """What one group says about one type on a model; a group has one rate limit of a type and one daily limit."""

    type: str
    span: _Span

    def may_clash(self, chain: _Span) -> bool:
        """Whether a limit of the group may have nothing to do beside those of the chain, its own included."""
        day, rate = self.span.least, self.span.fastest
        return len(chain.units) > 1 or chain.least < rate or (day < inf and not self._fits(day, chain))

    @staticmethod
    def _fits(day: float, chain: _Span) -> bool:
        return chain.fastest <= day <= chain.slowest * MINUTES_A_DAY


def suspects(trees: Trees) -> Iterator[tuple[str, Sequence[str]]]:
    """Groups with the models of theirs that are worth a look; groups that the API cannot have are left out."""
    forest = trees.forest
    known: dict[int, Sequence[_Own]] = {}
    passed_on: dict[str | None, Mapping[tuple[str, str], _Span]] = {}
    for key in trees.tops:
        if (forest.depth(key) or 0) > MAX_LEVELS:
            continue  # V15; besides, with chains of any length this would not be linear
        node = forest.nodes[key]
        above = passed_on.get(node.parent, {})
        spans: dict[tuple[str, str], _Span] = {}
        found: dict[str, None] = {}
        for slug, limits in node.models.items():
            # Groups share the maps of equal limits, and keep them alive.
            owns = known.get(id(limits))
            if owns is None:
                owns = known[id(limits)] = _own(limits)
            for own in owns:
                inherited = above.get((slug, own.type))
                span = own.span if inherited is None else own.span.joined(inherited)
                spans[slug, own.type] = span
                if own.may_clash(span):
                    found[slug] = None
        if found:
            yield key, tuple(found)
        if forest.children(key):
            passed_on[key] = {**above, **spans}


def _own(limits: Limits) -> Sequence[_Own]:
    spans: dict[str, _Span] = {}
    for (_, limit_type, unit), threshold in limits.items():
        if limit_type in TYPES:
            if unit == "DAY":
                span = _Span(inf, 0, threshold, frozenset())
            else:
                rate = threshold * A_MINUTE[unit]
                span = _Span(rate, rate, inf, frozenset((unit,)))
            spans[limit_type] = span.joined(spans[limit_type]) if limit_type in spans else span
    return [_Own(limit_type, span) for limit_type, span in spans.items()]
