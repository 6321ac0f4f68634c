"""The sandbox's groups as a reader of the API has them, for tests that compare the sandbox with the checker."""

from drift.model.groups import Group
from drift.model.limits import UNITS, EffectiveKey, LimitKey
from drift.sandbox.wire import GroupV1
from drift.sandbox.world import World


def live_groups(world: World) -> list[Group]:
    """All live groups in order of creation."""
    return [_read(group) for group in world.groups()]


def _read(group: GroupV1) -> Group:
    return Group(
        id=group.id,
        external_entity_id=group.metadata.external_entity_id,
        name=group.metadata.name,
        limit_enforcement=group.hierarchy.limit_enforcement,
        parent_group_id=group.hierarchy.parent_group_id,
        models={
            model.slug: {
                LimitKey(kind, limit.type, limit.unit): limit.threshold
                for kind in UNITS
                for limit in model.limits(kind)
            }
            for model in group.models
        },
        created_at=group.created_at,
        effective_models={
            model.slug: {
                EffectiveKey(kind, limit.type, limit.unit, limit.source_group): limit.threshold
                for kind in UNITS
                for limit in getattr(model, kind)
            }
            for model in group.effective_models
        },
    )
