"""A finding as the page shows it: a sentence, the declared and the live value as a table, and bars on one scale."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, assert_never

from drift.model import paths
from drift.model.limits import PER_DAY
from drift.model.wording import number
from drift.render import words
from drift.report.finding import Affected, Finding, Value

_MOST_AFFECTED = 200
"""Descendants that are listed; JSON has them all."""

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
    parts = finding.path.parts
    more = len(finding.affected) - _MOST_AFFECTED
    return Card(
        finding.severity.value,
        finding.direction.value,
        finding.rule,
        finding.status.value if finding.status else "",
        str(finding.source) if finding.source else "not declared",
        finding.message,
        " / ".join(parts[1:] or parts) or "group",
        declared,
        live,
        scale,
        words.exposed(finding.exposure) if finding.exposure else "",
        words.titled(finding.cause) if finding.cause else "",
        words.effect(finding).capitalize() if finding.affected else "",
        list(map(_affected, finding.affected[:_MOST_AFFECTED])),
        f"and {number(more)} more: the JSON report lists all of them" if more > 0 else "",
    )


def _sides(finding: Finding) -> tuple[Side | None, Side | None, str]:
    """The declared value, the live one, and what their bars compare."""
    desired, live = finding.desired, finding.live
    if desired is None and live is None:
        return None, None, ""
    undeclared, absent, measured = "not declared", "none", False
    match finding.path:
        case paths.LimitPath() | paths.RateLimitPath():
            undeclared, absent, measured = "none declared", "none on this group", True
        case paths.EffectiveLimitPath(source=None):
            undeclared, measured = "none declared", True
        case paths.GroupPath():
            absent = "no such group"
        case paths.FieldPath() | paths.ModelPath() | paths.EffectivePath() | paths.EffectiveLimitPath():
            pass
        case _:
            assert_never(finding.path)
    wide, narrow = _bars(desired, live) if measured else (None, None)
    rates = isinstance(desired, Mapping) and isinstance(live, Mapping) and wide is not None
    return (
        (_text(desired, undeclared), wide, _listed(desired)),
        (_text(live, absent), narrow, _listed(live)),
        "bars: what each allows in a day" if rates else "",
    )


def _bars(desired: Value, live: Value) -> tuple[str | None, str | None]:
    """The widths of both bars on one scale; null for both where one cannot be measured."""
    lengths = [_length(value) for value in (desired, live)]
    if any(length is None and value is not None for length, value in zip(lengths, (desired, live), strict=True)):
        return None, None
    longest = max(length or 0 for length in lengths)
    before, after = (_width(length, longest) for length in lengths)
    return before, after


def _length(value: Value) -> int | None:
    """A threshold, or what a rate allows in a day."""
    match value:
        case int():
            return abs(value)
        case {"threshold": int(threshold), "unit": str(unit)} if unit in PER_DAY:
            return abs(threshold) * PER_DAY[unit]
        case _:
            return None


def _width(length: int | None, longest: int) -> str:
    if length is None:
        return "none"
    # Integers all the way: thresholds may exceed what a float holds.
    whole, tenth = divmod(length * 1000 // longest if longest else 0, 10)
    return f"{whole}.{tenth}%"


def _text(value: Value, absent: str) -> str:
    match value:
        case None:
            return absent
        case int():
            return number(value)
        case str():
            return value
        case {"threshold": threshold, "unit": unit}:
            return f"{_amount(threshold)}/{unit}"
        case _:
            return str(value.get("slug", ""))


def _listed(value: Value) -> Sequence[str]:
    """The limits of a model; of anything else nothing."""
    if not isinstance(value, Mapping) or "threshold" in value:
        return ()
    limits = [limit for items in value.values() if not isinstance(items, str | int) for limit in items]
    return [f"{limit.get('type')}/{limit.get('unit')} {_amount(limit.get('threshold'))}" for limit in limits] or [
        "no limits"
    ]


def _amount(value: object) -> str:
    return number(value) if isinstance(value, int) else str(value)


def _affected(entry: Affected) -> tuple[str, str, str]:
    return words.titled(entry.group), _text(entry.desired, "none"), _text(entry.live, "none")
