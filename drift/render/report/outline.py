"""Findings in the order in which people read them: by whose doing they are, by tree, by group, worst first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from drift.model.groups import GroupRef
from drift.report.finding import ChangeStatus, Finding
from drift.report.report import Report


class OfGroup(NamedTuple):
    """A group and its findings, worst first."""

    group: GroupRef
    findings: Sequence[Finding]


class OfTree(NamedTuple):
    """A tree: the root first if it has findings, then its groups, worst first."""

    root: str
    """The label of the root, as far up as the report knows the tree."""
    groups: Sequence[OfGroup]

    @property
    def findings(self) -> list[Finding]:
        """Those of all its groups."""
        return [finding for of_group in self.groups for finding in of_group.findings]


class Section(NamedTuple):
    """The findings of one status; without a base all of them, with the status None."""

    status: ChangeStatus | None
    trees: Sequence[OfTree]
    total: int
    """Findings in it."""


_ORDER = (ChangeStatus.CONFLICTING, ChangeStatus.INTRODUCED, ChangeStatus.PRE_EXISTING)


def sections(report: Report) -> list[Section]:
    """All findings once. What needs a decision comes first, then what applying will change, then the rest."""
    roots = _Roots(report)
    if report.base is None:
        return [_section(None, report.findings, roots)] if report.findings else []
    found: dict[ChangeStatus | None, list[Finding]] = {status: [] for status in _ORDER}
    for finding in report.findings:
        found.setdefault(finding.status, []).append(finding)
    return [_section(status, findings, roots) for status, findings in found.items() if findings]


def _section(status: ChangeStatus | None, findings: Sequence[Finding], roots: "_Roots") -> Section:
    return Section(status, _trees(findings, roots), len(findings))


def _trees(findings: Iterable[Finding], roots: "_Roots") -> list[OfTree]:
    trees: dict[str, dict[tuple[str | None, str | None], list[Finding]]] = {}
    for finding in findings:
        groups = trees.setdefault(roots.of(finding.group.label), {})
        groups.setdefault((finding.group.external_entity_id, finding.group.id), []).append(finding)
    return [_tree(root, groups.values()) for root, groups in trees.items()]


def _tree(root: str, groups: Iterable[Sequence[Finding]]) -> OfTree:
    of_groups = [OfGroup(findings[0].group, findings) for findings in groups]
    return OfTree(root, sorted(of_groups, key=lambda of_group: of_group.group.label != root))


class _Roots:
    """The root of each group, by labels."""

    def __init__(self, report: Report) -> None:
        self._parents: Mapping[str, str] = {
            entry.group.label: entry.parent.label for entry in report.groups if entry.parent is not None
        }

    def of(self, label: str) -> str:
        # A report from elsewhere may hold a cycle.
        seen = {label}
        while (parent := self._parents.get(label)) is not None and parent not in seen:
            seen.add(parent)
            label = parent
        return label
