"""What reports for people say in the same words: the totals, and what became of acceptances."""

from collections.abc import Iterator, Mapping

from drift.errors import ExitCode
from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.report.acceptance import Lapse, Lapsed
from drift.report.finding import ChangeStatus, Finding
from drift.report.report import Report, Status, Verdict
from drift.rules import Direction

SECTIONS: Mapping[ChangeStatus | None, str] = {
    ChangeStatus.CONFLICTING: "the files and live both changed, differently",
    ChangeStatus.INTRODUCED: "what applying the files will change",
    ChangeStatus.PRE_EXISTING: "differed before, and the files did not change it",
    None: "not told apart",
}
TITLES: Mapping[ChangeStatus | None, str] = {
    ChangeStatus.CONFLICTING: "conflicting",
    ChangeStatus.INTRODUCED: "plan",
    ChangeStatus.PRE_EXISTING: "pre-existing",
    None: "other",
}
_EFFECTS = {Direction.PERMISSIVE: "loosens", Direction.RESTRICTIVE: "tightens", Direction.NEUTRAL: "changes"}
_MEANINGS: Mapping[int, str] = {
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.AUTH: "authentication",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}


def outcome(report: Report) -> str:
    """``8 findings in 4 groups (4 high, ...; 4 permissive, ...)``, or why there are none. Not yet safe to show."""
    counts = report.counts
    if report.failure:
        return f"nothing was compared: {report.failure.message}"
    if not counts.findings:
        excused = " beyond what is accepted" if counts.accepted else ""
        return f"nothing differs{excused}{'' if report.verdict is Verdict.IN_SYNC else ' in what could be read'}"
    return f"{findings_in_groups(report)} ({'; '.join(breakdown(report))})"


def findings_in_groups(report: Report) -> str:
    """``8 findings in 4 groups``."""
    groups = len({(finding.group.external_entity_id, finding.group.id) for finding in report.findings})
    return f"{counted(report.counts.findings, 'finding')} in {counted(groups, 'group')}"


def breakdown(report: Report) -> Iterator[str]:
    """``4 high, 2 medium`` and ``4 permissive, 2 neutral``."""
    for kinds in (report.counts.by_severity, report.counts.by_direction):
        yield ", ".join(f"{number(count)} {name}" for name, count in kinds.items() if count)


def declared_counts(report: Report) -> list[tuple[str, int]]:
    """The declared groups by how they ended, which add up to all of them; ``accepted`` only where there are some."""
    counts = report.counts
    accepted = sum(entry.status is Status.ACCEPTED for entry in report.groups)
    return [
        ("in sync", counts.in_sync),
        ("drifted", counts.drift),
        ("missing", counts.missing),
        ("unread", counts.unread),
        *([("accepted", accepted)] if accepted else []),
    ]


def acceptances(report: Report) -> str:
    """``3 findings, 1 of them ending soon; 2 entries lapsed``; empty if there are none."""
    counts = report.counts
    parts = []
    if counts.accepted:
        soon = f", {number(counts.expiring)} of them ending soon" if counts.expiring else ""
        parts.append(f"{counted(counts.accepted, 'finding')}{soon}")
    if report.lapsed:
        parts.append(f"{number(len(report.lapsed))} {'entries' if len(report.lapsed) > 1 else 'entry'} lapsed")
    return "; ".join(parts)


def lapse(lapsed: Lapsed) -> str:
    """Why it excuses nothing, and what to do about it."""
    match lapsed.lapse:
        case Lapse.EXPIRED:
            return f"expired on {lapsed.acceptance.until}; renew or remove it"
        case Lapse.MOVED:
            return "live has another value than the accepted one; look at it again"
        case Lapse.UNUSED:
            return "there is no such difference any more; remove it"


def effect(finding: Finding) -> str:
    """``loosens 312 descendants``."""
    gone = finding.rule in {"group-missing", "group-recreated"}
    verb = "takes with it" if gone else _EFFECTS[finding.direction]
    return f"{verb} {counted(len(finding.affected), 'descendant')}"


def other_name(group: GroupRef) -> str | None:
    """The name, where it says more than the label. Not yet safe to show."""
    return group.name if group.name and group.name != group.label else None


def since_base(report: Report) -> str:
    """``1 conflicting, 1 introduced, 1 fixed``; empty where nothing differs or did."""
    return ", ".join(f"{number(count)} {status}" for status, count in report.counts.by_status.items() if count)


def gate(report: Report) -> str:
    """``fail on drift``, with what an exit code that is not about drift means."""
    told = f"fail on {report.gate.fail_on.value}{', strict' if report.gate.strict else ''}"
    return f"{_MEANINGS[report.exit_code]}; {told}" if report.exit_code in _MEANINGS else told
