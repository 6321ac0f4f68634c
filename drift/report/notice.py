"""What to notify somebody of after a run, given the one before: never the same thing twice.

Pure. The structs are the published payload of ``drift notify``; within version 1 members are only added.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from drift.model.wording import counted
from drift.report.evidence import digest
from drift.report.finding import Finding
from drift.report.report import Report, Verdict

NOTICE_VERSION = 1
_LISTED = 50
"""Differences that are listed on each side; the counts are of all."""


class Occasion(StrEnum):
    """Why a notice is sent."""

    DETECTED = "detected"
    """There is drift, and before there was none, or nobody knew."""
    CHANGED = "changed"
    """There still is drift, but not the same."""
    RECOVERED = "recovered"
    """There was drift or a failing check, and now everything was seen and is in sync."""
    FAILED = "failed"
    """The check could not do its work, or not see everything, and before it could."""
    HEARTBEAT = "heartbeat"
    """Nothing new; the check is alive."""


class Item(Struct, frozen=True):
    """A difference, in one line and in parts."""

    group: str
    rule: str
    severity: str
    direction: str
    message: str
    where: str | None
    """``file:line:column`` of the declaration."""


class Notice(Struct, frozen=True):
    """The payload."""

    version: int
    occasion: Occasion
    summary: str
    """One line for people, without markup."""
    verdict: str
    exit_code: int
    api_url: str
    finished_at: str
    findings: int
    """Differences that count, now."""
    appeared: tuple[Item, ...]
    """What was not there before, the first fifty; a difference with another value counts as one."""
    appeared_count: int
    gone: tuple[Item, ...]
    """What was there before and is not any more."""
    gone_count: int
    digest: str
    """Of the differences that count: the same drift has the same digest."""


def notice(previous: Report | None, report: Report, *, heartbeat: bool = False) -> Notice | None:
    """The notice to send for a report after the previous one; None for nothing new.

    Args:
        previous: The report of the run before; None if there was none.
        report: The newest report.
        heartbeat: Send one also when there is nothing new.
    """
    before = _drift(previous.findings) if previous else {}
    now = _drift(report.findings)
    occasion = _occasion(previous, report, same=before.keys() == now.keys())
    if occasion is None and heartbeat:
        occasion = Occasion.HEARTBEAT
    if occasion is None:
        return None
    appeared = [finding for key, finding in now.items() if key not in before]
    # What a check that failed does not show is not gone.
    gone = [finding for key, finding in before.items() if key not in now] if _saw_all(report) else []
    return Notice(
        version=NOTICE_VERSION,
        occasion=occasion,
        summary=_summary(occasion, report, len(now), len(appeared), len(gone)),
        verdict=report.verdict.value,
        exit_code=report.exit_code,
        api_url=report.api_url,
        finished_at=report.finished_at,
        findings=len(now),
        appeared=tuple(map(_item, appeared[:_LISTED])),
        appeared_count=len(appeared),
        gone=tuple(map(_item, gone[:_LISTED])),
        gone_count=len(gone),
        digest=digest(list(now.values()), []),
    )


def _occasion(previous: Report | None, report: Report, *, same: bool) -> Occasion | None:
    saw_all, saw_all_before = _saw_all(report), previous is None or _saw_all(previous)
    if not saw_all and (saw_all_before or (previous is not None and _trouble(previous) != _trouble(report))):
        return Occasion.FAILED
    drifts, drifted = report.verdict is Verdict.DRIFT, previous is not None and previous.verdict is Verdict.DRIFT
    if drifts and not drifted:
        return Occasion.DETECTED
    if drifts and not same:
        return Occasion.CHANGED
    if saw_all and not drifts and (drifted or not saw_all_before):
        return Occasion.RECOVERED
    return None


def _saw_all(report: Report) -> bool:
    return not (report.failure or report.unread or report.unseen or report.exit_code in {1, 3, 4, 5, 130, 143})


def _trouble(report: Report) -> object:
    """What keeps a check from seeing everything; times and wording aside."""
    return report.failure is not None, report.exit_code, sorted({entry.cause for entry in report.unread})


def _drift(findings: Iterable[Finding]) -> dict[str, Finding]:
    """The differences that count, each by all that makes it the same difference."""
    return {digest([finding], []): finding for finding in findings if finding.is_drift}


def _item(finding: Finding) -> Item:
    return Item(
        group=finding.group.label,
        rule=finding.rule,
        severity=finding.severity.value,
        direction=finding.direction.value,
        message=finding.message,
        where=str(finding.source) if finding.source else None,
    )


def _summary(occasion: Occasion, report: Report, findings: int, appeared: int, gone: int) -> str:
    drift = counted(findings, "difference")
    match occasion:
        case Occasion.DETECTED:
            return f"Drift: {drift}"
        case Occasion.CHANGED:
            return f"Drift changed: {drift}, {appeared} new, {gone} gone"
        case Occasion.RECOVERED:
            return "In sync again"
        case Occasion.FAILED:
            reason = report.failure.message if report.failure else report.unseen or ""
            unread = f"{counted(len(report.unread), 'group')} could not be read" if report.unread else ""
            said = "; ".join(part for part in (unread, reason) if part)
            return f"The check failed: {said or f'exit code {report.exit_code}'}"
        case Occasion.HEARTBEAT:
            return "Nothing new: " + (f"the same {drift}" if findings else report.verdict.value)
