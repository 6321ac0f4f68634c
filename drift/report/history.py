"""Many reports, one story: when each difference was first and last seen, and when it was gone.

Pure. The structs are what ``drift history --output json`` prints; within version 1 members are only added.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from drift.model.groups import GroupRef
from drift.model.paths import Path
from drift.report.finding import Finding, Value
from drift.report.report import Report, Status

HISTORY_VERSION = 1


class RunEntry(Struct, frozen=True):
    """One run."""

    started_at: str
    finished_at: str
    api_url: str
    shard: str | None
    verdict: str
    exit_code: int
    findings: int
    accepted: int
    unread: int
    failure: str | None
    digest: str | None
    """Of what differed, as the report's evidence has it; null for reports without evidence."""


class Episode(Struct, frozen=True):
    """One difference from when it was first seen until it was gone; one that comes back begins another."""

    api_url: str
    group: GroupRef
    rule: str
    path: Path
    severity: str
    direction: str
    message: str
    """As last seen."""
    live: Value
    """As last seen."""
    accepted: bool
    """Whether it was accepted when it was last seen."""
    first_seen: str
    last_seen: str
    resolved: str | None
    """The first run that looked and did not find it any more; null while it is open."""
    seen: int
    """How many runs saw it."""
    age: float
    """Seconds from ``first_seen`` to ``resolved``, or to the last run if it is open."""


class History(Struct, frozen=True):
    """All runs by time, and all differences, open ones first, then the oldest first."""

    version: int
    runs: tuple[RunEntry, ...]
    episodes: tuple[Episode, ...]

    @property
    def open(self) -> tuple[Episode, ...]:
        """What the last look at each still showed."""
        return tuple(episode for episode in self.episodes if episode.resolved is None)


_Key = tuple[str, str, str, Path]


def history(reports: Iterable[Report]) -> History:
    """The history that the reports show, in whatever order they are given; a report that is given twice counts once."""
    ordered = sorted(
        {(report.started_at, report.api_url, report.shard): report for report in reports}.values(),
        key=lambda report: _moment(report.started_at),
    )
    open_: dict[_Key, Episode] = {}
    closed: list[Episode] = []
    for report in ordered:
        found: dict[_Key, Episode] = dict(_episodes(report))
        for key, episode in found.items():
            known = open_.get(key)
            if known:
                open_[key] = replace(episode, first_seen=known.first_seen, seen=known.seen + 1)
            else:
                open_[key] = episode
        gone = [key for key, episode in open_.items() if key not in found and _looked(report, episode)]
        closed += [replace(open_.pop(key), resolved=report.finished_at) for key in gone]
    last = ordered[-1].finished_at if ordered else ""
    episodes = sorted(
        (_aged(episode, last) for episode in (*open_.values(), *closed)),
        key=lambda episode: (episode.resolved is not None, _moment(episode.first_seen), episode.group.label),
    )
    return History(HISTORY_VERSION, tuple(map(_run, ordered)), tuple(episodes))


def _episodes(report: Report) -> Iterator[tuple[_Key, Episode]]:
    accepted = [(entry.finding, True) for entry in report.accepted]
    for finding, is_accepted in (*((finding, False) for finding in report.findings), *accepted):
        if finding.is_drift:
            yield (
                (report.api_url, finding.group.label, finding.rule, finding.path),
                _episode(report, finding, accepted=is_accepted),
            )


def _episode(report: Report, finding: Finding, *, accepted: bool) -> Episode:
    return Episode(
        api_url=report.api_url,
        group=finding.group,
        rule=finding.rule,
        path=finding.path,
        severity=finding.severity.value,
        direction=finding.direction.value,
        message=finding.message,
        live=finding.live,
        accepted=accepted,
        first_seen=report.finished_at,
        last_seen=report.finished_at,
        resolved=None,
        seen=1,
        age=0.0,
    )


def _looked(report: Report, episode: Episode) -> bool:
    """Whether the run would have found the difference if it had still been there."""
    if report.failure or report.api_url != episode.api_url:
        return False
    if episode.rule == "group-unmanaged":
        return report.unmanaged and not (report.unseen or report.unread or report.shard)
    return any(
        entry.group.label == episode.group.label and entry.status is not Status.UNREAD for entry in report.groups
    )


def _aged(episode: Episode, last: str) -> Episode:
    end = _moment(episode.resolved or last)
    return replace(episode, age=max(0.0, (end - _moment(episode.first_seen)).total_seconds()))


def _run(report: Report) -> RunEntry:
    return RunEntry(
        started_at=report.started_at,
        finished_at=report.finished_at,
        api_url=report.api_url,
        shard=report.shard,
        verdict=report.verdict.value,
        exit_code=report.exit_code,
        findings=report.counts.findings,
        accepted=report.counts.accepted,
        unread=report.counts.unread,
        failure=report.failure.message if report.failure else None,
        digest=report.evidence.digest if report.evidence else None,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def oldest(episodes: Sequence[Episode]) -> Episode | None:
    """The one that has been open for longest and that nobody accepted."""
    return max(
        (episode for episode in episodes if episode.resolved is None and not episode.accepted),
        key=lambda episode: episode.age,
        default=None,
    )
