"""One pass over the groups of files that differ from live ones."""

from collections.abc import Collection, Mapping, Sequence

from drift.export.cst import Node
from drift.export.edits import Edits
from drift.export.entries import Links
from drift.export.reconcile import Reconciler
from drift.export.state import Live
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup
from drift.model.paths import FieldPath
from drift.report.finding import Finding


class Revision:
    """What a pass does, and to which groups."""

    def __init__(
        self,
        live: Live,
        removed: Collection[str],
        links: Links,
        drift: Mapping[str, Sequence[Finding]],
        *,
        deep: bool,
    ) -> None:
        """``drift`` has what is to be put right, by key; ``removed`` the keys of groups to be taken out."""
        self._live = live
        self._removed = removed
        self._links = links
        self._drift = drift
        self._deep = deep

    def concerns(self, group: DesiredGroup) -> bool:
        """Whether there is anything to be done to the group."""
        return desired_key(group) in self._drift or self._orphaned(group)

    def revise(self, edits: Edits, groups: Sequence[DesiredGroup], *, pins: Collection[str]) -> None:
        """Edit a file, whose groups are ``groups``; those of ``pins`` get their id as well."""
        sequence = edits.file.root.get("groups")
        if sequence is None or len(sequence.values) != len(groups):
            return  # they come from elsewhere in the file, where nothing can be done to one of them
        gone = [index for index, group in enumerate(groups) if desired_key(group) in self._removed]
        for index, (group, node) in enumerate(zip(groups, sequence.values, strict=True)):
            if index in gone or node.form != "mapping":
                continue
            key = desired_key(group)
            if key in pins:
                edits.add_first(node, "id", self._live.declared[key].id)
            if self.concerns(group):
                self._group(Reconciler(edits, deep=self._deep), node, group)
        if gone and len(gone) == len(groups):
            edits.set_items(edits.file.root, "groups", sequence, [])
        elif gone:
            edits.remove_items(sequence, gone)

    def _group(self, reconciler: Reconciler, node: Node, group: DesiredGroup) -> None:
        key = desired_key(group)
        live = self._live.declared.get(key)
        if live is None:
            return  # missing, and not to be removed; or new, and as it was just written
        findings = self._drift.get(key, ())
        blocks = {finding.path.parts[:1] for finding in findings}
        paths = {finding.path for finding in findings}
        if FieldPath("id") in paths:
            reconciler.id(node, live)
        if FieldPath("name") in paths:
            reconciler.name(node, live)
        if self._orphaned(group) or (("hierarchy",) in blocks and not self._awaits_parent(node, findings)):
            reconciler.hierarchy(node, self._links.hierarchy(live))
        if ("models",) in blocks:
            reconciler.models(node, group, live)

    def _orphaned(self, group: DesiredGroup) -> bool:
        """Whether the declared parent is about to go, though the group stays."""
        return desired_key(group) not in self._removed and group.parent in self._removed

    def _awaits_parent(self, node: Node, findings: Sequence[Finding]) -> bool:
        """Whether only a mode differs that the group takes from its parent, which gets it in this pass."""
        hierarchy = node.get("hierarchy")
        own = hierarchy is None or hierarchy.get("limit_enforcement") is not None
        return not self._deep and not own and all(finding.rule != "parent-changed" for finding in findings)
