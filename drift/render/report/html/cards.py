"""A finding as the page shows it: a sentence, the declared and the live value as a table, and bars on one scale."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, assert_never

from drift.model import paths
from drift.model.limits import PER_DAY
from drift.model.wording import number
from drift.render import words
from drift.report.finding import Finding, Value

_MOST_AFFECTED = 200
"""Descendants that are listed; JSON has them all."""

Side: TypeAlias = tuple[str, str, str | None, Sequence[str]]
"""Whose it is, text, width of the bar (``66.7%``, ``none`` for no limit, null for no bar), and a model's limits."""


class Card(NamedTuple):
    """One finding with what is shown of it otherwise than it is."""

    finding: Finding
    what: str
    """What both sides are values of, e.g. ``org/model / rate_limits / TOKEN/MINUTE``."""
    sides: Sequence[Side]
    """Declared, then live; none where a finding has no values, and its message says all."""
    scale: str
    """What the bars compare, where it is not the values themselves."""
    affected: Sequence[tuple[str, str, str]]
    """Groups below, as many as are listed: name, effective limit as declared, and live."""


def card(finding: Finding) -> Card:
    """Everything that is shown of a finding."""
    parts = finding.path.parts
    sides, scale = _sides(finding)
    affected = [
        (words.titled(entry.group), _text(entry.desired, "none"), _text(entry.live, "none"))
        for entry in finding.affected[:_MOST_AFFECTED]
    ]
    return Card(finding, " / ".join(parts[1:] or parts) or "group", sides, scale, affected)


def _sides(finding: Finding) -> tuple[Sequence[Side], str]:
    """The declared value and the live one, and what their bars compare."""
    desired, live = finding.desired, finding.live
    if desired is None and live is None:
        return (), ""
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
    sides = (
        ("declared", _text(desired, undeclared), wide, _listed(desired)),
        ("live", _text(live, absent), narrow, _listed(live)),
    )
    return sides, "bars: what each allows in a day" if rates else ""


def _bars(desired: Value, live: Value) -> tuple[str | None, str | None]:
    """The widths of both bars on one scale; null for both where one cannot be measured."""
    before, after = _length(desired), _length(live)
    if before is None or after is None:
        return None, None
    longest = max(before, after)
    return (
        "none" if desired is None else _width(before, longest),
        "none" if live is None else _width(after, longest),
    )


def _length(value: Value) -> int | None:
    """A threshold, or what a rate allows in a day; zero for none, null for what is no number."""
    match value:
        case None:
            return 0
        case int():
            return abs(value)
        case {"threshold": int(threshold), "unit": str(unit)} if unit in PER_DAY:
            return abs(threshold) * PER_DAY[unit]
        case _:
            return None


def _width(length: int, longest: int) -> str:
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
