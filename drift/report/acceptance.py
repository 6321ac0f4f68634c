"""Differences that somebody accepted for a while: exact value, reason, owner, last day.

Pure. The structs are part of the published report format.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from drift.errors import Location
from drift.model.groups import GroupRef
from drift.model.paths import Path
from drift.report.finding import Finding, Value
from drift.rules import RULE_SET


class Acceptance(Struct, frozen=True):
    """One entry of ``accepted`` in the desired files."""

    group: str
    """External id, or internal id of a group without one."""
    rule: str | None
    """The rule of the finding; null for any."""
    path: Path | None
    """The path of the finding; null for any."""
    live: Value
    """The value that was accepted; another one is drift again."""
    reason: str
    owner: str
    until: str
    """The last day on which it holds, ISO 8601, UTC."""
    rule_set: int
    """The rule-set version of the report that it was taken from."""
    source: Location


class Accepted(Struct, frozen=True):
    """A finding that does not count, and the acceptance that covers it."""

    finding: Finding
    acceptance: Acceptance
    expiring: bool = False
    """Whether it ends within the days that the caller wants to be warned of."""


class Lapse(StrEnum):
    """Why an acceptance no longer applies."""

    EXPIRED = "expired"
    MOVED = "moved"
    """Live has yet another value than the accepted one."""
    UNUSED = "unused"
    """There is no such difference any more."""


class Lapsed(Struct, frozen=True):
    """An acceptance that no longer applies, for people to renew or remove."""

    acceptance: Acceptance
    lapse: Lapse


class Acceptances(Struct, frozen=True):
    """What is accepted in a run, and on which day it is asked."""

    entries: tuple[Acceptance, ...] = ()
    today: date = date.max
    warning: timedelta = timedelta(days=14)
    """An acceptance that ends within this time is expiring."""


class Outcome(Struct, frozen=True):
    """The findings of a run: those that count, those that are accepted, and what no longer applies."""

    findings: list[Finding]
    """What nobody accepted."""
    accepted: list[Accepted]
    lapsed: list[Lapsed]


def accept(findings: Iterable[Finding], acceptances: Acceptances, *, is_known: Callable[[str], bool]) -> Outcome:
    """Take out of the findings what is accepted today, with exactly the live value that was accepted.

    Args:
        findings: All that differs.
        acceptances: What is accepted, and the day.
        is_known: Whether the run could see everything about a group, by external or internal id. Only then can an
            acceptance be called unused.
    """
    left: list[Finding] = []
    accepted: list[Accepted] = []
    by_group: dict[str, list[Acceptance]] = {}
    for acceptance in acceptances.entries:
        by_group.setdefault(acceptance.group, []).append(acceptance)
    used: set[Location] = set()
    moved: set[Location] = set()
    for finding in findings:
        covered_by = None
        for acceptance in _of(finding.group, by_group):
            if not _names(acceptance, finding):
                continue
            if acceptance.live != finding.live:
                moved.add(acceptance.source)
            elif date.fromisoformat(acceptance.until) >= acceptances.today:
                covered_by = covered_by or acceptance
                used.add(acceptance.source)
        if covered_by is None:
            left.append(finding)
        else:
            expiring = date.fromisoformat(covered_by.until) - acceptances.today <= acceptances.warning
            accepted.append(Accepted(finding, covered_by, expiring))
    lapsed = [
        Lapsed(acceptance, _lapse(acceptance, acceptances.today, moved))
        for acceptance in acceptances.entries
        if acceptance.source not in used and is_known(acceptance.group)
    ]
    return Outcome(left, accepted, lapsed)


def _of(group: GroupRef, by_group: dict[str, list[Acceptance]]) -> Sequence[Acceptance]:
    return [
        acceptance for name in (group.external_entity_id, group.id) if name for acceptance in by_group.get(name, ())
    ]


def _names(acceptance: Acceptance, finding: Finding) -> bool:
    if acceptance.path is not None and acceptance.path != finding.path:
        return False
    # Another rule set may call the same difference by another name; then place and value decide.
    if acceptance.rule is None or (acceptance.rule_set != RULE_SET and acceptance.path is not None):
        return True
    return acceptance.rule == finding.rule


def _lapse(acceptance: Acceptance, today: date, moved: set[Location]) -> Lapse:
    if date.fromisoformat(acceptance.until) < today:
        return Lapse.EXPIRED
    return Lapse.MOVED if acceptance.source in moved else Lapse.UNUSED
