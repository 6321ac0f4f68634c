"""Declared groups that differ from live ones, to the edits of their entries that make them agree.

Only what differs is touched. What an entry takes from elsewhere, by an alias or a merge, is changed there first;
only if that was not enough (``deep``) does the entry get a value of its own. So what several groups share stays
shared as long as it is the same for all of them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import UNSET, Struct

from drift.export.editor import Edits, YamlNode
from drift.export.entries import Links, model, written_lists
from drift.export.writing import Plain
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import UNITS, JsonLimit, Kind
from drift.model.paths import FieldPath
from drift.report.finding import Finding


class Pass(Struct, frozen=True):
    """One pass over the groups of files: what it does, and to which groups, by key."""

    live: Mapping[str, Group]
    """The live groups of declared ones, by key."""
    links: Links
    drift: Mapping[str, Sequence[Finding]]
    """What is to be put right."""
    removed: Collection[str]
    """Groups that go."""
    pinned: Collection[str]
    """Groups that get their id."""
    deep: bool

    def concerns(self, group: DesiredGroup) -> bool:
        """Whether there is anything to be done to the group."""
        key = desired_key(group)
        return key in self.drift or key in self.pinned or self._orphaned(group)

    def revised(self, text: str, groups: Sequence[DesiredGroup]) -> str:
        """The text of a file, whose groups are ``groups``, as it is to be."""
        edits = Edits(text)
        sequence = edits.root.get("groups")
        if sequence is None or len(sequence.values) != len(groups):
            return text  # they come from elsewhere in the file, where nothing can be done to one of them
        gone = [index for index, group in enumerate(groups) if desired_key(group) in self.removed]
        for index, (group, node) in enumerate(zip(groups, sequence.values, strict=True)):
            live = self.live.get(desired_key(group))
            # Without a live group it is missing, and not to be removed; or new, and as it was just written.
            if live is not None and index not in gone and node.form == "mapping" and self.concerns(group):
                if desired_key(group) in self.pinned:
                    edits.add_first(node, "id", live.id)
                self._follow(_Member(edits, node, self.deep), group, live)
        if gone and len(gone) == len(groups):
            edits.set_value(edits.root, "groups", [])
        elif gone:
            edits.remove_items(sequence, gone)
        return edits.result()

    def _follow(self, entry: "_Member", group: DesiredGroup, live: Group) -> None:
        findings = self.drift.get(desired_key(group), ())
        paths = {finding.path for finding in findings}
        blocks = {path.parts[:1] for path in paths}
        if FieldPath("id") in paths:
            entry.set(entry.node, "id", live.id)
        if FieldPath("name") in paths:
            entry.name(live)
        if self._orphaned(group) or (("hierarchy",) in blocks and not self._awaits_parent(entry.node, findings)):
            # Written anew: a group whose place or mode changed is another group.
            entry.set(entry.node, "hierarchy", self.links.hierarchy(live))
        if ("models",) in blocks:
            entry.models(group, live)

    def _orphaned(self, group: DesiredGroup) -> bool:
        """Whether the declared parent is about to go, though the group stays."""
        return desired_key(group) not in self.removed and group.parent in self.removed

    def _awaits_parent(self, node: YamlNode, findings: Sequence[Finding]) -> bool:
        """Whether only a mode differs that the group takes from its parent, which gets it in this pass."""
        hierarchy = node.get("hierarchy")
        own = hierarchy is None or hierarchy.get("limit_enforcement") is not None
        return not self.deep and not own and all(finding.rule != "parent-changed" for finding in findings)


class _Member(Struct, frozen=True):
    """The entry of one group."""

    edits: Edits
    node: YamlNode
    deep: bool

    def set(self, mapping: YamlNode, key: str, value: Plain) -> None:
        """Another value, unless it comes from elsewhere and may still change there."""
        node = mapping.get(key)
        shared = mapping.merges if node is None else node.form == "alias"
        if self.deep or not shared:
            self.edits.set_value(mapping, key, value)

    def name(self, live: Group) -> None:
        """Another display name."""
        metadata = self.node.get("metadata")
        if metadata is not None and metadata.form == "mapping":
            self.set(metadata, "name", live.name)
        elif self.deep:
            external = {"external_entity_id": live.external_entity_id}
            self.edits.set_value(self.node, "metadata", {**external, "name": live.name})

    def models(self, desired: DesiredGroup, live: Group) -> None:
        """The models and their limits, as far as the group manages them."""
        if desired.models is UNSET:
            return
        declared = desired.models
        wanted = {slug: limits for slug, limits in live.models.items() if desired.manage == "exact" or slug in declared}

        def follow(node: YamlNode, slug: str) -> None:
            before, after = written_lists(declared[slug]), written_lists(wanted[slug])
            for kind in UNITS:
                if before.get(kind) != after.get(kind):
                    self._limits(node, kind, before.get(kind, ()), after.get(kind, ()))

        entries = {slug: model(slug, limits) for slug, limits in sorted(wanted.items())}
        changed = {slug for slug, limits in wanted.items() if declared.get(slug) != limits}
        self._items(self.node, "models", entries, changed, follow)

    def _limits(self, node: YamlNode, kind: Kind, before: Sequence[JsonLimit], after: Sequence[JsonLimit]) -> None:
        # A model has one limit of each type and kind; one that changed its unit is the same limit still.
        old, new = ({str(limit["type"]): limit for limit in limits} for limits in (before, after))

        def follow(item: YamlNode, type_: str) -> None:
            for key in ("unit", "threshold"):
                if old[type_][key] != new[type_][key]:
                    self.set(item, key, new[type_][key])

        self._items(node, kind, new, {type_ for type_ in new if old.get(type_) != new[type_]}, follow)

    def _items(
        self,
        owner: YamlNode,
        key: str,
        wanted: Mapping[str, Mapping[str, Plain]],
        changed: Collection[str],
        follow: Callable[[YamlNode, str], None],
    ) -> None:
        """Make a list have the wanted items, each by its slug or type; those that stay and changed ``follow``."""
        sequence = owner.get(key)
        if sequence is None or sequence.form != "sequence":
            self.set(owner, key, list(wanted.values()))
            return
        if not sequence.values or not wanted:
            self.edits.set_value(owner, key, list(wanted.values()))
            return
        names = [item.word("slug" if key == "models" else "type") or "" for item in sequence.values]
        kept = [index for index, known in enumerate(names) if known in wanted]
        for index in kept:
            item, name = sequence.values[index], names[index]
            if name in changed and item.form == "mapping":
                follow(item, name)
            elif name in changed and self.deep:
                self.edits.replace(item, wanted[name])
        if not kept:
            kept, names[0] = [0], next(iter(wanted))
            self.edits.set_item(sequence, 0, wanted[names[0]])
        self.edits.remove_items(sequence, [index for index in range(len(names)) if index not in kept])
        for new in (name for name in wanted if name not in names):
            before = [index for index in kept if names[index] < new] if names == sorted(names) else kept
            self.edits.add_item(sequence, before[-1] if before else kept[0], wanted[new])
