"""Several reports as one: the shards of a run, or runs over several workspaces."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from drift.errors import ExitCode, SettingsError
from drift.model.selection import Shard
from drift.report.evidence import Evidence
from drift.report.exposure import combined
from drift.report.report import Base, Report, assemble

T = TypeVar("T")

_DERIVED = frozenset({ExitCode.IN_SYNC, ExitCode.DRIFT, ExitCode.INCOMPLETE, ExitCode.AUTH})
"""Exit codes that follow from findings and unread groups; the others say how a run ended."""


def merge(reports: Sequence[Report]) -> Report:
    """One report over all that the given ones saw; one report alone stays as it is.

    A shard that is not among them makes the result incomplete, for nobody has seen its groups.

    Raises:
        SettingsError: There is none, or they were made with different ``--fail-on`` or ``--strict``.
    """
    if not reports:
        raise SettingsError("there is no report to merge")
    first = reports[0]
    if len(reports) == 1 and first.shard is None:
        return first
    if any(report.gate != first.gate for report in reports):
        raise SettingsError(
            "the reports were made with different --fail-on or --strict", hint="make them all with the same"
        )
    requests: Counter[str] = Counter()
    for report in reports:
        requests.update(report.requests)
    return assemble(
        findings=_unique(finding for report in reports for finding in report.findings),
        unread=_unique(entry for report in reports for entry in report.unread),
        groups=_unique(entry for report in reports for entry in report.groups),
        transient=sum(report.counts.transient for report in reports),
        gate=first.gate,
        api_url=", ".join(_unique(report.api_url for report in reports)),
        started_at=min(datetime.fromisoformat(report.started_at) for report in reports),
        finished_at=max(datetime.fromisoformat(report.finished_at) for report in reports),
        unseen=_missing_shards(reports) or next((report.unseen for report in reports if report.unseen), None),
        problems=_unique(problem for report in reports for problem in report.problems),
        failure=next((report.failure for report in reports if report.failure), None),
        warnings=_unique(warning for report in reports for warning in report.warnings),
        requests=requests,
        ended_by=next(
            (ExitCode(report.exit_code) for report in reports if report.exit_code not in _DERIVED or report.failure),
            None,
        ),
        accepted=_unique(entry for report in reports for entry in report.accepted),
        lapsed=_unique(entry for report in reports for entry in report.lapsed),
        evidence=_evidence(reports),
        base=_base(reports),
        unmanaged=all(report.unmanaged for report in reports),
        exposure=combined(report.exposure for report in _distinct(reports)),
    )


def _evidence(reports: Sequence[Report]) -> Evidence | None:
    """What all rest on; null for what they do not have in common."""
    given = [report.evidence for report in reports if report.evidence]
    if len(given) < len(reports):
        return None
    return Evidence(
        rule_set=min(evidence.rule_set for evidence in given),
        files=tuple(_unique(file for evidence in given for file in evidence.files)),
        git_commit=_common(evidence.git_commit for evidence in given),
        git_dirty=any(evidence.git_dirty for evidence in given)
        if _common(evidence.git_commit for evidence in given)
        else None,
        key_prefix=_common(evidence.key_prefix for evidence in given),
    )


def _base(reports: Sequence[Report]) -> Base | None:
    """The base that all were compared with, with what is settled in any; null if they had different ones."""
    given = [report.base for report in reports if report.base]
    if len(given) < len(reports) or len({(base.name, base.commit) for base in given}) != 1:
        return None
    return Base(
        given[0].name,
        given[0].commit,
        tuple(_unique(finding for base in given for finding in base.settled)),
        tuple(_unique(note for base in given for note in base.notes)),
    )


def _common(values: Iterable[T | None]) -> T | None:
    """The value that all are, if it is one."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _distinct(reports: Sequence[Report]) -> Iterable[Report]:
    """Each run once, however often its report was given."""
    return {
        (report.api_url, report.shard, report.started_at, report.finished_at): report for report in reports
    }.values()


def _missing_shards(reports: Sequence[Report]) -> str | None:
    shards = [Shard.parse(report.shard) for report in reports if report.shard]
    counts = {shard.count for shard in shards}
    missing = sorted(
        {(index, count) for count in counts for index in range(1, count + 1)}
        - {(shard.index, shard.count) for shard in shards}
    )
    if not missing:
        return None
    return f"no report of shard {', '.join(f'{index}/{count}' for index, count in missing)}"


def _unique(items: Iterable[T]) -> list[T]:
    """Without repetitions, in the order of first appearance. Values here are not hashable, so by their text."""
    return list({repr(item): item for item in items}.values())
