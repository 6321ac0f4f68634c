"""Lists as the API sends them to the keyed maps that are compared.

A key that occurs twice contradicts the documentation, but nothing is thrown away: every further occurrence
gets a number, in an order that does not depend on the order of the lists, and the group says so.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import TypeVar

from drift.gateway.shapes import EffectiveModelShape, GroupShape, ModelShape, OwnGroupShape
from drift.model.groups import Group
from drift.model.limits import EffectiveKey, Kind, LimitKey, limit_key

Key = TypeVar("Key", LimitKey, EffectiveKey)


def group_from(shape: OwnGroupShape) -> Group:
    """The canonical form of a decoded group."""
    anomalies: list[str] = []
    models = _keyed_models([(model.slug, _limits(model, anomalies)) for model in shape.models or ()], anomalies)
    effective = None
    if isinstance(shape, GroupShape) and shape.effective_models is not None:
        effective = _keyed_models(
            [(model.slug, _effective_limits(model, anomalies)) for model in shape.effective_models],
            anomalies,
            what="effective model",
        )
    return Group(
        id=shape.id,
        external_entity_id=shape.metadata.external_entity_id,
        name=shape.metadata.name,
        limit_enforcement=shape.hierarchy.limit_enforcement,
        parent_group_id=shape.hierarchy.parent_group_id,
        models=models,
        created_at=shape.created_at,
        effective_models=effective,
        anomalies=tuple(sorted(anomalies)),
    )


# The next two run for every model of every group of a list, so they are plain loops over C calls.


def _limits(model: ModelShape, anomalies: list[str]) -> Mapping[LimitKey, int]:
    limits: dict[LimitKey, int] = {}
    rates, usages = model.rate_limits or (), model.usage_limits or ()
    for limit in rates:
        limits[limit_key("rate_limits", limit.type, limit.unit)] = limit.threshold
    for limit in usages:
        limits[limit_key("usage_limits", limit.type, limit.unit)] = limit.threshold
    if len(limits) == len(rates) + len(usages):
        return limits
    pairs = [(LimitKey("rate_limits", limit.type, limit.unit), limit.threshold) for limit in rates]
    pairs += [(LimitKey("usage_limits", limit.type, limit.unit), limit.threshold) for limit in usages]
    return _numbered_limits(pairs, model.slug, anomalies)


def _effective_limits(model: EffectiveModelShape, anomalies: list[str]) -> Mapping[EffectiveKey, int]:
    limits: dict[EffectiveKey, int] = {}
    rates, usages = model.rate_limits or (), model.usage_limits or ()
    new = tuple.__new__  # a third of the time of calling the named tuple, which does no more than this
    for limit in rates:
        limits[new(EffectiveKey, ("rate_limits", limit.type, limit.unit, limit.source_group))] = limit.threshold
    for limit in usages:
        limits[new(EffectiveKey, ("usage_limits", limit.type, limit.unit, limit.source_group))] = limit.threshold
    if len(limits) == len(rates) + len(usages):
        return limits
    kinds: tuple[Kind, Kind] = ("rate_limits", "usage_limits")
    pairs = [
        (EffectiveKey(kind, limit.type, limit.unit, limit.source_group), limit.threshold)
        for kind, of_kind in zip(kinds, (rates, usages), strict=True)
        for limit in of_kind
    ]
    return _numbered_limits(pairs, model.slug, anomalies)


def _keyed_models(
    pairs: list[tuple[str, Mapping[Key, int]]], anomalies: list[str], what: str = "model"
) -> Mapping[str, Mapping[Key, int]]:
    models = dict(pairs)
    if len(models) == len(pairs):
        return models
    by_slug: dict[str, list[Mapping[Key, int]]] = {}
    for slug, limits in pairs:
        by_slug.setdefault(slug, []).append(limits)
    for slug, twins in by_slug.items():
        twins.sort(key=lambda limits: sorted(limits.items()))
        models[slug] = twins[0]
    for slug, twins in sorted(by_slug.items()):
        if len(twins) > 1:
            anomalies.append(f"{what} {slug!r} is listed {len(twins)} times")
            free = (name for number in count(2) if (name := f"{slug} ({number})") not in by_slug)
            models.update(zip(free, twins[1:], strict=False))
    return models


def _numbered_limits(pairs: Iterable[tuple[Key, int]], slug: str, anomalies: list[str]) -> Mapping[Key, int]:
    by_key: dict[Key, list[int]] = {}
    for key, threshold in pairs:
        by_key.setdefault(key, []).append(threshold)
    limits: dict[Key, int] = {}
    for key, thresholds in sorted(by_key.items()):
        thresholds.sort()
        limits[key] = thresholds[0]
        if len(thresholds) > 1:
            values = ", ".join(map(str, thresholds))
            anomalies.append(f"{key.kind} of {slug!r} hold {key.type}/{key.unit} more than once ({values})")
            units = (f"{key.unit} ({number})" for number in count(2))
            free = (twin for unit in units if (twin := key._replace(unit=unit)) not in by_key)
            limits.update(zip(free, thresholds[1:], strict=False))
    return limits
