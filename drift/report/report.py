"""The one value that every output and the exit code come from; it is also the JSON report.

The structs below are the published format: `drift schema report` prints their schema. Within schema
version 1 members are only added, so readers must ignore members that they do not know.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from drift.errors import Cause, ExitCode, Location, Problem
from drift.model.groups import GroupRef
from drift.model.wording import timestamp
from drift.report.acceptance import Accepted, Lapsed
from drift.report.evidence import Evidence, digest
from drift.report.exposure import Exposure
from drift.report.finding import ChangeStatus, Finding
from drift.rules import Direction, Severity
from drift.version import __version__

SCHEMA_VERSION = "1.1"


class Verdict(StrEnum):
    """What the run found out. ``incomplete`` means: no drift seen, but not everything was seen."""

    IN_SYNC = "in-sync"
    DRIFT = "drift"
    INCOMPLETE = "incomplete"


class FailOn(StrEnum):
    """Which drift makes the check fail; whether everything was read is the other question (``strict``)."""

    DRIFT = "drift"
    PERMISSIVE = "permissive"
    RESTRICTIVE = "restrictive"
    HIGH = "high"
    CONFLICTING = "conflicting"
    """With a base: only what this declaration and live both moved, to different values."""
    NEVER = "never"


class Status(StrEnum):
    """How one group ended."""

    IN_SYNC = "in-sync"
    DRIFT = "drift"
    MISSING = "missing"
    UNREAD = "unread"
    UNMANAGED = "unmanaged"
    ACCEPTED = "accepted"
    """Differs, and all of it is accepted."""


class Tool(Struct, frozen=True):
    """Which program wrote the report."""

    name: str
    version: str


class Gate(Struct, frozen=True):
    """What the caller asked to fail on."""

    fail_on: FailOn = FailOn.DRIFT
    strict: bool = False
    """With unread groups, exit 3 even if there is drift as well."""


class GroupEntry(Struct, frozen=True):
    """One group of the run and how it ended; ``source`` is null for an unmanaged group."""

    group: GroupRef
    status: Status
    source: Location | None
    parent: GroupRef | None = None
    """The group it hangs below: live as it was read, declared where it was not; null for a root or if not known."""


class Unread(Struct, frozen=True):
    """A declared group about which nothing is known, and why."""

    group: GroupRef
    cause: Cause
    message: str
    where: str
    """The URL path that was asked."""
    source: Location


class Failure(Struct, frozen=True):
    """Why the run could not do its work at all: unusable settings, files, or an error of the tool itself."""

    message: str
    hint: str


class Counts(Struct, frozen=True):
    """How many of each; the groups of each status, then the findings."""

    declared: int
    in_sync: int
    drift: int
    missing: int
    unread: int
    unmanaged: int
    findings: int
    transient: int
    """Differences of a first read that a second read did not confirm."""
    by_severity: dict[Severity, int]
    by_direction: dict[Direction, int]
    by_rule: dict[str, int]
    accepted: int = 0
    expiring: int = 0
    """Accepted findings whose acceptance ends soon."""
    by_status: dict[ChangeStatus, int] = {}
    """With a base: its findings and what is settled, by where they come from."""


class Base(Struct, frozen=True):
    """The earlier declaration that this one was compared with (``--base``)."""

    name: str
    """As the caller gave it: a git revision, a directory or a report."""
    commit: str | None
    """The full commit hash, where the base came from git."""
    settled: tuple[Finding, ...] = ()
    """Differences that are none any more: ``fixed`` and ``already-applied``."""
    notes: tuple[str, ...] = ()
    """What changed between base and declaration in one line each: moves, renames, profile edits."""


class Report(Struct, frozen=True):
    """All of one run. Build it with :func:`assemble`, which derives verdict, counts and exit code."""

    schema_version: str
    tool: Tool
    started_at: str
    """RFC 3339, UTC."""
    finished_at: str
    api_url: str
    verdict: Verdict
    exit_code: int
    gate: Gate
    counts: Counts
    findings: tuple[Finding, ...]
    """Worst first, then by group and path."""
    unread: tuple[Unread, ...]
    shard: str | None
    """``INDEX/COUNT`` where only this part of the declared groups was checked; null where all were."""
    unseen: str | None
    """Why not all unmanaged groups were listed, where they were asked for; null if all were."""
    groups: tuple[GroupEntry, ...]
    problems: tuple[Problem, ...]
    """Errors and warnings of the desired files."""
    failure: Failure | None
    """Set when the run ended before it could compare; the exit code then says of what kind."""
    warnings: tuple[str, ...]
    """What the reader should know about the reading though it changes nothing, e.g. unknown members."""
    requests: dict[str, int]
    """Requests sent, by kind."""
    exposure: Exposure | None = None
    """Of all differences together, no budget counted twice; null if live permits nothing beyond the declaration."""
    accepted: tuple[Accepted, ...] = ()
    """Findings that somebody accepted; they are not among ``findings`` and fail nothing."""
    lapsed: tuple[Lapsed, ...] = ()
    """Acceptances that no longer apply: expired, of another value, or of a difference that is gone."""
    base: Base | None = None
    evidence: Evidence | None = None
    unmanaged: bool = False
    """Whether unmanaged groups were looked for."""


def assemble(
    *,
    findings: Sequence[Finding],
    unread: Sequence[Unread],
    groups: Sequence[GroupEntry],
    transient: int,
    gate: Gate,
    api_url: str,
    started_at: datetime,
    finished_at: datetime,
    unseen: str | None = None,
    shard: str | None = None,
    warnings: Sequence[str] = (),
    requests: Mapping[str, int] | None = None,
    problems: Sequence[Problem] = (),
    failure: Failure | None = None,
    ended_by: ExitCode | None = None,
    exposure: Exposure | None = None,
    accepted: Sequence[Accepted] = (),
    lapsed: Sequence[Lapsed] = (),
    base: Base | None = None,
    evidence: Evidence | None = None,
    unmanaged: bool = False,
) -> Report:
    """Sort what a run found and draw the one verdict from it.

    Times must be aware. ``ended_by`` is the exit code of the signal or failure that ended the run early.
    """
    ordered = tuple(sorted(findings, key=_worst_first))
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool("baseten-drift", __version__),
        started_at=timestamp(started_at, precision="milliseconds"),
        finished_at=timestamp(finished_at, precision="milliseconds"),
        api_url=api_url,
        verdict=_verdict(ordered, complete=not (unread or unseen or ended_by)),
        exit_code=int(ended_by or _exit_code(ordered, unread, unseen, declared=_declared(groups), gate=gate)),
        gate=gate,
        counts=_counts(ordered, groups, transient, accepted, base),
        findings=ordered,
        unread=tuple(sorted(unread, key=lambda entry: entry.source)),
        shard=shard,
        unseen=unseen,
        groups=tuple(groups),
        problems=tuple(problems),
        failure=failure,
        warnings=tuple(warnings),
        requests=dict(requests or {}),
        exposure=exposure,
        accepted=tuple(sorted(accepted, key=lambda entry: _worst_first(entry.finding))),
        lapsed=tuple(sorted(lapsed, key=lambda entry: entry.acceptance.source)),
        base=base,
        evidence=None if evidence is None else replace(evidence, digest=digest(ordered, accepted)),
        unmanaged=unmanaged,
    )


def failed_report(
    failure: Failure,
    exit_code: ExitCode,
    *,
    gate: Gate,
    api_url: str,
    at: datetime,
    problems: Sequence[Problem] = (),
) -> Report:
    """The report of a run that could not compare anything: nothing is in sync, and it says why."""
    return assemble(
        findings=(),
        unread=(),
        groups=(),
        transient=0,
        gate=gate,
        api_url=api_url,
        started_at=at,
        finished_at=at,
        problems=problems,
        failure=failure,
        ended_by=exit_code,
    )


def fails(finding: Finding, fail_on: FailOn) -> bool:
    """Whether this finding alone would make the check fail."""
    match fail_on:
        case FailOn.NEVER:
            return False
        case FailOn.DRIFT:
            return finding.is_drift
        case FailOn.PERMISSIVE:
            return finding.is_drift and finding.direction is Direction.PERMISSIVE
        case FailOn.RESTRICTIVE:
            return finding.is_drift and finding.direction is Direction.RESTRICTIVE
        case FailOn.HIGH:
            return finding.severity is Severity.HIGH
        case FailOn.CONFLICTING:
            return finding.is_drift and finding.status is ChangeStatus.CONFLICTING
        case _:
            assert_never(fail_on)


def _verdict(findings: Sequence[Finding], *, complete: bool) -> Verdict:
    if any(finding.is_drift for finding in findings):
        return Verdict.DRIFT
    return Verdict.IN_SYNC if complete else Verdict.INCOMPLETE


def _exit_code(
    findings: Sequence[Finding], unread: Sequence[Unread], unseen: str | None, *, declared: int, gate: Gate
) -> ExitCode:
    causes = Counter(entry.cause for entry in unread)
    if causes[Cause.UNAUTHORIZED] or (declared and causes[Cause.FORBIDDEN] == declared):
        return ExitCode.AUTH
    failing = any(fails(finding, gate.fail_on) for finding in findings)
    if (unread or unseen) and (gate.strict or not failing):
        return ExitCode.INCOMPLETE
    return ExitCode.DRIFT if failing else ExitCode.IN_SYNC


def _counts(
    findings: Sequence[Finding],
    groups: Sequence[GroupEntry],
    transient: int,
    accepted: Sequence[Accepted],
    base: Base | None,
) -> Counts:
    statuses = Counter(entry.status for entry in groups)
    severities = Counter(finding.severity for finding in findings)
    directions = Counter(finding.direction for finding in findings)
    rules = Counter(finding.rule for finding in findings)
    changes = Counter(finding.status for finding in (*findings, *(base.settled if base else ())))
    return Counts(
        declared=_declared(groups),
        in_sync=statuses[Status.IN_SYNC],
        drift=statuses[Status.DRIFT],
        missing=statuses[Status.MISSING],
        unread=statuses[Status.UNREAD],
        unmanaged=statuses[Status.UNMANAGED],
        findings=len(findings),
        transient=transient,
        by_severity={severity: severities[severity] for severity in reversed(Severity)},
        by_direction={direction: directions[direction] for direction in Direction},
        by_rule=dict(sorted(rules.items())),
        accepted=len(accepted),
        expiring=sum(entry.expiring for entry in accepted),
        by_status={status: changes[status] for status in ChangeStatus} if base else {},
    )


def _declared(groups: Sequence[GroupEntry]) -> int:
    return sum(entry.status is not Status.UNMANAGED for entry in groups)


def _worst_first(finding: Finding) -> tuple[int, str, tuple[str, ...], str]:
    return (-finding.severity.rank, finding.group.label, finding.path.parts, finding.rule)
