"""What each declared group should become, as far as an update can make it so, and what only hands can do."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from msgspec import UNSET, Struct

from drift.model.forest import Forest, desired_forest, desired_key
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
    complete: bool = True
    """Whether there are no other live groups."""

    def groups(self) -> list[Group]:
        """All live groups, each once."""
        return list({group.id: group for group in (*self.found.values(), *self.unmanaged)}.values())


class Target(Struct, frozen=True):
    """A live group and what it should become."""

    desired: DesiredGroup
    live: Group
    name: str | None
    models: Models


class Targets(Struct, frozen=True):
    """The groups that an update can repair, by internal id, and those that it cannot."""

    updates: Mapping[str, Target]
    by_hand: Sequence[ByHand]


def targets(
    desired: Sequence[DesiredGroup], seen: Seen, live: Forest[str], accepted: Sequence[Finding] = ()
) -> Targets:
    """Compare each declared group with the one of the ``live`` forest; what somebody accepted stays as it is."""
    forest = desired_forest(desired)
    refs = {group.id: group.ref for group in seen.groups()}
    ids = {desired[position].external_entity_id: group.id for position, group in seen.found.items()}
    updates: dict[str, Target] = {}
    by_hand: list[tuple[int, ByHand]] = []

    def hand(group: DesiredGroup, kind: Kind, message: str, lost: str, below: Sequence[GroupRef] = ()) -> None:
        entry = ByHand(kind, group.ref, group.positions.field("group"), message, lost, tuple(below))
        by_hand.append((forest.depth(desired_key(group)) or 0, entry))

    for position, group in enumerate(desired):
        found = seen.found.get(position)
        if found is None:
            if position in seen.missing:
                hand(group, Kind.MISSING, "no such group: create it, below its parent and before its children", _DEAD)
        elif mistakes := _mistakes(group, found):
            hand(group, Kind.MISTAKEN, mistakes, "")
        elif immutable := _immutable(group, found, ids, refs):
            below = [refs[key] for key in live.descendants(found.id)]
            lost = f", and {counted(len(below), 'descendant')} with all theirs" if below else ""
            hand(group, Kind.RECREATE, immutable, f"all its keys{lost}", below)
        else:
            if group.id is not None and group.id != found.id:
                hand(group, Kind.RECREATED, f"id {group.id} -> {found.id}: pin the new id", _DEAD)
            target = _target(group, found, [finding.path for finding in accepted if finding.group.id == found.id])
            if (target.name, target.models) != (found.name, found.models):
                updates[found.id] = target
    return Targets(updates, [entry for _, entry in sorted(by_hand, key=lambda pair: pair[0])])


_DEAD = "the keys of the old group are dead: its callers need new ones"


def _mistakes(desired: DesiredGroup, live: Group) -> str:
    declared = desired.external_entity_id
    if declared is not None and declared != live.external_entity_id:
        return f"id {live.id} answers as {quoted(live.external_entity_id)}: correct the pin or the external id"
    return "; ".join(live.anomalies)


def _immutable(desired: DesiredGroup, live: Group, ids: Mapping[str | None, str], refs: Mapping[str, GroupRef]) -> str:
    """What differs and never changes; empty if nothing does."""
    differs = []
    mode = desired.limit_enforcement
    if mode is not UNSET and mode != live.limit_enforcement:
        differs.append(f"limit enforcement is {live.limit_enforcement}, declared {mode}")
    declared = desired.parent if desired.parent_group_id is UNSET else desired.parent_group_id
    if isinstance(desired.parent, str) and desired.parent_group_id is UNSET:
        declared = ids.get(desired.parent, UNSET)
    if declared is not UNSET and declared != live.parent_group_id:
        names = [
            "none (a root group)" if id_ is None else refs[id_].label if id_ in refs else id_
            for id_ in (live.parent_group_id, declared)
        ]
        differs.append(f"parent is {names[0]}, declared {names[1]}")
    if not differs:
        return ""
    return f"{'; '.join(differs)}: no update can change that, the group must be deleted and created again"


def _target(desired: DesiredGroup, live: Group, accepted: Sequence[Path]) -> Target:
    name = live.name if desired.name is UNSET or FieldPath("name") in accepted else desired.name
    models: Models = live.models
    if desired.models is not UNSET:
        models = desired.models
        if desired.manage == "listed":
            models = {**live.models, **desired.models}
        for path in accepted:
            models = _kept(models, live.models, path)
    return Target(desired, live, name, models)


def _kept(models: Models, live: Models, path: Path) -> Models:
    """The models with what is at ``path`` of a finding as it is live."""
    match path:
        case ModelPath() | LimitPath() | RateLimitPath():
            return with_part(models, live, path)
        case GroupPath() | FieldPath() | EffectivePath() | EffectiveLimitPath():
            return models
        case _:
            assert_never(path)
