"""What differs between two maps of models: the only place that asks DeepDiff.

Equal maps cost one ``==``. For the others DeepDiff walks the differing models only, as maps keyed by
identity, so that no entry is ever compared with another one's value.
"""

from collections.abc import Mapping
from typing import TypeAlias, cast

from msgspec import Struct

from drift.model.limits import LimitKey, Limits, Models


class ModelAdded(Struct, frozen=True):
    """Live has a slug that is not declared."""

    slug: str
    live: Limits


class ModelRemoved(Struct, frozen=True):
    """A declared slug is not live."""

    slug: str
    desired: Limits


class LimitChanged(Struct, frozen=True):
    """One limit differs; a None side does not have it."""

    slug: str
    key: LimitKey
    desired: int | None
    live: int | None


class UnitChanged(Struct, frozen=True):
    """The one rate limit of a type moved to another unit, with or without another threshold."""

    slug: str
    desired_key: LimitKey
    desired: int
    live_key: LimitKey
    live: int


ModelChange: TypeAlias = ModelAdded | ModelRemoved | LimitChanged | UnitChanged


def diff_models(desired: Models, live: Models) -> list[ModelChange]:
    """The differences in the order of slug, kind, type, unit."""
    if desired == live:
        return []
    left, right = _differing(desired, live), _differing(live, desired)
    changes: list[ModelChange] = []
    limits: dict[str, list[LimitChanged]] = {}
    for path, before, after in _deepdiff(left, right):
        if len(path) == 1:
            slug = str(path[0])
            changes.append(ModelRemoved(slug, left[slug]) if slug in left else ModelAdded(slug, right[slug]))
        else:
            slug, key = cast("tuple[str, LimitKey]", path)
            limits.setdefault(slug, []).append(LimitChanged(slug, key, before, after))
    for of_slug in limits.values():
        changes += _pair_units(of_slug)
    return sorted(changes, key=_order)


def _differing(one: Models, other: Models) -> dict[str, dict[LimitKey, int]]:
    return {slug: dict(limits) for slug, limits in one.items() if other.get(slug) != limits}


def _deepdiff(
    left: Mapping[str, Limits], right: Mapping[str, Limits]
) -> list[tuple[list[object], int | None, int | None]]:
    """(path, left value, right value) of every difference; a side that lacks the item is None."""
    # Slow to import, and a check in sync never needs it.
    from deepdiff import DeepDiff  # noqa: PLC0415
    from deepdiff.helper import NotPresent, notpresent  # noqa: PLC0415

    tree = DeepDiff(
        left,
        right,
        view="tree",
        # By default DeepDiff skips keys that begin with two underscores, and reports two maps with few
        # common keys as one change of the whole; both would lose findings here.
        ignore_private_variables=False,
        threshold_to_diff_deeper=0,
    )

    def present(value: object) -> int | None:
        return None if value is notpresent or isinstance(value, NotPresent) else cast("int", value)

    return [
        (level.path(output_format="list"), present(level.t1), present(level.t2))
        for levels in tree.values()
        for level in levels
    ]


def _pair_units(changes: list[LimitChanged]) -> list[ModelChange]:
    """Turn "TOKEN/MINUTE gone, TOKEN/SECOND new" into one change of unit, where that reading is the only one."""
    rates = [change for change in changes if change.key.kind == "rate_limits"]
    paired: list[ModelChange] = []
    used: set[LimitKey] = set()
    for type_ in {change.key.type for change in rates}:
        gone = [change for change in rates if change.key.type == type_ and change.live is None]
        new = [change for change in rates if change.key.type == type_ and change.desired is None]
        if len(gone) == len(new) == 1:
            [before], [after] = gone, new
            if before.desired is not None and after.live is not None:
                paired.append(UnitChanged(before.slug, before.key, before.desired, after.key, after.live))
                used |= {before.key, after.key}
    return [*paired, *(change for change in changes if change.key not in used)]


def _order(change: ModelChange) -> tuple[str, ...]:
    match change:
        case ModelAdded() | ModelRemoved():
            return (change.slug,)
        case LimitChanged():
            return (change.slug, *change.key)
        case UnitChanged():
            return (change.slug, *change.desired_key)
