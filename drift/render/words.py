"""What results for people say in the same words, whatever the format. Names in them are not yet safe to show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from drift.errors import ExitCode
from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.report.acceptance import Lapse, Lapsed
from drift.report.exposure import Amount, Cost, Exposure
from drift.report.finding import ChangeStatus, Finding
from drift.report.report import Report, Status, Verdict
from drift.rules import Direction, DriftRule, FileRule, Rule, RunRule

Word = TypeVar("Word", bound=str)

SECTIONS: Mapping[ChangeStatus | None, tuple[str, str]] = {
    ChangeStatus.CONFLICTING: ("conflicting", "the files and live both changed, differently"),
    ChangeStatus.INTRODUCED: ("plan", "what applying the files will change"),
    ChangeStatus.PRE_EXISTING: ("pre-existing", "differed before, and the files did not change it"),
    None: ("other", "of no known origin"),
}
"""Title and meaning of what a base tells apart."""
UNLISTED = "not all groups were looked at"
"""Why there may be unmanaged groups that the run did not see; the reason follows."""
_EFFECTS = {Direction.PERMISSIVE: "loosens", Direction.RESTRICTIVE: "tightens", Direction.NEUTRAL: "changes"}
_DELETIONS = frozenset({"group-missing", "group-recreated"})
_EXIT_CODES: Mapping[int, str] = {
    ExitCode.UNEXPECTED: "unexpected error",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.USAGE: "usage, or invalid desired files",
    ExitCode.AUTH: "authentication",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}


def times(report: Report) -> tuple[datetime, datetime]:
    """When the run began and when it ended."""
    return datetime.fromisoformat(report.started_at), datetime.fromisoformat(report.finished_at)


def spoken(value: StrEnum) -> str:
    """``in sync`` of ``in-sync``."""
    return value.value.replace("-", " ")


def titled(group: GroupRef) -> str:
    """External id, and the name in brackets where there is another one."""
    name = other_name(group)
    return f"{group.label} ({name})" if name else group.label


def other_name(group: GroupRef) -> str | None:
    """The name, where it says more than the label."""
    return group.name if group.name and group.name != group.label else None


def outcome(report: Report) -> str:
    """``8 findings in 4 groups (4 high, ...; 4 permissive, ...)``, or why there are none."""
    if report.counts.findings:
        return f"{headline(report)} ({'; '.join(breakdown(report))})"
    return headline(report)


def headline(report: Report) -> str:
    """``8 findings in 4 groups``, or why there are none."""
    counts = report.counts
    if report.failure:
        return f"nothing was compared: {report.failure.message}"
    if not counts.findings:
        besides = " beyond what is accepted" if counts.accepted else ""
        return f"nothing differs{besides}{'' if report.verdict is Verdict.IN_SYNC else ' in what could be read'}"
    groups = len({(finding.group.external_entity_id, finding.group.id) for finding in report.findings})
    return f"{counted(counts.findings, 'finding')} in {counted(groups, 'group')}"


def breakdown(report: Report) -> tuple[str, str]:
    """``4 high, 2 medium`` and ``4 permissive, 2 neutral``."""
    return nonzero(report.counts.by_severity), nonzero(report.counts.by_direction)


def nonzero(counts: Mapping[Word, int]) -> str:
    """``3 get, 1 list``, without those of which there are none."""
    return ", ".join(f"{number(count)} {name}" for name, count in counts.items() if count)


def declared_counts(report: Report) -> Mapping[str, int]:
    """The declared groups by how they ended, which add up to all of them; ``accepted`` only where there are some."""
    counts = report.counts
    accepted = sum(entry.status is Status.ACCEPTED for entry in report.groups)
    ends = {"in sync": counts.in_sync, "drifted": counts.drift, "missing": counts.missing, "unread": counts.unread}
    return ends | ({"accepted": accepted} if accepted else {})


def acceptances(report: Report) -> str:
    """``3 findings, 1 of them ending soon; 2 no longer apply``; empty if there are none."""
    counts = report.counts
    parts = []
    if counts.accepted:
        soon = f", {number(counts.expiring)} of them ending soon" if counts.expiring else ""
        parts.append(f"{counted(counts.accepted, 'finding')}{soon}")
    if report.lapsed:
        parts.append(f"{number(len(report.lapsed))} no longer {'applies' if len(report.lapsed) == 1 else 'apply'}")
    return "; ".join(parts)


def lapse(lapsed: Lapsed) -> str:
    """Why an acceptance no longer applies, and what to do about it."""
    match lapsed.lapse:
        case Lapse.EXPIRED:
            return f"expired on {lapsed.acceptance.until}; renew or remove it"
        case Lapse.MOVED:
            return "live has another value than the accepted one; look at it again"
        case Lapse.UNUSED:
            return "there is no such difference any more; remove it"


def takes_descendants(finding: Finding) -> bool:
    """Whether the groups below are gone with the group."""
    return finding.rule in _DELETIONS


def effect(finding: Finding) -> str:
    """``loosens 312 descendants``."""
    verb = "takes with it" if takes_descendants(finding) else _EFFECTS[finding.direction]
    return f"{verb} {counted(len(finding.affected), 'descendant')}"


def consequences(finding: Finding, named: int = 0, show: Callable[[str], str] = str) -> Iterator[str]:
    """What a finding does to groups below, so many of them named, and what it exposes; ``show`` makes text safe."""
    if finding.affected:
        names = listed([show(affected.group.label) for affected in finding.affected[:named]], len(finding.affected))
        yield f"{effect(finding)}: {names}" if named else effect(finding)
    if finding.exposure:
        yield f"exposes {show(exposed(finding.exposure))}"


def listed(names: Sequence[str], total: int) -> str:
    """``a, b and 3 more``: the first names of so many."""
    more = total - len(names)
    return f"{', '.join(names)}{f' and {number(more)} more' if more else ''}"


def since_base(report: Report) -> str:
    """``1 conflicting, 1 introduced, 1 fixed``."""
    return nonzero(report.counts.by_status) or "nothing differs, nothing did"


def gate(report: Report) -> str:
    """``fail on drift``, with what an exit code that is not about drift means."""
    asked = f"fail on {report.gate.fail_on.value}{', strict' if report.gate.strict else ''}"
    meaning = _EXIT_CODES.get(report.exit_code)
    return f"{meaning}; {asked}" if meaning else asked


def exposed(exposure: Exposure) -> str:
    """``up to 720,000,000 TOKEN/day more (at most USD 10,800.00/day)``."""
    *amounts, last = exposures(exposure) or [""]
    return f"{', '.join(amounts)} ({last})" if exposure.cost else ", ".join([*amounts, last])


def exposures(exposure: Exposure) -> list[str]:
    """The same as a list: tokens, requests, cost."""
    daily = {"TOKEN": exposure.token_per_day, "REQUEST": exposure.request_per_day}
    amounts = [_amount(amount, type_) for type_, amount in daily.items() if amount != 0]
    return amounts + ([_cost(exposure.cost)] if exposure.cost else [])


def _amount(amount: Amount, type_: str) -> str:
    return f"unlimited {type_}/day" if isinstance(amount, str) else f"up to {number(amount)} {type_}/day more"


def _cost(cost: Cost) -> str:
    whole, _, hundredths = cost.per_day.partition(".")
    with suppress(ValueError):  # a saved report may have anything there
        whole = number(int(whole))
    money = f"at most {cost.currency} {whole}.{hundredths}/day" if hundredths else "unlimited cost"
    without = f", without {', '.join(cost.unpriced)}: no price" if cost.unpriced else ""
    return f"{money}{without}"


def kind(rule: Rule) -> str:
    """What sort of rule it is and how much it weighs."""
    match rule:
        case DriftRule():
            return f"severity {rule.severity.value}, {rule.direction.value if rule.direction else 'direction by value'}"
        case FileRule():
            return f"rule for desired files, {rule.level.value}{', in milder cases warning' if rule.also_warns else ''}"
        case RunRule():
            return "about the run, not about a difference"
