"""One verdict and one exit code, row by row."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from drift.errors import Cause, ExitCode, Location
from drift.model.groups import GroupRef
from drift.model.paths import GroupPath
from drift.report.finding import Finding
from drift.report.report import (
    FailOn,
    Failure,
    Gate,
    GroupEntry,
    Report,
    Status,
    Unread,
    Verdict,
    assemble,
    failed_report,
)
from drift.rules import Direction, Severity

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACME = GroupRef("id-acme", "acme")
LINE = Location("a.yaml", 1, 1)


def finding(
    severity: Severity = Severity.MEDIUM, direction: Direction = Direction.PERMISSIVE, group: str = "acme"
) -> Finding:
    return Finding("limit-raised", severity, direction, GroupRef(None, group), GroupPath(), 1, 2, "", LINE)


def unread(cause: Cause = Cause.SERVER_ERROR) -> Unread:
    return Unread(ACME, cause, "", "/v1/gateway/groups/x", LINE)


def report(
    *findings: Finding,
    unread: tuple[Unread, ...] = (),
    declared: int = 2,
    gate: Gate | None = None,
    ended_by: ExitCode | None = None,
) -> Report:
    return assemble(
        findings=findings,
        unread=unread,
        groups=[GroupEntry(ACME, Status.IN_SYNC, LINE)] * declared,
        transient=0,
        gate=gate or Gate(),
        api_url="http://127.0.0.1",
        started_at=NOON,
        finished_at=NOON,
        ended_by=ended_by,
    )


PERMISSIVE = finding(direction=Direction.PERMISSIVE)
RESTRICTIVE = finding(direction=Direction.RESTRICTIVE)
HIGH = finding(severity=Severity.HIGH, direction=Direction.NEUTRAL)
INFO = finding(severity=Severity.INFO)


@pytest.mark.parametrize(
    ("findings", "missing", "gate", "verdict", "code"),
    [
        ((), (), Gate(), Verdict.IN_SYNC, 0),
        ((INFO,), (), Gate(), Verdict.IN_SYNC, 0),
        ((PERMISSIVE,), (), Gate(), Verdict.DRIFT, 2),
        ((PERMISSIVE,), (), Gate(FailOn.PERMISSIVE), Verdict.DRIFT, 2),
        ((PERMISSIVE,), (), Gate(FailOn.RESTRICTIVE), Verdict.DRIFT, 0),
        ((RESTRICTIVE,), (), Gate(FailOn.RESTRICTIVE), Verdict.DRIFT, 2),
        ((PERMISSIVE,), (), Gate(FailOn.HIGH), Verdict.DRIFT, 0),
        ((HIGH,), (), Gate(FailOn.HIGH), Verdict.DRIFT, 2),
        ((HIGH,), (), Gate(FailOn.NEVER), Verdict.DRIFT, 0),
        ((), (unread(),), Gate(), Verdict.INCOMPLETE, 3),
        ((), (unread(),), Gate(FailOn.NEVER), Verdict.INCOMPLETE, 3),
        ((PERMISSIVE,), (unread(),), Gate(), Verdict.DRIFT, 2),
        ((PERMISSIVE,), (unread(),), Gate(strict=True), Verdict.DRIFT, 3),
        ((PERMISSIVE,), (unread(),), Gate(FailOn.HIGH), Verdict.DRIFT, 3),
        ((), (unread(Cause.UNAUTHORIZED),), Gate(), Verdict.INCOMPLETE, 5),
        ((), (unread(Cause.FORBIDDEN),), Gate(), Verdict.INCOMPLETE, 3),
        ((), (unread(Cause.FORBIDDEN),) * 2, Gate(), Verdict.INCOMPLETE, 5),
    ],
)
def test_verdict_and_exit_code(
    findings: tuple[Finding, ...], missing: tuple[Unread, ...], gate: Gate, verdict: Verdict, code: int
) -> None:
    result = report(*findings, unread=missing, gate=gate)

    assert (result.verdict, result.exit_code) == (verdict, code)


def test_an_interrupted_run_is_never_in_sync() -> None:
    result = report(ended_by=ExitCode.INTERRUPTED)

    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 130)


def test_a_failed_run_says_why_and_is_never_in_sync() -> None:
    result = failed_report(Failure("no key", "set it"), ExitCode.USAGE, gate=Gate(), api_url="", at=NOON)

    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 4)
    assert result.failure == Failure("no key", "set it")


def test_findings_come_worst_first_then_by_group() -> None:
    result = report(finding(group="b"), finding(group="a"), finding(Severity.LOW, group="a"), HIGH)

    assert [(f.severity, f.group.label) for f in result.findings] == [
        (Severity.HIGH, "acme"),
        (Severity.MEDIUM, "a"),
        (Severity.MEDIUM, "b"),
        (Severity.LOW, "a"),
    ]


def test_counts_name_every_severity_and_direction_even_at_zero() -> None:
    counts = report(HIGH).counts

    assert counts.by_severity == {Severity.HIGH: 1, Severity.MEDIUM: 0, Severity.LOW: 0, Severity.INFO: 0}
    assert counts.by_direction == {Direction.PERMISSIVE: 0, Direction.RESTRICTIVE: 0, Direction.NEUTRAL: 1}
    assert (counts.declared, counts.in_sync, counts.findings) == (2, 2, 1)


def test_times_are_utc_whatever_the_zone_of_the_clock() -> None:
    at = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    result = failed_report(Failure("", ""), ExitCode.USAGE, gate=Gate(), api_url="", at=at)

    assert result.started_at == "2026-01-01T12:00:00.000Z"
