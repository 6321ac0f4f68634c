"""What the readings of a run amount to, as they come in.

A group is unread until a reading says otherwise, so nothing can pass as in sync by being forgotten.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import assert_never

from msgspec import UNSET
from msgspec.structs import replace

from drift.checker.deletions import fold
from drift.checker.effects import Inheritance
from drift.checker.exposure import Exposures, limits_traffic
from drift.checker.group import compare, compare_parent, missing, unmanaged
from drift.checker.parents import Parents
from drift.checker.pins import Pins, tells_the_same
from drift.checker.pools import Overrun, Pools
from drift.checker.sides import LiveGroups
from drift.errors import Cause
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.prices import Prices
from drift.model.readings import Failed, Found, Missing, Reading
from drift.model.selection import Shard
from drift.report.exposure import Exposure
from drift.report.finding import Finding
from drift.report.report import GroupEntry, Status, Unread


class Comparison:
    """The state of a run, by position of the declared group."""

    def __init__(
        self,
        desired: Sequence[DesiredGroup],
        on_reading: Callable[[], None],
        shard: Shard | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Of the groups in ``desired`` only those of the ``shard`` are reported; the others are context."""
        self._desired = desired
        self._shard = shard
        self._on_reading = on_reading
        self._position = {id(group): index for index, group in enumerate(desired)}
        self._prices = prices
        self._live: dict[int, tuple[GroupRef, str | None]] = {}
        self._changed: dict[int, Group] = {}
        self._own: dict[int, tuple[Finding, ...]] = {}
        self._failed: dict[int, Failed] = {}
        self._strangers: list[Group] = []
        self._found: dict[int, tuple[Finding, ...]] | None = None
        self._inheritance = Inheritance(desired)
        self._pins = Pins(desired)
        self._pools = Pools(desired)
        self._overruns: tuple[Overrun, ...] | None = None

    def take(self, readings: Iterable[Reading]) -> None:
        """Compare each reading and keep the outcome; a later reading of a group replaces an earlier one."""
        self._overruns = None
        self._found = None
        for reading in readings:
            self._on_reading()
            if reading.desired is None:
                if self._owns(reading.live.ref):
                    self._strangers.append(reading.live)
                continue
            desired = reading.desired
            position = self._position[id(desired)]
            for known in (self._live, self._own, self._failed, self._changed):
                known.pop(position, None)
            self._pins.forget(position)
            self._pools.forget(position)
            match reading:
                case Found(live=live):
                    self._live[position] = (live.ref, live.parent_group_id)
                    self._inheritance.take(position, live)
                    self._pins.take(position, live)
                    findings = compare(desired, live)
                    self._pools.take(position, live, differs=bool(findings))
                    if findings:
                        self._changed[position] = live
                case Missing():
                    findings = (missing(desired),)
                case Failed():
                    self._failed[position] = reading
                    findings = ()
                case _:
                    assert_never(reading)
            if findings:
                self._own[position] = findings

    def suspects(self) -> list[DesiredGroup]:
        """The groups to read again: those with findings, and those whose readings contradict each other."""
        found = self.findings()
        torn = self._inheritance.contradictions(self._every_finding(), self._refs())
        torn |= {position for overrun in self._overruns or () for position in overrun.involved}
        return [self._desired[position] for position in sorted(found.keys() | torn)]

    def findings(self) -> dict[int, tuple[Finding, ...]]:
        """What differs on each group itself, the link to its parent included."""
        found = self._every_finding()
        return {position: findings for position, findings in found.items() if self._reports(position)}

    def report(self) -> tuple[list[Finding], Exposure | None]:
        """All findings: each group's own with the descendants it affects, inherited ones, and undeclared groups.

        And what all differences together expose.
        """
        every, refs = self._every_finding(), self._refs()
        effects = self._inheritance.effects(every, refs)
        exposures = self._exposures(every)
        own = [
            replace(
                finding,
                affected=finding.affected or effects.of(position, finding),
                exposure=None if exposures is None else exposures.of(position, finding),
            )
            for position, findings in fold(every, self._desired).items()
            if self._reports(position)
            for finding in findings
        ]
        inherited = [finding for finding in effects.unexplained() if self._owns(finding.group)]
        undeclared = [
            replace(finding, exposure=None if exposures is None else exposures.of_stranger(index))
            for index, finding in enumerate(self._undeclared())
        ]
        total = None if exposures is None else exposures.total(every, self._reports)
        return [*own, *inherited, *undeclared], total

    def unread(self) -> list[Unread]:
        """An entry for every declared group without an answer."""
        return [
            self._unread(group, self._failed.get(position))
            for position, group in enumerate(self._desired)
            if self.is_unread(position)
        ]

    def entries(self, findings: Mapping[int, tuple[Finding, ...]]) -> list[GroupEntry]:
        """Every declared group with its status, in the order of the files, then the undeclared ones."""
        parents = Parents(self._desired, self._live, self._strangers)
        declared = [
            GroupEntry(
                self._live[position][0] if position in self._live else group.ref,
                self._status(position, findings.get(position, ())),
                group.positions.field("group"),
                parents.of(position),
            )
            for position, group in enumerate(self._desired)
            if self._reports(position) or self.is_unread(position)
        ]
        return declared + [
            GroupEntry(group.ref, Status.UNMANAGED, None, parents.live(group.parent_group_id))
            for group in self._strangers
        ]

    def _owns(self, group: GroupRef) -> bool:
        return self._shard is None or self._shard.owns(group)

    def _reports(self, position: int) -> bool:
        return self._owns(self._desired[position].ref)

    def _refs(self) -> Mapping[int, GroupRef]:
        return {position: ref for position, (ref, _) in self._live.items()}

    def _every_finding(self) -> Mapping[int, tuple[Finding, ...]]:
        if self._found is None:
            self._found = self._find()
        return self._found

    def _find(self) -> dict[int, tuple[Finding, ...]]:
        found = dict(self._own)
        moved = set()
        for position, finding in self._parents():
            moved.add(position)
            found[position] = (*found.get(position, ()), finding)
        for position, finding in self._pins.findings(self._refs()):
            known = found.get(position, ())
            if not tells_the_same(known, finding):
                found[position] = (*known, finding)
        if self._overruns is None:
            self._overruns = self._pools.overruns(self._live, self._strangers, moved)
        for position, finding in tuple(self._pools.findings(self._overruns, self._live, found)):
            found[position] = (*found.get(position, ()), finding)
        return found

    def _parents(self) -> Iterator[tuple[int, Finding]]:
        ids = {self._desired[position].external_entity_id: ref.id for position, (ref, _) in self._live.items()}
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

    def _exposures(self, findings: Mapping[int, tuple[Finding, ...]]) -> Exposures | None:
        if not self._strangers and not any(map(limits_traffic, chain.from_iterable(findings.values()))):
            return None
        found = {position: (ref.id, parent) for position, (ref, parent) in self._live.items()}
        missing = frozenset(self._own.keys() - self._live.keys())
        return Exposures(self._desired, LiveGroups(found, missing, self._changed, self._strangers), self._prices)

    def _undeclared(self) -> list[Finding]:
        managed = {ref.id: self._desired[position] for position, (ref, _) in self._live.items()}
        return [unmanaged(group, managed.get(group.parent_group_id)) for group in self._strangers]

    def is_unread(self, position: int) -> bool:
        """Whether there is no answer about the group at this position."""
        return position not in self._live and position not in self._own

    @staticmethod
    def _unread(group: DesiredGroup, failed: Failed | None) -> Unread:
        line = group.positions.field("group")
        if failed is None:
            return Unread(group.ref, Cause.INTERRUPTED, "the run ended before this group was read", "", line)
        return Unread(group.ref, failed.cause, failed.message, failed.where, line)

    def _status(self, position: int, findings: tuple[Finding, ...]) -> Status:
        if self.is_unread(position):
            return Status.UNREAD
        if position not in self._live:
            return Status.MISSING
        return Status.DRIFT if any(finding.is_drift for finding in findings) else Status.IN_SYNC
