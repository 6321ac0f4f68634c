"""What a tree can be made of: declared groups, live groups, or both and what a check found."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from drift.model.forest import Forest, Node, desired_forest, desired_key, live_forest
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import EffectiveKey, EffectiveModels
from drift.report.report import Failure, GroupEntry, Report, Status
from drift.tree.growing import Fact, grow
from drift.tree.values import SCHEMA_VERSION, Tally, Tree, View


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


def compared_tree(desired: Sequence[DesiredGroup], report: Report, undeclared: Iterable[Group]) -> Tree:
    """The declared groups with what a check of all of them found, and the live groups that nobody declared.

    Declared groups have the limits that the files give them.
    """
    entries = {entry.source: entry for entry in report.groups}
    unread = {entry.source: entry.message for entry in report.unread}
    findings = Counter(_identity(finding.group) for finding in report.findings if finding.is_drift)
    strangers = sorted(undeclared, key=_by_name)
    keys = _Keys()
    facts: dict[str, Fact] = {}
    for group in reversed(desired):
        line, key = group.positions.field("group"), desired_key(group)
        entry, fact = entries.get(line), _declared(group)
        if entry:
            found = findings[_identity(entry.group)]
            fact = replace(fact, group=_known(group, entry), status=entry.status, findings=found, note=unread.get(line))
        facts[key] = fact
        keys.declare(key, entry.group.id if entry else group.id)
    for live in strangers:
        keys.add(live)
    for live in strangers:
        facts[keys[live.id]] = Fact(
            live.ref,
            effective=_translated(live.effective_models, keys),
            status=Status.UNMANAGED,
            findings=findings[_identity(live.ref)],
        )
    forest = Forest((*_linked(desired, keys), *(_stranger(live, keys) for live in strangers)))
    return grow(View.BOTH, forest, facts, names=keys.names(), api_url=report.api_url, unseen=report.unseen)


def failed_tree(view: View, failure: Failure) -> Tree:
    """What there is to show of a run that could not do its work: why."""
    return Tree(SCHEMA_VERSION, view, None, 0, Tally(), (), None, failure)


class _Keys:
    """Forest keys by internal id: those of declared groups, and for all others keys that clash with none."""

    def __init__(self) -> None:
        self._by_id: dict[str, str] = {}
        self._taken: set[str] = set()

    def declare(self, key: str, id_: str | None) -> None:
        """A declared group, whose id may not be known."""
        self._taken.add(key)
        if id_ is not None:
            self._by_id[id_] = key

    def add(self, live: Group) -> None:
        """A group that nobody declared."""
        self._by_id[live.id] = self._free(live.external_entity_id)

    def __getitem__(self, id_: str) -> str:
        if id_ not in self._by_id:
            # A group that was not seen must not be mistaken for one that happens to have this name.
            self._by_id[id_] = self._free(id_)
        return self._by_id[id_]

    def names(self) -> Mapping[str, str]:
        """The internal id of each key."""
        return {key: id_ for id_, key in self._by_id.items()}

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "'"
        self._taken.add(name)
        return name


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


def _linked(desired: Sequence[DesiredGroup], keys: _Keys) -> Iterator[Node[str]]:
    """The declared groups; a parent given by internal id may be any live group."""
    parents = {
        desired_key(group): keys[group.parent_group_id]
        for group in reversed(desired)
        if group.parent_group_id is not UNSET
    }
    for key, node in desired_forest(desired).nodes.items():
        yield Node(key, parents.get(key, node.parent), node.limit_enforcement, node.models)


def _stranger(live: Group, keys: _Keys) -> Node[str]:
    parent = None if live.parent_group_id is None else keys[live.parent_group_id]
    return Node(keys[live.id], parent, live.limit_enforcement, live.models)


def _translated(effective: EffectiveModels | None, keys: _Keys) -> EffectiveModels | None:
    if effective is None:
        return None
    return {
        slug: {
            EffectiveKey(key.kind, key.type, key.unit, keys[key.source_group]): threshold
            for key, threshold in limits.items()
        }
        for slug, limits in effective.items()
    }


def _identity(group: GroupRef) -> tuple[str | None, str | None]:
    return (group.id, None) if group.id is not None else (None, group.external_entity_id)


def _by_name(group: Group) -> tuple[str, str]:
    return group.external_entity_id, group.id
