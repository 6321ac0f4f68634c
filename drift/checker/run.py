"""What the readings of a run amount to, as they come in.

A group is unread until a reading says otherwise, so nothing can pass as in sync by being forgotten.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import assert_never

from msgspec import UNSET
from msgspec.structs import replace

from drift.checker.effects import Effects
from drift.checker.group import compare, compare_parent, missing, unmanaged
from drift.checker.inherited import Contradiction, contradictions, contradicts, information
from drift.checker.live import Kept, Known, Live
from drift.checker.pins import broken_pins, is_reported
from drift.checker.pools import Overrun, overrun_findings, overruns
from drift.errors import Cause
from drift.model.declaration import Declaration, Key
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Failed, Found, Missing, Reading
from drift.model.selection import Selection
from drift.report.exposure import Exposure, Prices
from drift.report.finding import Affected, Finding
from drift.report.report import GroupEntry, Status, Unread

_GONE = frozenset({"group-missing", "group-recreated"})


class Run:
    """The readings of a run so far, and what they amount to."""

    def __init__(
        self,
        desired: Sequence[DesiredGroup],
        on_reading: Callable[[Reading], None] = lambda _: None,
        selection: Selection | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Of the groups in ``desired`` only those of the ``selection`` are reported; the others are context."""
        self.declaration = Declaration(desired)
        self._selection = selection or Selection()
        self._selected = self._selection.positions(self.declaration)
        self._on_reading = on_reading
        self._prices = prices
        self._known: dict[int, Known] = {}
        self._unmanaged: list[Group] = []
        self.picture = Picture(Live(self.declaration, {}))

    def take(self, readings: Iterable[Reading]) -> None:
        """Compare each reading and keep the outcome; a later reading of a group replaces an earlier one."""
        for reading in readings:
            self._on_reading(reading)
            if reading.desired is None:
                if self._selection.owns(reading.live.ref):
                    self._unmanaged.append(reading.live)
            else:
                position = self.declaration.position(reading.desired)
                self._known[position] = keep(self.declaration, position, reading)
        self.picture = Picture(Live(self.declaration, self._known, self._unmanaged))

    def suspects(self) -> list[DesiredGroup]:
        """The groups to read again: those with findings, and those whose readings contradict each other."""
        positions = self.findings().keys() | self.picture.contradicting
        return [self.declaration.groups[position] for position in sorted(positions)]

    def findings(self) -> dict[int, tuple[Finding, ...]]:
        """What differs on each group itself, the link to its parent included."""
        return {position: found for position, found in self.picture.findings.items() if self._reports(position)}

    def report(self) -> tuple[list[Finding], Exposure | None]:
        """All findings: each group's own with the descendants it affects, inherited ones, and unmanaged groups.

        And what all differences together expose.
        """
        live, every = self.picture.live, self.picture.findings
        effects = Effects(live, self._prices)
        own = [
            effects.of(position, finding)
            for position, findings in fold(every, self.declaration).items()
            if self._reports(position)
            for finding in findings
        ]
        unexplained = information(live, self.picture.contradictions, every)
        inherited = [finding for finding in unexplained if self._selection.owns(finding.group)]
        not_declared = [
            replace(finding, exposure=effects.of_unmanaged(index))
            for index, finding in enumerate(_unmanaged_findings(live))
        ]
        return [*own, *inherited, *not_declared], effects.total(every, self._reports)

    def unread(self) -> list[Unread]:
        """An entry for every declared group without an answer."""
        return [
            _unread(group, self._known.get(position))
            for position, group in self.declaration
            if self.is_unread(position)
        ]

    def entries(self, findings: Mapping[int, tuple[Finding, ...]]) -> list[GroupEntry]:
        """Every declared group with its status, in the order of the files, then the unmanaged ones."""
        live = self.picture.live
        declared = [
            GroupEntry(
                live.ref_at(position),
                self._status(position, findings.get(position, ())),
                group.positions.field("group"),
                live.parent_of(position),
            )
            for position, group in self.declaration
            if self._reports(position) or self.is_unread(position)
        ]
        return declared + [
            GroupEntry(
                group.ref, Status.UNMANAGED, None, live.ref(group.parent_group_id) if group.parent_group_id else None
            )
            for group in self._unmanaged
        ]

    def is_unread(self, position: int) -> bool:
        """Whether there is no answer about the group at this position."""
        return not isinstance(self._known.get(position), Kept | Missing)

    def _reports(self, position: int) -> bool:
        return position in self._selected

    def _status(self, position: int, findings: tuple[Finding, ...]) -> Status:
        match self._known.get(position):
            case Kept():
                return Status.DRIFT if any(finding.is_drift for finding in findings) else Status.IN_SYNC
            case Missing():
                return Status.MISSING
            case Failed() | None:
                return Status.UNREAD


class Picture:
    """What differs, and what contradicts itself, among all groups as they were last read."""

    def __init__(self, live: Live) -> None:
        self.live = live

    @cached_property
    def findings(self) -> Mapping[int, tuple[Finding, ...]]:
        """Everything that differs on declared groups, whoever reports it."""
        found = {
            position: known.findings if isinstance(known, Kept) else (missing(known.desired),)
            for position, known in self.live.known.items()
            if isinstance(known, Missing) or (isinstance(known, Kept) and known.findings)
        }

        def add(position: int, finding: Finding) -> None:
            found[position] = (*found.get(position, ()), finding)

        for position, finding in self._parents.items():
            add(position, finding)
        for position, finding in broken_pins(self.live):
            if not is_reported(found.get(position, ()), finding):
                add(position, finding)
        for position, finding in list(overrun_findings(self.live, self._overruns, found)):
            add(position, finding)
        return found

    @cached_property
    def contradictions(self) -> Sequence[Contradiction]:
        """Limits in effect that nothing explains."""
        return contradictions(self.live)

    @property
    def contradicting(self) -> set[int]:
        """The groups whose readings contradict each other; they may have changed while they were read."""
        involved: set[Key | None] = {key for entry in self.contradictions for key in (entry.position, entry.source)}
        involved |= {key for overrun in self._overruns for key in (overrun.ancestor, *overrun.positions)}
        return {key for key in involved if isinstance(key, int) and key in self.live.found}

    @cached_property
    def _overruns(self) -> Sequence[Overrun]:
        return overruns(self.live, self._parents)

    @cached_property
    def _parents(self) -> Mapping[int, Finding]:
        found = {}
        for position, known in self.live.found.items():
            desired = self.live.declaration.groups[position]
            declared = desired.parent if desired.parent_group_id is UNSET else desired.parent_group_id
            if isinstance(desired.parent, str):
                # A parent that is missing or unread has a finding or an entry of its own.
                above = self.live.found.get(self.live.declaration.of_external_id.get(desired.parent, -1))
                declared = UNSET if above is None else above.ref.id
            if declared is not UNSET:
                finding = compare_parent(desired, known.ref, known.parent_group_id, declared, self.live.name_of)
                if finding:
                    found[position] = finding
        return found


def keep(declaration: Declaration, position: int, reading: Found | Missing | Failed) -> Known:
    """What of a reading of the declared group at ``position`` has to be remembered."""
    match reading:
        case Found(live=group):
            findings = compare(declaration.groups[position], group)
            whole = findings or _may_matter(declaration, position, group)
            return Kept(group.ref, group.parent_group_id, findings, group if whole else None)
        case Missing() | Failed():
            return reading
        case _:
            assert_never(reading)


def _may_matter(declaration: Declaration, position: int, group: Group) -> bool:
    """Whether a group that is as declared has pins, a pool of which not all is declared, or unexpected limits."""
    desired = declaration.groups[position]
    pool = "CASCADING" in (group.limit_enforcement, desired.limit_enforcement)
    return (
        bool(desired.effective)
        or (pool and not declaration.says_all(position))
        or contradicts(declaration, position, group)
    )


def _unread(group: DesiredGroup, known: Known | None) -> Unread:
    line = group.positions.field("group")
    if isinstance(known, Failed):
        return Unread(group.ref, known.cause, known.message, known.where, line)
    return Unread(group.ref, Cause.INTERRUPTED, "the run ended before this group was read", "", line)


def _unmanaged_findings(live: Live) -> Iterator[Finding]:
    for group in live.unmanaged:
        parent = live.positions.get(group.parent_group_id)
        yield unmanaged(group, None if parent is None else live.declaration.groups[parent])


def fold(findings: Mapping[int, Sequence[Finding]], declaration: Declaration) -> dict[int, list[Finding]]:
    """The findings, by position, with every deletion moved to the topmost declared ancestor that is gone too.

    Deleting a group deletes all groups below it (Delete group page of the API docs), so one deletion high up would
    otherwise be reported once for every descendant. These are listed as affected; their other findings stay theirs.
    """
    gone = {position for position, found in findings.items() if any(finding.rule in _GONE for finding in found)}
    top_of: dict[int, int] = {}
    for position in sorted(gone):
        for ancestor in declaration.above(position):
            if ancestor not in gone:
                break
            top_of[position] = ancestor
    below: dict[int, list[Affected]] = {}
    for position, top in top_of.items():
        below.setdefault(top, []).append(Affected(declaration.groups[position].ref, None, None))
    return {
        position: [
            replace(finding, affected=tuple(below.get(position, ()))) if finding.rule in _GONE else finding
            for finding in found
            if not (position in top_of and finding.rule in _GONE)
        ]
        for position, found in findings.items()
    }
