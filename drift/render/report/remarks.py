"""A report as remarks on lines, for formats that know nothing else: annotations on GitHub, SARIF, GitLab.

Everything that such a tool must show becomes one remark: findings, unread groups, problems of the desired files,
acceptances that no longer apply, and a run that failed. Texts are not yet safe to show.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from drift.errors import HINTS, Level, Location, Problem
from drift.render.words import consequences, lapse
from drift.report.acceptance import Accepted, Lapsed
from drift.report.finding import Finding
from drift.report.report import Report, Unread
from drift.rules import ACCEPTANCE_LAPSED, CHECK_FAILED, GROUP_UNREAD, Severity


class Remark(Struct, frozen=True):
    """One thing to say at one line."""

    rule: str
    """Id in the rule catalogue."""
    severity: Severity
    subject: str
    """What it is about: a group, or a path in a desired file; may be empty."""
    text: str
    place: Location | None
    """Of an unmanaged group the beginning of the first desired file; None if no file is known."""
    key: tuple[str, ...]
    """What it says about what, without line numbers and values."""
    finding: Finding | None = None
    accepted: Accepted | None = None
    """Where the finding is accepted: by whom and for how long."""
    repeat: int = 1
    """Counts the remarks of one key."""

    @property
    def fingerprint(self) -> str:
        """Hexadecimal; unique in the report, and the same in every run that says the same about the same thing.

        The remark stays the same one while the file is edited above it, and while the drift grows or shrinks.
        """
        first = _digest(self.key)
        return first if self.repeat == 1 else _digest((first, str(self.repeat)))

    @property
    def sentence(self) -> str:
        """Subject and text."""
        return f"{self.subject}: {self.text}" if self.subject else self.text


def remarks(report: Report) -> list[Remark]:
    """All remarks, worst first; what is accepted comes last."""
    return sorted(_unique(_all(report)), key=lambda remark: (bool(remark.accepted), -remark.severity.rank))


def _all(report: Report) -> Iterator[Remark]:
    start = _start(report)
    if report.failure:
        text = _with_hint(f"nothing was compared: {report.failure.message}", report.failure.hint)
        yield Remark(CHECK_FAILED.id, Severity.HIGH, "", text, start, (CHECK_FAILED.id,))
    yield from map(_problem, report.problems)
    for finding in report.findings:
        yield _finding(finding, start)
    yield from map(_unread, report.unread)
    yield from map(_lapsed, report.lapsed)
    for accepted in report.accepted:
        yield replace(_finding(accepted.finding, start), accepted=accepted)


def _start(report: Report) -> Location | None:
    """Where to put what stands on no line: above the first file."""
    declared = (entry.source.file for entry in report.groups if entry.source)
    mentioned = (problem.location.file for problem in report.problems)
    file = min(declared, default=None) or min(mentioned, default=None)
    return Location(file, 1, 1) if file else None


def _finding(finding: Finding, start: Location | None) -> Remark:
    group = finding.group
    text = "; ".join([finding.message, *consequences(finding)])
    key = (finding.rule, group.external_entity_id or group.id or "", *finding.path.parts)
    return Remark(finding.rule, finding.severity, group.label, text, finding.source or start, key, finding)


def _unread(unread: Unread) -> Remark:
    text = _with_hint(f"not read ({unread.cause.value}): {unread.message}", HINTS.get(unread.cause, ""))
    key = (GROUP_UNREAD.id, unread.group.external_entity_id or unread.group.id or "")
    return Remark(GROUP_UNREAD.id, Severity.MEDIUM, unread.group.label, text, unread.source, key)


def _problem(problem: Problem) -> Remark:
    severity = Severity.HIGH if problem.level is Level.ERROR else Severity.LOW
    # groups[3] may be groups[4] tomorrow.
    path = re.sub(r"\[\d+\]", "[]", problem.path)
    key = (problem.rule, problem.location.file, path, problem.message)
    text = _with_hint(problem.message, problem.hint)
    return Remark(problem.rule, severity, problem.path, text, problem.location, key)


def _lapsed(lapsed: Lapsed) -> Remark:
    entry = lapsed.acceptance
    text = f"the acceptance until {entry.until} ({entry.owner}: {entry.reason}) no longer applies: {lapse(lapsed)}"
    path = entry.path.parts if entry.path else ()
    key = (ACCEPTANCE_LAPSED.id, entry.group, entry.rule or "", *path)
    return Remark(ACCEPTANCE_LAPSED.id, Severity.LOW, entry.group, text, entry.source, key)


def _with_hint(text: str, hint: str) -> str:
    return f"{text}; {hint}" if hint else text


def _digest(key: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _unique(found: Iterable[Remark]) -> Iterator[Remark]:
    """What says the same of the same thing twice is told apart by counting."""
    seen: Counter[tuple[str, ...]] = Counter()
    for remark in found:
        seen[remark.key] += 1
        yield remark if seen[remark.key] == 1 else replace(remark, repeat=seen[remark.key])
