"""What a tree can be made of: declared groups, live groups, or both and what a check found.

A forest becomes a :class:`Tree`: each group before those below it, with its level. Nothing here recurses, and each
step is linear: a forest may be huge, and a broken one is shown like any other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from msgspec import UNSET, Struct
from msgspec.structs import replace

from drift.model.declaration import Declaration, Key
from drift.model.effective import applying, by_source
from drift.model.forest import Forest, Node
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import EffectiveModels
from drift.report.report import Failure, GroupEntry, Report, Status
from drift.tree.values import SCHEMA_VERSION, BindingLimit, Binds, Tally, Tree, TreeModel, TreeNode, View

_UNKNOWN = {
    View.DESIRED: "not declared",
    View.LIVE: "not among the live groups",
    View.BOTH: "neither declared nor seen",
}

_WAY = 6
"""Groups of a cycle that its note names."""


class _Fact(Struct, frozen=True):
    """What the forest does not know about a group."""

    group: GroupRef
    mode_known: bool = True
    complete: bool = True
    effective: EffectiveModels | None = None
    """As the API reports them."""
    status: Status | None = None
    findings: int = 0
    note: str | None = None


def desired_tree(groups: Sequence[DesiredGroup]) -> Tree:
    """The declared groups in the order of the files, with the limits that the documented rules give them."""
    declaration = Declaration(groups)
    facts: dict[Key, _Fact] = {position: _declared(group) for position, group in declaration}
    return _tree(View.DESIRED, declaration.forest, facts, {})


def live_tree(groups: Iterable[Group], *, api_url: str, unseen: str | None = None) -> Tree:
    """The live groups by external id, with the limits that the API reports as effective.

    Where it reports none, and for the pools of CASCADING trees, which bind whether they are reported or not,
    the documented rules are asked.
    """
    ordered = sorted(groups, key=_by_name)
    facts: dict[Key, _Fact] = {
        group.id: _Fact(group.ref, effective=group.effective_models) for group in reversed(ordered)
    }
    return _tree(View.LIVE, Forest(_live_nodes(ordered, {})), facts, {}, api_url=api_url, unseen=unseen)


def compared_tree(desired: Sequence[DesiredGroup], report: Report, unmanaged: Iterable[Group]) -> Tree:
    """The declared groups with what a check of all of them found, and the unmanaged ones.

    Declared groups have the limits that the files give them.
    """
    declaration = Declaration(desired)
    entries = {entry.source: entry for entry in report.groups}
    unread = {entry.source: entry.message for entry in report.unread}
    findings = Counter(_identity(finding.group) for finding in report.findings if finding.is_drift)
    facts: dict[Key, _Fact] = {}
    positions: dict[Key | None, int] = {}
    for position, group in declaration:
        line = group.positions.field("group")
        entry, fact = entries.get(line), _declared(group)
        if entry:
            found = findings[_identity(entry.group)]
            fact = replace(fact, group=_known(group, entry), status=entry.status, findings=found, note=unread.get(line))
        facts[position] = fact
        id_ = entry.group.id if entry else group.id
        if id_ is not None:
            positions.setdefault(id_, position)
    others = sorted(unmanaged, key=_by_name)
    for live in others:
        positions.pop(live.id, None)
        facts[live.id] = _Fact(
            live.ref,
            effective=live.effective_models,
            status=Status.UNMANAGED,
            findings=findings[_identity(live.ref)],
        )
    # A declared parent may be known by its id alone.
    declared = (
        replace(node, parent=positions.get(node.parent, node.parent)) for node in declaration.forest.nodes.values()
    )
    forest = Forest((*declared, *_live_nodes(others, positions)))
    return _tree(View.BOTH, forest, facts, positions, api_url=report.api_url, unseen=report.unseen)


def failed_tree(view: View, failure: Failure) -> Tree:
    """What there is to show of a run that could not do its work: why."""
    return Tree(SCHEMA_VERSION, view, None, 0, Tally(), (), None, failure)


def _declared(group: DesiredGroup) -> _Fact:
    return _Fact(
        group.ref,
        mode_known=group.limit_enforcement is not UNSET,
        complete=group.models is not UNSET and group.manage == "exact",
    )


def _known(desired: DesiredGroup, entry: GroupEntry) -> GroupRef:
    """The declared group, and of the live one what is not declared."""
    return GroupRef(
        entry.group.id,
        desired.external_entity_id or entry.group.external_entity_id,
        entry.group.name if desired.name is UNSET else desired.name,
    )


def _live_nodes(groups: Iterable[Group], positions: Mapping[Key | None, int]) -> Iterator[Node[Key]]:
    for group in groups:
        parent = positions.get(group.parent_group_id, group.parent_group_id)
        yield Node(group.id, parent, group.limit_enforcement, group.models)


def _identity(group: GroupRef) -> tuple[str | None, str | None]:
    return (group.id, None) if group.id is not None else (None, group.external_entity_id)


def _by_name(group: Group) -> tuple[str, str]:
    return group.external_entity_id, group.id


def _tree(
    view: View,
    forest: Forest[Key],
    facts: Mapping[Key, _Fact],
    positions: Mapping[Key | None, int],
    *,
    api_url: str | None = None,
    unseen: str | None = None,
) -> Tree:
    """The tree of a forest; there is a fact for each of its groups.

    ``positions`` are those of declared groups, by internal id.
    """

    def label(key: Key) -> str:
        return facts[key].group.label if key in facts else str(key)

    places = list(forest.depth_first())
    below, total = _tallies([(facts[key], level) for key, level in places])
    notes = _notes(view, forest, label)
    nodes = tuple(
        TreeNode(
            group=fact.group,
            level=level,
            parent=None if node.parent is None else label(node.parent),
            limit_enforcement=node.limit_enforcement if fact.mode_known else None,
            complete=fact.complete,
            models=tuple(_models(forest.chain(key).nodes, fact.effective, positions, label)),
            status=fact.status,
            findings=fact.findings,
            note="; ".join(filter(None, (notes.get(key), fact.note))) or None,
            below=tally,
        )
        for (key, level), tally in zip(places, below, strict=True)
        for node, fact in [(forest.nodes[key], facts[key])]
    )
    tops = sum(level == 1 for _, level in places)
    return Tree(SCHEMA_VERSION, view, api_url, tops, total, nodes, unseen, None)


def _notes(view: View, forest: Forest[Key], label: Callable[[Key], str]) -> Mapping[Key, str]:
    notes = {key: f"its parent {label(parent)} is {_UNKNOWN[view]}" for key, parent in forest.missing_parents.items()}
    for cycle in forest.cycles:
        way = [label(key) for key in (cycle[-1], *cycle)]
        if len(way) > _WAY:
            way[_WAY - 1 : -1] = ["..."]
        notes[cycle[-1]] = f"a cycle without a root: {' below '.join(way)}"
    for key in forest.repeated:
        notes[key] = "; ".join(filter(None, (notes.get(key), "of several groups with this id the first")))
    return notes


def _tallies(places: Sequence[tuple[_Fact, int]]) -> tuple[list[Tally], Tally]:
    """What is below each group, and all together; from the last group to the first, so that it is one pass."""
    below: list[Tally] = []
    open_: list[Counter[str]] = [Counter()]
    for fact, level in reversed(places):
        while len(open_) <= level:
            open_.append(Counter())
        # What is one level down and was met since the last group of this level, hangs below this group.
        mine = open_.pop()
        below.append(Tally(**mine))
        mine["groups"] += 1
        if fact.findings:
            mine["findings"] += fact.findings
        if fact.status is not None:
            mine[fact.status.replace("-", "_")] += 1
        open_[level - 1].update(mine)
    below.reverse()
    return below, Tally(**open_[0])


def _models(
    chain: Sequence[Node[Key]],
    reported: EffectiveModels | None,
    positions: Mapping[Key | None, int],
    label: Callable[[Key], str],
) -> Iterator[TreeModel]:
    node = chain[0]
    cascading = node.limit_enforcement == "CASCADING"
    # Pools bind whether they are reported or not.
    predicted = node.models if reported is None or cascading else {}
    reported = reported or {}
    for slug in sorted({*predicted, *reported}):
        own = node.models.get(slug, {})
        limits = dict(applying(chain, slug)) if slug in predicted else {}
        for limit, thresholds in by_source(reported.get(slug, {}), lambda id_: positions.get(id_, id_)).items():
            limits[limit] = {**limits.get(limit, {}), **thresholds}
        binding = []
        for limit, thresholds in sorted(limits.items(), key=itemgetter(0)):
            # The nearest comes first, so that of equal limits the nearest binds.
            source = min(thresholds, key=thresholds.__getitem__)
            binds: Binds = "own" if source == node.key else "pool" if cascading else "inherited"
            binding.append(BindingLimit(*limit, thresholds[source], binds, label(source), own.get(limit)))
        yield TreeModel(slug, tuple(binding))
