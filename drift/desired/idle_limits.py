"""Pairs of limits of one type on one model, of which one leaves the other nothing to do.

They follow from the documented rules alone. In an INDEPENDENT tree a group's own limit replaces the same limit of
its ancestors, higher or lower, so only limits of another unit can stand in its way. In a CASCADING tree the same
limit above an ancestor's is an error already (V16). What a threshold of 0 means is not documented; V11 warns of it,
and nothing is concluded here.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from drift.desired.nodes import MOST_PROBLEMS, shown
from drift.desired.trees import Trees, warning
from drift.errors import Problem
from drift.model.forest import MAX_LEVELS
from drift.model.limits import PER_DAY, LimitKey, Limits
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


_Applying: TypeAlias = Mapping[LimitKey, tuple[int, int | None]]
"""Threshold and source of the limits that apply to one model of a group."""
_NOTHING: _Applying = {}


class _Clash(NamedTuple):
    """A limit of a group, and another one that applies beside it."""

    rule: str
    own: _Limit
    other: _Limit


class _Cause(NamedTuple):
    """What makes clashes of several groups one: the same lines of a profile, against the same limit."""

    origin: str | tuple[int, str]
    """A profile, or the group and model where no profile is named."""
    clash: _Clash


def limits_do_something(trees: Trees) -> Iterator[Problem]:
    """V30, V31 and V32: a group's own limits beside all that apply to it."""
    found: dict[str, dict[_Cause, list[tuple[int, str]]]] = {rule: {} for rule in _HINTS}
    for key, slug, clashes in _clashes_of_all(trees):
        profile = trees.groups[key].profiles.get(slug)
        for clash in clashes:
            causes = found[clash.rule]
            if profile is not None:
                causes.setdefault(_Cause(profile, clash), []).append((key, slug))
            elif len(causes) <= MOST_PROBLEMS:
                causes[_Cause((key, slug), clash)] = [(key, slug)]
    for causes in found.values():
        # Writing the messages costs more than finding the causes, and nobody is shown more.
        for cause, entries in islice(causes.items(), MOST_PROBLEMS + 1):
            yield _problem(trees, cause, entries)


def _clashes_of_all(trees: Trees) -> Iterator[tuple[int, str, Sequence[_Clash]]]:
    """Group, model and clashes, parents first; groups that the API cannot have are left out."""
    forest = trees.forest
    # Groups share the maps of equal limits, and keep them alive; children of one parent share what it passes on.
    known: dict[tuple[int, int, str], Sequence[_Clash]] = {}
    passed_on: dict[int | None, Mapping[str, _Applying]] = {}
    for key in trees.tops:
        if (forest.depth(key) or 0) > MAX_LEVELS:
            continue  # V15; besides, with chains of any length this would not be linear
        node = forest.nodes[key]
        above = passed_on.get(trees.parent(key), {})
        for slug, limits in node.models.items():
            inherited = above.get(slug, _NOTHING)
            alike = (id(inherited), id(limits), node.limit_enforcement)
            clashes = known.get(alike)
            if clashes is None:
                applying = _joined(inherited, limits, None, node.limit_enforcement)
                clashes = known[alike] = tuple(_clashes(applying))
            if clashes:
                yield key, slug, clashes
        if forest.children(key):
            own = {
                slug: _joined(above.get(slug, _NOTHING), limits, key, node.limit_enforcement)
                for slug, limits in node.models.items()
            }
            passed_on[key] = {**above, **own}


def _joined(inherited: _Applying, limits: Limits, source: int | None, mode: str) -> _Applying:
    """What applies to a group below what applies to its parent; of equal pools the nearest."""
    own = {
        limit: (threshold, source)
        for limit, threshold in limits.items()
        if mode == "INDEPENDENT" or limit not in inherited or threshold <= inherited[limit][0]
    }
    return {**inherited, **own}


def _clashes(applying: _Applying) -> Iterator[_Clash]:
    if any(threshold == 0 for threshold, _ in applying.values()):
        return
    limits = {(key.type, key.unit): _Limit(key, *of_key) for key, of_key in applying.items()}
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


def _problem(trees: Trees, cause: _Cause, entries: Sequence[tuple[int, str]]) -> Problem:
    rule, mine, other = cause.clash
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
