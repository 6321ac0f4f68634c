"""A report as remarks on lines, for formats that know nothing else: SARIF and GitLab's Code Quality.

Everything that such a tool must show becomes one remark: findings, unread groups, problems of the desired files,
acceptances that excuse nothing, and a run that failed. Texts are safe to show (see ``visible``).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from drift.errors import HINTS, Level, Location, Problem
from drift.model.wording import counted
from drift.render.report.amounts import exposed
from drift.render.visible import visible
from drift.report.acceptance import Acceptance, Lapse, Lapsed
from drift.report.finding import Finding
from drift.report.report import Failure, Report, Unread
from drift.rules import Severity
from drift.rules.run_rules import ACCEPTANCE_LAPSED, CHECK_FAILED, GROUP_UNREAD

_LAPSES = {
    Lapse.EXPIRED: "it expired",
    Lapse.MOVED: "live has yet another value",
    Lapse.UNUSED: "there is no such difference any more",
}


class Remark(Struct, frozen=True):
    """One thing to say at one line."""

    rule: str
    """Id in the rule catalogue."""
    severity: Severity
    text: str
    place: Location | None
    """Of a group that is not declared the beginning of the first desired file; None if no file is known."""
    fingerprint: str
    """Hexadecimal; unique in the report, and the same in every run that says the same about the same thing.

    It has no line number and no value: the remark stays the same one while the file is edited above it, and while
    the drift grows or shrinks.
    """
    finding: Finding | None = None
    acceptance: Acceptance | None = None
    """What excuses it, where it is accepted."""


def remarks(report: Report) -> tuple[Remark, ...]:
    """All remarks, worst first; what is accepted comes last."""
    return tuple(sorted(_unique(_all(report)), key=lambda remark: (bool(remark.acceptance), -remark.severity.rank)))


def _all(report: Report) -> Iterator[Remark]:
    start = _start(report)
    if report.failure:
        yield _failure(report.failure, start)
    for problem in report.problems:
        yield _problem(problem)
    for finding in report.findings:
        yield _finding(finding, start)
    for unread in report.unread:
        yield _unread(unread)
    for lapsed in report.lapsed:
        yield _lapsed(lapsed)
    for accepted in report.accepted:
        yield _finding(accepted.finding, start, accepted.acceptance)


def _start(report: Report) -> Location | None:
    """Where to put what stands on no line: above the first file."""
    declared = (entry.source.file for entry in report.groups if entry.source)
    mentioned = (problem.location.file for problem in report.problems)
    file = min(declared, default=None) or min(mentioned, default=None)
    return Location(file, 1, 1) if file else None


def _finding(finding: Finding, start: Location | None, acceptance: Acceptance | None = None) -> Remark:
    group = finding.group
    text = f"{group.label}: {finding.message}"
    if finding.affected:
        text += f"; it moves the limits of {counted(len(finding.affected), 'descendant')}"
    if finding.exposure:
        text += f"; exposes {exposed(finding.exposure)}"
    key = (finding.rule, group.external_entity_id or group.id or "", *finding.path.parts)
    return Remark(
        finding.rule,
        finding.severity,
        visible(text),
        finding.source or start,
        _fingerprint(key),
        finding,
        acceptance,
    )


def _unread(unread: Unread) -> Remark:
    hint = HINTS.get(unread.cause)
    text = f"{unread.group.label}: not read ({unread.cause.value}): {unread.message}{f'; {hint}' if hint else ''}"
    key = (GROUP_UNREAD.id, unread.group.external_entity_id or unread.group.id or "")
    return Remark(GROUP_UNREAD.id, Severity.MEDIUM, visible(text), unread.source, _fingerprint(key))


def _problem(problem: Problem) -> Remark:
    text = f"{problem.path}: {problem.message}" if problem.path else problem.message
    severity = Severity.HIGH if problem.level is Level.ERROR else Severity.LOW
    # groups[3] may be groups[4] tomorrow.
    key = (problem.rule, problem.location.file, re.sub(r"\[\d+\]", "[]", problem.path), problem.message)
    return Remark(problem.rule, severity, _with_hint(text, problem.hint), problem.location, _fingerprint(key))


def _lapsed(lapsed: Lapsed) -> Remark:
    entry = lapsed.acceptance
    text = (
        f"{entry.group}: the acceptance until {entry.until} ({entry.owner}: {entry.reason}) excuses nothing: "
        f"{_LAPSES[lapsed.lapse]}"
    )
    key = (ACCEPTANCE_LAPSED.id, entry.group, entry.rule or "", *(entry.path.parts if entry.path else ()))
    return Remark(ACCEPTANCE_LAPSED.id, Severity.LOW, visible(text), entry.source, _fingerprint(key))


def _failure(failure: Failure, start: Location | None) -> Remark:
    text = _with_hint(f"nothing was compared: {failure.message}", failure.hint)
    return Remark(CHECK_FAILED.id, Severity.HIGH, text, start, _fingerprint((CHECK_FAILED.id,)))


def _with_hint(text: str, hint: str) -> str:
    return visible(f"{text}; {hint}" if hint else text)


def _fingerprint(key: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _unique(found: Iterable[Remark]) -> Iterator[Remark]:
    """What says the same of the same thing twice is told apart by counting."""
    seen: Counter[str] = Counter()
    for remark in found:
        seen[remark.fingerprint] += 1
        count = seen[remark.fingerprint]
        if count == 1:
            yield remark
        else:
            yield replace(remark, fingerprint=_fingerprint((remark.fingerprint, str(count))))
