"""A finding as the page shows it: a sentence, the declared and the live value as a table, and bars on one scale."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, assert_never

from drift.model.limits import JsonLimit
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
from drift.model.wording import number
from drift.render.words import effect, exposed, titled
from drift.report.finding import Affected, Finding, Value

_MOST_AFFECTED = 200
"""Descendants that are listed; JSON has them all."""
_PER_DAY = {"SECOND": 86_400, "MINUTE": 1_440, "DAY": 1}

Side = tuple[str, str | None, Sequence[str]]
"""Text, width of the bar (``66.7%``, ``none`` for no limit, null for no bar), and limits in a list of their own."""


class Card(NamedTuple):
    """One finding; the template unpacks it in this order, which is faster than by name."""

    severity: str
    direction: str
    rule: str
    change: str
    """Its origin, as ``--base`` tells it; empty without a base."""
    source: str
    message: str
    what: str
    """What both are values of, e.g. ``org/model / rate_limits / TOKEN/MINUTE``."""
    declared: Side | None
    """Null where a finding has no values, and its message says all."""
    live: Side | None
    scale: str
    """What the bars compare, where it is not the values themselves."""
    exposes: str
    cause: str
    effect: str
    """What it does to the groups below; empty if nothing."""
    affected: Sequence[tuple[str, str, str]]
    """Group, effective limit as declared, and live."""
    more: str
    """How many groups below are not listed."""


def card(finding: Finding) -> Card:
    """Everything that is shown of a finding."""
    declared, live, scale = _sides(finding)
    more = len(finding.affected) - _MOST_AFFECTED
    return Card(
        finding.severity.value,
        finding.direction.value,
        finding.rule,
        finding.status.value if finding.status else "",
        str(finding.source) if finding.source else "not declared",
        finding.message,
        _what(finding.path),
        declared,
        live,
        scale,
        exposed(finding.exposure) if finding.exposure else "",
        titled(finding.cause) if finding.cause else "",
        effect(finding).capitalize() if finding.affected else "",
        list(map(_affected, finding.affected[:_MOST_AFFECTED])),
        f"and {number(more)} more: the JSON report lists all of them" if more > 0 else "",
    )


def _what(path: Path) -> str:
    return " / ".join(path.parts[1:] or path.parts) or "group"


def _sides(finding: Finding) -> tuple[Side | None, Side | None, str]:
    desired, live = finding.desired, finding.live
    if desired is None and live is None:
        return None, None, ""
    match finding.path:
        case LimitPath() | RateLimitPath():
            return _limits(desired, live, none="none on this group")
        case EffectiveLimitPath(source=None):
            return _limits(desired, live, none="none")
        case GroupPath():
            absent = "no such group"
        case FieldPath() | ModelPath() | EffectivePath() | EffectiveLimitPath():
            absent = "none"
        case _:
            assert_never(finding.path)
    return (_text(desired, "not declared"), None, _listed(desired)), (_text(live, absent), None, _listed(live)), ""


def _limits(desired: Value, live: Value, *, none: str) -> tuple[Side, Side, str]:
    before, after, scale = _measure(desired), _measure(live), ""
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        before, after = _a_day(desired), _a_day(live)
        scale = "bars: what each allows in a day" if isinstance(before, int) and isinstance(after, int) else ""
    wide, narrow = _bars(before, after)
    return (_limit(desired, "none declared"), wide, ()), (_limit(live, none), narrow, ()), scale


def _measure(value: Value) -> int | str | None:
    """How long a bar is, ``none`` for no limit, or null for what cannot be measured."""
    return "none" if value is None else value if isinstance(value, int) else None


def _a_day(limit: Mapping[str, object]) -> int | None:
    threshold, times = limit.get("threshold"), _PER_DAY.get(str(limit.get("unit")))
    return threshold * times if isinstance(threshold, int) and times else None


def _bars(before: int | str | None, after: int | str | None) -> tuple[str | None, str | None]:
    if before is None or after is None:
        return None, None
    longest = max((abs(value) for value in (before, after) if isinstance(value, int)), default=0)
    return _bar(before, longest), _bar(after, longest)


def _bar(value: int | str, longest: int) -> str:
    if isinstance(value, str):
        return value
    # Integers all the way: thresholds may exceed what a float holds.
    whole, tenth = divmod(abs(value) * 1000 // longest if longest else 0, 10)
    return f"{whole}.{tenth}%"


def _limit(value: Value, none: str) -> str:
    if isinstance(value, int):
        return number(value)
    if isinstance(value, Mapping):
        return f"{_amount(value.get('threshold'))}/{value.get('unit')}"
    return none if value is None else value


def _text(value: Value, none: str) -> str:
    if value is None:
        return none
    if isinstance(value, Mapping):
        return str(value.get("slug", ""))
    return number(value) if isinstance(value, int) else value


def _listed(value: Value) -> Sequence[str]:
    """The limits of a model."""
    if not isinstance(value, Mapping):
        return ()
    return [_named(limit) for limits in value.values() if not isinstance(limits, str | int) for limit in limits] or [
        "no limits"
    ]


def _named(limit: JsonLimit) -> str:
    return f"{limit.get('type')}/{limit.get('unit')} {_amount(limit.get('threshold'))}"


def _amount(value: object) -> str:
    return number(value) if isinstance(value, int) else str(value)


def _affected(entry: Affected) -> tuple[str, str, str]:
    return titled(entry.group), _limit(entry.desired, "none"), _limit(entry.live, "none")
