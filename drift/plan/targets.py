"""What each declared group should become, as far as an update can make it so, and what only hands can do."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from drift.model.declaration import Declaration
from drift.model.forest import Forest
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import Models
from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
    with_part,
)
from drift.model.wording import counted, quoted
from drift.plan.values import ByHand, Kind
from drift.report.finding import Finding


class Seen(Struct, frozen=True):
    """What a run knows of the live groups once everything is confirmed."""

    found: Mapping[int, Group]
    """By position of the declared group."""
    missing: frozenset[int]
    """Positions of declared groups."""
    unmanaged: Sequence[Group] = ()

    def groups(self) -> dict[str, Group]:
        """All live groups by internal id."""
        return {group.id: group for group in (*self.found.values(), *self.unmanaged)}


class Target(Struct, frozen=True):
    """A live group, and the same group as it should be."""

    desired: DesiredGroup
    live: Group
    goal: Group


def targets(
    declaration: Declaration, seen: Seen, live: Forest[str], accepted: Sequence[Finding]
) -> tuple[Mapping[str, Target], Sequence[ByHand]]:
    """Compare each declared group with the one of the ``live`` forest; what somebody accepted stays as it is.

    Returns:
        The groups that an update can repair, by internal id, and those that it cannot, parents first.
    """
    groups = seen.groups()
    updates: dict[str, Target] = {}
    by_hand: dict[int, ByHand] = {}
    for position, group in declaration:
        found = seen.found.get(position)
        if found is None:
            if position in seen.missing:
                message = "no such group: create it, below its parent and before its children"
                by_hand[position] = _left(group, Kind.MISSING, message, _DEAD)
        elif mistakes := _mistakes(group, found):
            by_hand[position] = _left(group, Kind.MISTAKEN, mistakes)
        elif immutable := _immutable(group, found, _parent(group, declaration, seen), groups):
            below = [groups[key].ref for key in live.descendants(found.id)]
            lost = f", and {counted(len(below), 'descendant')} with all theirs" if below else ""
            by_hand[position] = _left(group, Kind.RECREATE, immutable, f"all its keys{lost}", below)
        else:
            if group.id is not None and group.id != found.id:
                message = f"id {group.id} -> {found.id}: pin the new id"
                by_hand[position] = _left(group, Kind.RECREATED, message, _DEAD)
            goal = _goal(group, found, [finding.path for finding in accepted if finding.group.id == found.id])
            if goal != found:
                updates[found.id] = Target(group, found, goal)
    return updates, [by_hand[at] for at in sorted(by_hand, key=lambda at: declaration.forest.depth(at) or 0)]


_DEAD = "the keys of the old group are dead: its callers need new ones"


def _left(group: DesiredGroup, kind: Kind, message: str, lost: str = "", below: Sequence[GroupRef] = ()) -> ByHand:
    """The entry of a declared group that is left to hands."""
    return ByHand(kind, group.ref, group.positions.field("group"), message, lost, tuple(below))


def _mistakes(desired: DesiredGroup, live: Group) -> str:
    declared = desired.external_entity_id
    if declared is not None and declared != live.external_entity_id:
        return f"id {live.id} answers as {quoted(live.external_entity_id)}: correct the pin or the external id"
    return "; ".join(live.anomalies)


def _parent(desired: DesiredGroup, declaration: Declaration, seen: Seen) -> str | UnsetType | None:
    """The internal id of the declared parent, as far as it is declared and known."""
    if desired.parent_group_id is not UNSET or not isinstance(desired.parent, str):
        return desired.parent if desired.parent_group_id is UNSET else desired.parent_group_id
    above = seen.found.get(declaration.of_external_id.get(desired.parent, -1))
    return UNSET if above is None else above.id


def _immutable(desired: DesiredGroup, live: Group, parent: str | UnsetType | None, groups: Mapping[str, Group]) -> str:
    """What differs and never changes; empty if nothing does."""

    def name(id_: str | None) -> str:
        return "none (a root group)" if id_ is None else groups[id_].ref.label if id_ in groups else id_

    differs = []
    mode = desired.limit_enforcement
    if mode is not UNSET and mode != live.limit_enforcement:
        differs.append(f"limit enforcement is {live.limit_enforcement}, declared {mode}")
    if parent is not UNSET and parent != live.parent_group_id:
        differs.append(f"parent is {name(live.parent_group_id)}, declared {name(parent)}")
    if not differs:
        return ""
    return f"{'; '.join(differs)}: no update can change that, the group must be deleted and created again"


def _goal(desired: DesiredGroup, live: Group, accepted: Sequence[Path]) -> Group:
    name = live.name if desired.name is UNSET or FieldPath("name") in accepted else desired.name
    models: Models = live.models
    if desired.models is not UNSET:
        models = {**live.models, **desired.models} if desired.manage == "listed" else desired.models
        for path in accepted:
            models = _kept(models, live.models, path)
    return replace(live, name=name, models=models)


def _kept(models: Models, live: Models, path: Path) -> Models:
    """The models with what is at ``path`` of a finding as it is live."""
    match path:
        case ModelPath() | LimitPath() | RateLimitPath():
            return with_part(models, live, path)
        case GroupPath() | FieldPath() | EffectivePath() | EffectiveLimitPath():
            return models
        case _:
            assert_never(path)
