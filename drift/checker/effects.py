"""What each difference does: whose limits in effect it moves, and how much more a day it lets through.

Both come from the same two forests: the live groups, and the live groups with this one difference put right. The
exposure is an upper bound, for the group and all below it: descendants that inherit a changed limit count at the
ancestor's finding, each with its own counter where the tree is INDEPENDENT, once for all where they share a pool.
The total compares live with the whole declaration. It is not the sum of the findings: two differences on one model
may each expose the same tokens.

What is not declared is not compared here either: it counts as the declaration has it, that is as no limit, declared
and live. So does a group that could not be read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from msgspec.structs import replace

from drift.checker.excess import Excess
from drift.checker.live import Live
from drift.model.declaration import Key
from drift.model.effective import effective
from drift.model.forest import Forest, Node
from drift.model.limits import LimitKey
from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
    with_part,
)
from drift.report.exposure import Cost, Daily, Exposure, Prices, money, published, together
from drift.report.finding import Affected, Finding

_Budgets = Iterable[tuple[str, str]]
"""Slugs and types of limits."""
_TYPES = ("TOKEN", "REQUEST")


class Effects:
    """The effects of the differences between the declared and the live groups of a run."""

    def __init__(self, live: Live, prices: Prices | None = None) -> None:
        self._groups = live
        self._prices = prices

    def of(self, position: int, finding: Finding) -> Finding:
        """The finding on a declared group, with what putting it right would move and take away."""
        live = self._groups.forest
        node, declared = live.nodes.get(position), self._groups.declaration.forest.nodes[position]
        right = None if node is None else _put_right(finding.path, node, declared)
        if right is None or right == node:
            return finding
        below = tuple(live.descendants(position))
        above = () if right.parent is None else live.chain(right.parent).nodes
        before = Forest([right, *above, *(live.nodes[key] for key in below)])
        return replace(
            finding,
            affected=finding.affected or tuple(self._moved(before, below, finding.path)),
            exposure=self._measured([(Excess(live, before, position), _touched(finding.path))]),
        )

    def of_unmanaged(self, index: int) -> Exposure | None:
        """What deleting this unmanaged group would take away, apart from those below it."""
        live, key = self._groups.forest, self._groups.unmanaged[index].id
        before = Forest(live.chain(key).nodes[1:])
        return self._measured([(Excess(live, before, key, lambda other: other == key), None)])

    def total(self, findings: Mapping[int, Sequence[Finding]], counted: Callable[[int], bool]) -> Exposure | None:
        """Of all differences together.

        Args:
            findings: What differs, by position; trees without any are as declared.
            counted: Whether what the declared group at a position gains is asked for.
        """
        tops: dict[Key, dict[tuple[str, str], None] | None] = {}
        for position, of_group in findings.items():
            for budgets in (_touched(finding.path) for finding in of_group):
                if budgets != []:
                    _note(tops, self._groups.declaration.forest.chain(position).nodes[-1].key, budgets)
        for group in self._groups.unmanaged:
            _note(tops, self._top(group.id), _all(group.models))

        def is_counted(key: Key) -> bool:
            return isinstance(key, str) or counted(key)

        return self._measured(
            (Excess(self._groups.forest, self._groups.declaration.forest, top, is_counted), budgets)
            for top, budgets in tops.items()
        )

    def _top(self, unmanaged: str) -> Key:
        """The top of the tree with which an unmanaged group is looked at."""
        declared, top = self._groups.declaration.forest, self._groups.forest.chain(unmanaged).nodes
        managed = next((node.key for node in top if node.key in declared.nodes), None)
        return top[-1].key if managed is None else declared.chain(managed).nodes[-1].key

    def _moved(self, before: Forest[Key], below: Iterable[Key], path: Path) -> Iterator[Affected]:
        """The declared groups below whose limits in effect move, in the order of the files."""
        for position in sorted(key for key in below if isinstance(key, int) and key in self._groups.found):
            was, is_ = before.chain(position).nodes, self._groups.forest.chain(position).nodes
            moves = [
                (left.get(limit), right.get(limit))
                for slug in _slugs(path, was)
                for left, right in [(effective(was, slug) or {}, effective(is_, slug) or {})]
                for limit in dict.fromkeys((*left, *right))
                if left.get(limit) != right.get(limit)
            ]
            if moves:
                yield Affected(self._groups.found[position].ref, *map(_first, zip(*moves, strict=True)))

    def _measured(self, parts: Iterable[tuple[Excess[Key], _Budgets | None]]) -> Exposure | None:
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


def _put_right(path: Path, live: Node[Key], declared: Node[Key]) -> Node[Key] | None:
    """The live group with this one difference put right; None if that is nothing that limits traffic."""
    match path:
        case ModelPath() | LimitPath() | RateLimitPath():
            return replace(live, models=with_part(live.models, declared.models, path))
        case FieldPath("limit_enforcement"):
            return replace(live, limit_enforcement=declared.limit_enforcement)
        case FieldPath("parent_group_id"):
            return replace(live, parent=declared.parent)
        case GroupPath() | FieldPath() | EffectivePath() | EffectiveLimitPath():
            return None
        case _:
            assert_never(path)


def _slugs(path: Path, chain: Sequence[Node[Key]]) -> Iterable[str]:
    """The models of a descendant on which a difference can move something."""
    match path:
        case ModelPath(slug) | LimitPath(slug) | RateLimitPath(slug):
            return (slug,)
        case GroupPath() | FieldPath() | EffectivePath() | EffectiveLimitPath():
            return chain[0].models
        case _:
            assert_never(path)


def _first(thresholds: Iterable[int | None]) -> int | None:
    return next((threshold for threshold in thresholds if threshold is not None), None)


def _touched(path: Path) -> _Budgets | None:
    """The budgets that a difference at the path can change; None for all."""
    match path:
        case ModelPath(slug):
            return _all([slug])
        case LimitPath(slug, LimitKey(_, type_)) | RateLimitPath(slug, type_):
            return [(slug, type_)] if type_ in _TYPES else []
        case GroupPath() | FieldPath("limit_enforcement" | "parent_group_id"):
            return None
        case FieldPath() | EffectivePath() | EffectiveLimitPath():
            return []
        case _:
            assert_never(path)


def _all(slugs: Iterable[str]) -> Sequence[tuple[str, str]]:
    return [(slug, type_) for slug in slugs for type_ in _TYPES]


def _note(tops: dict[Key, dict[tuple[str, str], None] | None], top: Key, budgets: _Budgets | None) -> None:
    if budgets is None:
        tops[top] = None
    elif (known := tops.setdefault(top, {})) is not None:
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
