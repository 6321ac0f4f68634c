"""Lists as the API sends them to the keyed maps that are compared.

A key that occurs twice contradicts the documentation, but nothing is thrown away: every further occurrence
gets a number, in an order that does not depend on the order of the lists, and the group says so.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import TypeVar

from drift.gateway.shapes import EffectiveModelShape, GroupShape, ModelShape, OwnGroupShape
from drift.model import EffectiveKey, Group, Kind, LimitKey

Key = TypeVar("Key", LimitKey, EffectiveKey)

_interned: dict[tuple[str, str, str], LimitKey] = {}
_MOST_INTERNED = 1024
"""There are a dozen kinds of limits; a server that invents more does not fill the memory."""


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


def _limits(model: ModelShape, anomalies: list[str]) -> Mapping[LimitKey, int]:
    pairs = [(_limit_key("rate_limits", limit.type, limit.unit), limit.threshold) for limit in model.rate_limits or ()]
    if model.usage_limits:
        pairs += [(_limit_key("usage_limits", limit.type, limit.unit), limit.threshold) for limit in model.usage_limits]
    limits = dict(pairs)
    return limits if len(limits) == len(pairs) else _numbered_limits(pairs, model.slug, anomalies)


def _effective_limits(model: EffectiveModelShape, anomalies: list[str]) -> Mapping[EffectiveKey, int]:
    kinds: tuple[Kind, Kind] = ("rate_limits", "usage_limits")
    pairs = [
        (EffectiveKey(kind, limit.type, limit.unit, limit.source_group), limit.threshold)
        for kind, limits in zip(kinds, (model.rate_limits, model.usage_limits), strict=True)
        for limit in limits or ()
    ]
    limits = dict(pairs)
    return limits if len(limits) == len(pairs) else _numbered_limits(pairs, model.slug, anomalies)


def _limit_key(kind: Kind, type_: str, unit: str) -> LimitKey:
    # A named tuple equals the plain tuple of its parts, so the plain one finds it.
    key = _interned.get((kind, type_, unit))
    if key is None:
        key = LimitKey(kind, type_, unit)
        if len(_interned) < _MOST_INTERNED:
            _interned[key] = key
    return key


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
