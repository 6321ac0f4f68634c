"""Pairs of limits of one type on one model, of which one leaves the other nothing to do.

They follow from the documented rules alone. In an INDEPENDENT tree a group's own limit replaces the same limit of
its ancestors, higher or lower, so only limits of another unit can stand in its way. In a CASCADING tree the same
limit above an ancestor's is an error already (V16). What a threshold of 0 means is not documented; V11 warns of it,
and nothing is concluded here.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from drift.desired.nodes import MOST_PROBLEMS, shown
from drift.desired.trees import Trees, warning
from drift.errors import Problem
from drift.model.declaration import Key
from drift.model.effective import BySource, applying
from drift.model.forest import MAX_LEVELS, Node
from drift.model.limits import PER_DAY, LimitKey
from drift.model.wording import counted, number

_TYPES = ("REQUEST", "TOKEN")
"""Types that add up over time, as the documentation describes them; nothing is concluded about others."""
_UNREACHED = "remove it, or lower it until it matters"
_HINTS = {
    "V30": _UNREACHED,
    "V31": _UNREACHED,
    "V32": "for the rest of the day (UTC) nothing passes then; lower the rate, or raise the daily limit",
}


class _Limit(NamedTuple):
    """The tightest limit of a type and unit that applies to a group."""

    key: LimitKey
    threshold: int
    source: int | None
    """The ancestor that sets it; None for the group itself, so that groups that fare alike have equal clashes."""

    @property
    def a_day(self) -> int:
        return self.threshold * PER_DAY[self.key.unit]


class _Clash(NamedTuple):
    """A limit of a group, and another one that applies beside it."""

    rule: str
    own: _Limit
    other: _Limit


_Cause: TypeAlias = tuple[str | tuple[int, str], _Clash]
"""What makes clashes of several groups one: the same lines of a profile, or of one model of one group, against the
same limit."""


def limits_do_something(trees: Trees) -> Iterator[Problem]:
    """V30, V31 and V32: a group's own limits beside all that apply to it."""
    found: dict[str, dict[_Cause, list[tuple[int, str]]]] = {rule: {} for rule in _HINTS}
    for key, slug, clashes in _clashes_of_all(trees):
        origin = trees.groups[key].profiles.get(slug) or (key, slug)
        for clash in clashes:
            causes = found[clash.rule]
            if len(causes) <= MOST_PROBLEMS or (origin, clash) in causes:
                causes.setdefault((origin, clash), []).append((key, slug))
    for causes in found.values():
        # Writing the messages costs more than finding the causes.
        for (_, clash), entries in causes.items():
            yield _problem(trees, clash, entries)


def _clashes_of_all(trees: Trees) -> Iterator[tuple[int, str, Sequence[_Clash]]]:
    """Group, model and clashes, parents first; groups that the API cannot have are left out."""
    # Groups share the maps of equal limits, and keep them alive; children of one parent inherit the same.
    known: dict[tuple[object, ...], Sequence[_Clash]] = {}
    for key in trees.tops:
        if (trees.forest.depth(key) or 0) > MAX_LEVELS:
            continue  # V15; besides, with chains of any length this would not be linear
        node = trees.forest.nodes[key]
        chain: Sequence[Node[Key]] = ()
        for slug, limits in node.models.items():
            alike = (node.parent, node.parent is None or slug, id(limits), node.limit_enforcement)
            clashes = known.get(alike)
            if clashes is None:
                chain = chain or trees.forest.chain(key).nodes
                clashes = known[alike] = tuple(_clashes(key, applying(chain, slug)))
            if clashes:
                yield key, slug, clashes


def _clashes(group: int, by_source: BySource[Key]) -> Iterator[_Clash]:
    limits: dict[tuple[str, str], _Limit] = {}
    for limit, thresholds in by_source.items():
        # Of equal pools the nearest.
        source = min(thresholds, key=thresholds.__getitem__)
        ancestor = source if isinstance(source, int) and source != group else None
        limits[limit.type, limit.unit] = _Limit(limit, thresholds[source], ancestor)
    if not all(limit.threshold for limit in limits.values()):
        return
    for limit_type in _TYPES:
        second, minute, day = (limits.get((limit_type, unit)) for unit in ("SECOND", "MINUTE", "DAY"))
        if second and minute:
            yield from _of_two_units(second, minute)
        rates = [rate for rate in (minute, second) if rate]
        if day and rates:
            yield from _with_the_day(day, min(rates, key=lambda rate: rate.a_day))


def _of_two_units(second: _Limit, minute: _Limit) -> Iterator[_Clash]:
    if second.source is None and second.threshold > minute.threshold:
        yield _Clash("V30", second, minute)
    elif minute.source is None and minute.a_day > second.a_day:
        yield _Clash("V30", minute, second)


def _with_the_day(day: _Limit, rate: _Limit) -> Iterator[_Clash]:
    if day.source is None and day.threshold > rate.a_day:
        yield _Clash("V31", day, rate)
    elif day.threshold < _a_minute(rate):
        if day.source is None:
            yield _Clash("V32", day, rate)
        elif rate.source is None:
            yield _Clash("V32", rate, day)


def _a_minute(rate: _Limit) -> int:
    """What a rate limit lets pass in a minute."""
    return rate.a_day // PER_DAY["MINUTE"]


def _problem(trees: Trees, clash: _Clash, entries: Sequence[tuple[int, str]]) -> Problem:
    rule, mine, other = clash
    key, slug = entries[0]
    place = trees.limit(key, slug, mine.key)
    at = trees.limit(key if other.source is None else other.source, slug, other.key).location
    own = f"{_size(mine)} of {trees.name(key)} on {shown(slug)}"
    beside = _size(other)
    if other.source is not None:
        beside += f" of {trees.name(other.source)}"
    if at != place.location:
        beside += f" at {at}"
    match rule:
        case "V30":
            message = f"{own} is never reached: {beside} lets at most {number(_a_minute(other))} pass a minute"
        case "V31":
            message = f"{own} is never reached: {beside} lets at most {number(other.a_day)} pass a day"
        case _ if mine.key.unit == "DAY":
            message = f"{own} is used up in less than a minute at the full rate of {beside}"
        case _:
            message = f"{own} uses up {beside} in less than a minute"
    groups = len(dict(entries))
    if groups > 1:
        message += (
            f"; so for {counted(groups - 1, 'other group')} with the profile {shown(trees.groups[key].profiles[slug])}"
        )
    return warning(rule, place, message, _HINTS[rule])


def _size(limit: _Limit) -> str:
    return f"{limit.key} {number(limit.threshold)}"
