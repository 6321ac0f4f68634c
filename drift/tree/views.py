"""What a tree can be made of: declared groups, live groups, or both and what a check found.

Where both are in one forest, each key begins with what it is: a live group that is not there must not be mistaken for
a declared one that happens to have its internal id as its external one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from drift.model.forest import Forest, Node, desired_forest, desired_key, live_forest
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import EffectiveModels
from drift.report.report import Failure, GroupEntry, Report, Status
from drift.tree.growing import Fact, grow
from drift.tree.values import SCHEMA_VERSION, Tally, Tree, View

_DECLARED, _LIVE = "=", "#"


def desired_tree(groups: Sequence[DesiredGroup]) -> Tree:
    """The declared groups in the order of the files, with the limits that the documented rules give them."""
    facts = {desired_key(group): _declared(group) for group in reversed(groups)}
    return grow(View.DESIRED, desired_forest(groups), facts)


def live_tree(groups: Iterable[Group], *, api_url: str, unseen: str | None = None) -> Tree:
    """The live groups by external id, with the limits that the API reports as effective.

    Where it reports none, and for the pools of CASCADING trees, which bind whether they are reported or not,
    the documented rules are asked.
    """
    ordered = sorted(groups, key=_by_name)
    facts = {group.id: Fact(group.ref, effective=group.effective_models) for group in reversed(ordered)}
    return grow(View.LIVE, live_forest(ordered), facts, api_url=api_url, unseen=unseen)


def compared_tree(desired: Sequence[DesiredGroup], report: Report, unmanaged: Iterable[Group]) -> Tree:
    """The declared groups with what a check of all of them found, and the unmanaged ones.

    Declared groups have the limits that the files give them.
    """
    entries = {entry.source: entry for entry in report.groups}
    unread = {entry.source: entry.message for entry in report.unread}
    findings = Counter(_identity(finding.group) for finding in report.findings if finding.is_drift)
    others = sorted(unmanaged, key=_by_name)
    facts: dict[str, Fact] = {}
    keys: dict[str, str] = {}
    for group in reversed(desired):
        line, key = group.positions.field("group"), _DECLARED + desired_key(group)
        entry, fact = entries.get(line), _declared(group)
        if entry:
            found = findings[_identity(entry.group)]
            fact = replace(fact, group=_known(group, entry), status=entry.status, findings=found, note=unread.get(line))
        facts[key] = fact
        id_ = entry.group.id if entry else group.id
        if id_ is not None:
            keys[id_] = key
    keys |= {live.id: _LIVE + live.id for live in others}

    def key_of(id_: str) -> str:
        return keys.get(id_, _LIVE + id_)

    for live in others:
        facts[key_of(live.id)] = Fact(
            live.ref,
            effective=_translated(live.effective_models, key_of),
            status=Status.UNMANAGED,
            findings=findings[_identity(live.ref)],
        )
    forest = Forest((*_declared_nodes(desired, key_of), *(_live_node(live, key_of) for live in others)))
    return grow(View.BOTH, forest, facts, marked=True, api_url=report.api_url, unseen=report.unseen)


def failed_tree(view: View, failure: Failure) -> Tree:
    """What there is to show of a run that could not do its work: why."""
    return Tree(SCHEMA_VERSION, view, None, 0, Tally(), (), None, failure)


def _declared(group: DesiredGroup) -> Fact:
    return Fact(
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


def _declared_nodes(desired: Sequence[DesiredGroup], key_of: Callable[[str], str]) -> Iterator[Node[str]]:
    """The declared groups; a parent given by internal id may be any live group."""
    by_id = {
        desired_key(group): key_of(group.parent_group_id)
        for group in reversed(desired)
        if group.parent_group_id is not UNSET
    }
    for key, node in desired_forest(desired).nodes.items():
        parent = by_id.get(key) or (None if node.parent is None else _DECLARED + node.parent)
        yield replace(node, key=_DECLARED + key, parent=parent)


def _live_node(live: Group, key_of: Callable[[str], str]) -> Node[str]:
    parent = None if live.parent_group_id is None else key_of(live.parent_group_id)
    return Node(key_of(live.id), parent, live.limit_enforcement, live.models)


def _translated(effective: EffectiveModels | None, key_of: Callable[[str], str]) -> EffectiveModels | None:
    if effective is None:
        return None
    return {
        slug: {key._replace(source_group=key_of(key.source_group)): threshold for key, threshold in limits.items()}
        for slug, limits in effective.items()
    }


def _identity(group: GroupRef) -> tuple[str | None, str | None]:
    return (group.id, None) if group.id is not None else (None, group.external_entity_id)


def _by_name(group: Group) -> tuple[str, str]:
    return group.external_entity_id, group.id
