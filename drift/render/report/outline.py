"""A report in the order in which people read it: by origin, by tree, by group, worst first; and who is below whom."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from drift.errors import HINTS, Cause
from drift.model.groups import GroupRef
from drift.report.finding import ChangeStatus, Finding
from drift.report.report import GroupEntry, Report, Unread


class OfTree(NamedTuple):
    """A tree: the root first if it has findings, then its groups, worst first."""

    root: str
    """The label of the root, as far up as the report knows the tree."""
    groups: Sequence[Sequence[Finding]]
    """The findings of each group, worst first."""


class Section(NamedTuple):
    """The findings of one status; without a base all of them, with the status None."""

    status: ChangeStatus | None
    trees: Sequence[OfTree]
    total: int
    """Findings in it."""


_ORDER = (ChangeStatus.CONFLICTING, ChangeStatus.INTRODUCED, ChangeStatus.PRE_EXISTING)


def sections(report: Report) -> list[Section]:
    """All findings once. What needs a decision comes first, then what applying will change, then the rest."""
    found: dict[ChangeStatus | None, list[Finding]] = {status: [] for status in _ORDER}
    for finding in report.findings:
        found.setdefault(finding.status if report.base else None, []).append(finding)
    ancestry = Ancestry(report.groups)
    return [
        Section(status, _trees(findings, ancestry), len(findings)) for status, findings in found.items() if findings
    ]


def by_cause(unread: Iterable[Unread]) -> Sequence[tuple[Cause, str, Sequence[Unread]]]:
    """All unread groups once, by the reason for it, with what can be done about that."""
    causes: dict[Cause, list[Unread]] = {}
    for entry in unread:
        causes.setdefault(entry.cause, []).append(entry)
    return [(cause, HINTS.get(cause, ""), entries) for cause, entries in sorted(causes.items())]


class Ancestry:
    """Who is below whom, as far as the report says; where two entries have one id, the first is the parent."""

    def __init__(self, entries: Sequence[GroupEntry]) -> None:
        self._entries = entries
        self._positions: dict[tuple[str | None, str | None], int] = {}
        for index, entry in reversed(list(enumerate(entries))):
            self._positions[entry.group.id, None] = index
            self._positions[None, entry.group.external_entity_id] = index
        self._positions.pop((None, None), None)
        self.parents = [self._position(entry.parent) if entry.parent else None for entry in entries]
        """Of each entry, the index of its parent; None for a root and where nobody reported the parent."""

    def above(self, group: GroupRef) -> Iterator[GroupRef]:
        """The group's ancestors, the nearest first, up to one that nobody reported.

        A cycle, which a saved report may hold, ends where it closes.
        """
        at = self._position(group)
        seen = {at}
        while at is not None and (parent := self._entries[at].parent) is not None:
            at = self.parents[at]
            if at in seen:
                return
            seen.add(at)
            yield parent if at is None else self._entries[at].group

    def _position(self, group: GroupRef) -> int | None:
        """By id, and by external id where that does not help: what was not read has no id."""
        by_external = self._positions.get((None, group.external_entity_id))
        return self._positions.get((group.id, None), by_external)


def _trees(findings: Iterable[Finding], ancestry: Ancestry) -> list[OfTree]:
    trees: dict[str, dict[GroupRef, list[Finding]]] = {}
    for finding in findings:
        *_, root = finding.group, *ancestry.above(finding.group)
        trees.setdefault(root.label, {}).setdefault(replace(finding.group, name=None), []).append(finding)
    return [
        OfTree(root, sorted(groups.values(), key=lambda of_group: of_group[0].group.label != root))
        for root, groups in trees.items()
    ]
