"""Pairs of limits of one type on one model, of which one leaves the other nothing to do.

They follow from the documented rules alone. In an INDEPENDENT tree a group's own limit replaces the same limit of
its ancestors, higher or lower, so only limits of another unit can stand in its way. In a CASCADING tree the same
limit above an ancestor's is an error already (V16). What a threshold of 0 means is not documented; V11 warns of it,
and nothing is concluded here.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from drift.desired.problems import MOST_PROBLEMS
from drift.desired.suspects import A_MINUTE, MINUTES_A_DAY, TYPES, suspects
from drift.desired.trees import Trees, warning
from drift.desired.wording import shown
from drift.errors import Problem
from drift.model.effective import applying
from drift.model.limits import EffectiveKey, LimitKey
from drift.model.wording import counted, number

_UNREACHED = "remove it, or lower it until it matters"
_HINTS = {
    "V30": _UNREACHED,
    "V31": _UNREACHED,
    "V32": "for the rest of the day (UTC) nothing passes then; lower the rate, or raise the daily limit",
}


class _Limit(NamedTuple):
    """A limit that applies to a group."""

    key: EffectiveKey
    threshold: int


class _Clash(NamedTuple):
    """A limit of a group, and another one that applies beside it."""

    rule: str
    own: _Limit
    other: _Limit


class _Cause(NamedTuple):
    """What makes clashes of several groups one: the same lines of a profile, against the same limit."""

    origin: tuple[str, ...]
    """A profile, or the group and model where no profile is named."""
    clash: _Clash
    """Without a source where the limit is the group's own."""


def limits_do_something(trees: Trees) -> Iterator[Problem]:
    """V30, V31 and V32: a group's own limits beside all that apply to it."""
    found: dict[str, dict[_Cause, list[tuple[str, str]]]] = {rule: {} for rule in _HINTS}
    # Children of one parent with the same limits fare alike; equal limits are one map, which its groups keep alive.
    known: dict[tuple[str | None, str, str, int], Sequence[_Clash]] = {}
    for key, slugs in suspects(trees):
        profiles = trees.groups[key].profiles
        node = trees.forest.nodes[key]
        for slug in slugs:
            alike = (node.parent, node.limit_enforcement, slug, id(node.models[slug]))
            clashes = known.get(alike)
            if clashes is None:
                limits = {
                    EffectiveKey(*limit, source): threshold
                    for limit, of_limit in applying(trees.forest.chain(key).nodes, slug).items()
                    for source, threshold in of_limit.items()
                }
                clashes = known[alike] = [
                    _Clash(rule, _anonymous(mine, key), _anonymous(other, key))
                    for rule, mine, other in _clashes(key, limits)
                ]
            for clash in clashes:
                causes = found[clash.rule]
                if slug in profiles:
                    causes.setdefault(_Cause((profiles[slug],), clash), []).append((key, slug))
                elif len(causes) <= MOST_PROBLEMS:
                    causes[_Cause((key, slug), clash)] = [(key, slug)]
    for causes in found.values():
        # Writing the messages costs more than finding the causes, and nobody is shown more.
        for cause, entries in islice(causes.items(), MOST_PROBLEMS + 1):
            yield _told(trees, cause, entries)


def _anonymous(limit: _Limit, key: str) -> _Limit:
    return limit._replace(key=limit.key._replace(source_group="")) if limit.key.source_group == key else limit


def _clashes(key: str, limits: Mapping[EffectiveKey, int]) -> Sequence[_Clash]:
    if 0 in limits.values():
        return ()
    clashes: list[_Clash] = []
    tightest = _tightest(limits)
    for limit_type in TYPES:
        second, minute, day = (tightest.get((limit_type, unit)) for unit in ("SECOND", "MINUTE", "DAY"))
        if second and minute:
            clashes += _of_two_units(key, second, minute)
        if day and (second or minute):
            clashes += _with_the_day(key, day, min(filter(None, (minute, second)), key=_a_minute))
    return clashes


def _tightest(limits: Mapping[EffectiveKey, int]) -> Mapping[tuple[str, str], _Limit]:
    tightest: dict[tuple[str, str], _Limit] = {}
    for limit, threshold in limits.items():
        at = (limit.type, limit.unit)
        known = tightest.get(at)
        if known is None or threshold < known.threshold:
            tightest[at] = _Limit(limit, threshold)
    return tightest


def _of_two_units(key: str, second: _Limit, minute: _Limit) -> Iterator[_Clash]:
    if second.key.source_group == key and second.threshold > minute.threshold:
        yield _Clash("V30", second, minute)
    elif minute.key.source_group == key and minute.threshold > _a_minute(second):
        yield _Clash("V30", minute, second)


def _with_the_day(key: str, day: _Limit, rate: _Limit) -> Iterator[_Clash]:
    full = _a_minute(rate)
    if day.key.source_group == key and day.threshold > full * MINUTES_A_DAY:
        yield _Clash("V31", day, rate)
    elif day.threshold < full:
        if day.key.source_group == key:
            yield _Clash("V32", day, rate)
        elif rate.key.source_group == key:
            yield _Clash("V32", rate, day)


def _a_minute(rate: _Limit) -> int:
    """What a rate limit lets pass in a minute."""
    return rate.threshold * A_MINUTE[rate.key.unit]


def _told(trees: Trees, cause: _Cause, entries: Sequence[tuple[str, str]]) -> Problem:
    clash = cause.clash
    key, slug = entries[0]
    mine, other = clash.own.key, clash.other.key
    place = trees.limit(key, slug, LimitKey(mine.kind, mine.type, mine.unit))
    at = trees.limit(other.source_group or key, slug, LimitKey(other.kind, other.type, other.unit)).location
    own = f"{_size(clash.own)} of {shown(key)} on {shown(slug)}"
    beside = _size(clash.other)
    if other.source_group:
        beside += f" of {shown(other.source_group)}"
    if at != place.location:
        beside += f" at {at}"
    match clash.rule:
        case "V30":
            message = f"{own} is never reached: {beside} lets at most {number(_a_minute(clash.other))} pass a minute"
        case "V31":
            most = _a_minute(clash.other) * MINUTES_A_DAY
            message = f"{own} is never reached: {beside} lets at most {number(most)} pass a day"
        case _ if mine.unit == "DAY":
            message = f"{own} is used up in less than a minute at the full rate of {beside}"
        case _:
            message = f"{own} uses up {beside} in less than a minute"
    groups = len(dict(entries))
    if groups > 1:
        message += f"; so for {counted(groups - 1, 'other group')} with the profile {shown(cause.origin[0])}"
    return warning(clash.rule, place, message, _HINTS[clash.rule])


def _size(limit: _Limit) -> str:
    return f"{limit.key.type}/{limit.key.unit} {number(limit.threshold)}"
