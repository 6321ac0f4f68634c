"""The use case: declared groups and a source of live ones become a report.

Knows no HTTP. Readings arrive as a stream and each live group is compared and let go at once; only ids
and differences are kept. Whatever differs, or is missing, is read a second time before it is reported.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, assert_never

from msgspec import UNSET

from drift.compare import compare, compare_parent, missing, unmanaged
from drift.errors import Cause, ExitCode, GatewayError, Problem
from drift.finding import Finding
from drift.live import Failed, Found, Missing, Reading
from drift.model import DesiredGroup, Group, GroupRef
from drift.report import Gate, GroupEntry, Report, Status, Unread, assemble
from drift.shard import Shard


class GroupSource(Protocol):
    """Where live groups come from: the gateway over HTTP, or anything of this shape."""

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """One reading for every wanted group, in any order; with ``unmanaged`` also all other live groups."""
        ...

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """One fresh reading for every suspect, in any order."""
        ...

    @property
    def list_failure(self) -> GatewayError | None:
        """Why not all unmanaged groups were seen, where they were asked for; None if all were."""
        ...

    def notes(self) -> Sequence[str]:
        """What the reader of the report should know about the reading."""
        ...

    def requests(self) -> Mapping[str, int]:
        """Requests sent so far, by kind."""
        ...


class _Comparison:
    """What the readings so far amount to, by position of the declared group.

    A group is unread until a reading says otherwise, so nothing can pass as in sync by being forgotten.
    """

    def __init__(
        self, desired: Sequence[DesiredGroup], on_reading: Callable[[], None], shard: Shard | None = None
    ) -> None:
        self._desired = desired
        self._shard = shard
        self._on_reading = on_reading
        self._position = {id(group): index for index, group in enumerate(desired)}
        self._live: dict[int, tuple[GroupRef, str | None]] = {}
        self._own: dict[int, tuple[Finding, ...]] = {}
        self._failed: dict[int, Failed] = {}
        self._strangers: list[Group] = []

    def take(self, readings: Iterable[Reading]) -> None:
        """Compare each reading and keep the outcome; a later reading of a group replaces an earlier one."""
        for reading in readings:
            self._on_reading()
            if reading.desired is None:
                if self._owns(reading.live.ref):
                    self._strangers.append(reading.live)
                continue
            desired = reading.desired
            position = self._position[id(desired)]
            for known in (self._live, self._own, self._failed):
                known.pop(position, None)
            match reading:
                case Found(live=live):
                    self._live[position] = (live.ref, live.parent_group_id)
                    findings = compare(desired, live)
                case Missing():
                    findings = (missing(desired),)
                case Failed():
                    self._failed[position] = reading
                    findings = ()
                case _:
                    assert_never(reading)
            if findings:
                self._own[position] = findings

    def findings(self) -> dict[int, tuple[Finding, ...]]:
        """Findings by position, those about parents included."""
        found = dict(self._own)
        for position, finding in self._parents():
            found[position] = (*found.get(position, ()), finding)
        return {position: findings for position, findings in found.items() if self._owns(self._desired[position].ref)}

    def _owns(self, group: GroupRef) -> bool:
        return self._shard is None or self._shard.owns(group)

    def _parents(self) -> Iterator[tuple[int, Finding]]:
        ids = {
            group.external_entity_id: self._live[position][0].id
            for position, group in enumerate(self._desired)
            if position in self._live
        }
        names = {id_: external for external, id_ in ids.items() if id_ is not None and external is not None}
        for position, (ref, live_parent) in self._live.items():
            desired = self._desired[position]
            declared = desired.parent if desired.parent_group_id is UNSET else desired.parent_group_id
            if declared is UNSET:
                continue
            if isinstance(desired.parent, str):
                # A parent that is missing or unread has a finding or an entry of its own.
                if desired.parent not in ids:
                    continue
                declared = ids[desired.parent]
            finding = compare_parent(desired, ref, live_parent=live_parent, declared_parent=declared, names=names)
            if finding:
                yield position, finding

    def strangers(self) -> list[Finding]:
        """A finding for every live group that is not declared."""
        managed = {ref.id: self._desired[position] for position, (ref, _) in self._live.items()}
        return [unmanaged(group, managed.get(group.parent_group_id)) for group in self._strangers]

    def unread(self) -> list[Unread]:
        """An entry for every declared group without an answer."""
        return [
            self._unread(group, self._failed.get(position))
            for position, group in enumerate(self._desired)
            if self._is_unread(position)
        ]

    def _is_unread(self, position: int) -> bool:
        return position not in self._live and position not in self._own

    @staticmethod
    def _unread(group: DesiredGroup, failed: Failed | None) -> Unread:
        line = group.marks.field("group")
        if failed is None:
            return Unread(group.ref, Cause.INTERRUPTED, "the run ended before this group was read", "", line)
        return Unread(group.ref, failed.cause, failed.message, failed.where, line)

    def entries(self, findings: Mapping[int, tuple[Finding, ...]]) -> list[GroupEntry]:
        """Every declared group with its status, in the order of the files, then the unmanaged ones."""
        declared = [
            GroupEntry(
                self._live[position][0] if position in self._live else group.ref,
                self._status(position, findings.get(position, ())),
                group.marks.field("group"),
            )
            for position, group in enumerate(self._desired)
            if self._owns(group.ref) or self._is_unread(position)
        ]
        return declared + [GroupEntry(group.ref, Status.UNMANAGED, None) for group in self._strangers]

    def _status(self, position: int, findings: tuple[Finding, ...]) -> Status:
        if self._is_unread(position):
            return Status.UNREAD
        if position not in self._live:
            return Status.MISSING
        return Status.DRIFT if any(finding.is_drift for finding in findings) else Status.IN_SYNC


def check(
    desired: Sequence[DesiredGroup],
    source: GroupSource,
    *,
    now: Callable[[], datetime],
    api_url: str,
    gate: Gate | None = None,
    unmanaged: bool = False,
    shard: Shard | None = None,
    problems: Sequence[Problem] = (),
    on_reading: Callable[[], None] = lambda: None,
    interrupted: Callable[[], ExitCode | None] = lambda: None,
) -> Report:
    """Read, compare, confirm, and report.

    Args:
        desired: The declared groups, each external id and each id once.
        source: Where live groups come from.
        now: The clock, giving aware times.
        api_url: The base URL to name in the report.
        gate: What the caller fails on.
        unmanaged: Also report live groups that are not declared; reads the whole workspace.
        shard: Check only this part of the groups. The parents of its groups are read too, to compare the links;
            one that cannot be read is told, for then a link was not checked.
        problems: Warnings of the desired files, to be carried into the report.
        on_reading: Called for every reading, for progress.
        interrupted: The exit code of the signal that stopped the run early, asked once it is over.
    """
    started_at = now()
    wanted = desired if shard is None else _with_parents(desired, shard)
    comparison = _Comparison(wanted, on_reading, shard)
    comparison.take(source.read(wanted, unmanaged=unmanaged))
    suspected = comparison.findings()
    if suspected:
        comparison.take(source.confirm([wanted[position] for position in sorted(suspected)]))
    confirmed = comparison.findings()
    return assemble(
        findings=[
            *(finding for findings in confirmed.values() for finding in findings),
            *comparison.strangers(),
        ],
        unread=comparison.unread(),
        groups=comparison.entries(confirmed),
        transient=_vanished(suspected, confirmed),
        unseen=source.list_failure.message if source.list_failure else None,
        shard=None if shard is None else str(shard),
        gate=gate or Gate(),
        api_url=api_url,
        started_at=started_at,
        finished_at=now(),
        problems=problems,
        warnings=tuple(source.notes()),
        requests=source.requests(),
        ended_by=interrupted(),
    )


def _with_parents(desired: Sequence[DesiredGroup], shard: Shard) -> list[DesiredGroup]:
    """The groups of the shard and their declared parents, in the order of the files."""
    parents = {group.parent for group in desired if shard.owns(group.ref)}
    return [group for group in desired if shard.owns(group.ref) or group.external_entity_id in parents]


def _vanished(suspected: Mapping[int, tuple[Finding, ...]], confirmed: Mapping[int, tuple[Finding, ...]]) -> int:
    """How many differences of the first reading the second one did not show."""
    return sum(
        (finding.rule, finding.path) not in {(other.rule, other.path) for other in confirmed.get(position, ())}
        for position, findings in suspected.items()
        for finding in findings
    )
