"""Groups as the API's JSON has them, and the plain values that they become.

Shapes are those of the schemas ``GroupV1`` and ``GroupsResponseV1`` in the published OpenAPI document, reduced to the
members that are compared. Attribute names are the wire's. The decoder is strict about these members and skips all
others (:func:`unknown_members` looks for them). Types, units and modes are plain strings, because the vendor adds
values. Thresholds are JSON integers: ``true``, ``"5"``, ``5.0`` and ``-1`` are not. Optional members may also be null,
which the vendor's own client accepts.

Models are kept as text at first, because much of a long list says what has been said before: groups of one tier have
the same models, and the effective limits of a root are its own once more. Both are recognised by their bytes, which
takes half the time of decoding them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Annotated, Any, Generic, TypeVar

from msgspec import DecodeError, Meta, Raw, Struct
from msgspec import json as msgspec_json
from msgspec.json import Decoder

from drift.errors import Cause, GatewayError
from drift.model.groups import Group
from drift.model.limits import EffectiveKey, EffectiveModels, Kind, LimitKey, Models, limit_key

K = TypeVar("K")
V = TypeVar("V")
Key = TypeVar("Key", LimitKey, EffectiveKey)

_Id = Annotated[str, Meta(min_length=1)]
_Threshold = Annotated[int, Meta(ge=0)]
"""0 is a value like any other; no maximum is published."""

# gc=False: values straight from JSON hold no cycles, and tracking them costs more than making them.


class LimitShape(Struct, gc=False):
    """Schemas ``RateLimitV1`` and ``UsageLimitV1``."""

    type: str
    unit: str
    threshold: _Threshold


class EffectiveLimitShape(LimitShape, gc=False):
    """Schemas ``EffectiveRateLimitV1`` and ``EffectiveUsageLimitV1``."""

    source_group: str


Limit = TypeVar("Limit", LimitShape, EffectiveLimitShape)


class ModelShape(Struct, Generic[Limit], gc=False):
    """Schemas ``ModelConfigV1`` and ``EffectiveModelConfigV1``."""

    slug: str
    rate_limits: list[Limit] | None = None
    usage_limits: list[Limit] | None = None


class MetadataShape(Struct, gc=False):
    """Schema ``GroupMetadataV1``."""

    external_entity_id: _Id
    name: str | None = None


class HierarchyShape(Struct, gc=False):
    """Schema ``GroupHierarchyV1``."""

    limit_enforcement: str
    parent_group_id: str | None = None


class GroupShape(Struct, gc=False):
    """Schema ``GroupV1``, its models not decoded yet; empty where there are none."""

    id: _Id
    metadata: MetadataShape
    hierarchy: HierarchyShape
    created_at: str
    models: Raw = Raw()
    effective_models: Raw = Raw()


BROKEN = (DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises; msgspec passes Python's own errors on for text that is not UTF-8 and for endless nesting."""

_GROUP = Decoder(GroupShape)
_GROUPS = Decoder(list[GroupShape])
_MODELS = Decoder(list[ModelShape[LimitShape]] | None)
_EFFECTIVE_MODELS = Decoder(list[ModelShape[EffectiveLimitShape]] | None)


def group_from(text: bytes | str) -> Group:
    """The group in a JSON object.

    Raises:
        DecodeError: It is not a group as documented; the message ends in the path of what is wrong.
        UnicodeDecodeError: Neither is this.
        RecursionError: Nor this.
    """
    return _group(_GROUP.decode(text))


def groups_from(items: Raw) -> list[Group]:
    """The groups in a JSON list; raises like :func:`group_from`, with paths that do not say which item it is."""
    return [_group(shape) for shape in _GROUPS.decode(items)]


def decode_group(body: bytes, where: str) -> Group:
    """The group in the answer of *Get a group*.

    Raises:
        GatewayError: ``UNREADABLE_RESPONSE``, with the JSON path of what is wrong.
    """
    try:
        return group_from(body)
    except BROKEN as error:
        raise unreadable(error, where) from None


def unreadable(error: Exception, where: str) -> GatewayError:
    """The error for an answer that cannot be decoded."""
    return GatewayError(Cause.UNREADABLE_RESPONSE, f"not the documented JSON: {described(error)}", where=where)


def described(error: Exception, place: str = "") -> str:
    """What is wrong, and where as a JSON path; ``place`` is where the decoded text stands in a larger one."""
    match error:
        case UnicodeDecodeError():
            problem, path = f"text that is not UTF-8 ({error.reason})", ""
        case RecursionError():
            problem, path = "nested too deeply", ""
        case _:
            problem, _, path = str(error).partition(" - at `$")
            path = path.removesuffix("`")
    return f"{problem} - at `${place}{path}`" if place or path else problem


def unknown_members(body: bytes) -> list[str]:
    """Paths of members of a group that this version does not know, each once, e.g. ``models[].priority``.

    They are worth a remark, and never drift. None if the body is no JSON.
    """
    try:
        return sorted(set(_unknown(msgspec_json.decode(body), "")))
    except BROKEN:
        return []


# The next functions run for every group, model or list of limits of a long list: plain loops over C calls.


def _group(shape: GroupShape) -> Group:
    own_text, effective_text = bytes(shape.models), bytes(shape.effective_models)
    models, own_anomalies = _own_models(own_text)
    anomalies = [*own_anomalies]
    effective: EffectiveModels | None = None
    if effective_text not in (b"", b"null"):
        if not anomalies and _repeats(effective_text, own_text, shape.id, models):
            effective = OwnAsEffective(models, shape.id)
        else:
            listed = _listed(_EFFECTIVE_MODELS, effective_text, "effective_models")
            effective = _keyed(listed, _effective_key, "effective model", anomalies)
    metadata, hierarchy = shape.metadata, shape.hierarchy
    return Group(
        shape.id,
        metadata.external_entity_id,
        metadata.name,
        hierarchy.limit_enforcement,
        hierarchy.parent_group_id,
        models,
        shape.created_at,
        effective,
        tuple(sorted(anomalies)),
    )


@lru_cache(maxsize=4096)
def _own_models(text: bytes) -> tuple[Models, Sequence[str]]:
    """Models and what is odd about them, shared by all groups with the same text; some ten megabytes at most."""
    anomalies: list[str] = []
    return _keyed(_listed(_MODELS, text, "models"), _own_key, "model", anomalies), anomalies


def _listed(decoder: Decoder[list[V] | None], text: bytes, member: str) -> Sequence[V]:
    try:
        return (decoder.decode(text) if text else None) or ()
    except BROKEN as error:
        raise DecodeError(described(error, f".{member}")) from None


def _own_key(kind: Kind, limit: LimitShape) -> LimitKey:
    return limit_key(kind, limit.type, limit.unit)


def _effective_key(kind: Kind, limit: EffectiveLimitShape) -> EffectiveKey:
    return EffectiveKey(kind, limit.type, limit.unit, limit.source_group)


def _keyed(
    listed: Sequence[ModelShape[Limit]], key_of: Callable[[Kind, Limit], Key], what: str, anomalies: list[str]
) -> Mapping[str, Mapping[Key, int]]:
    entries: list[tuple[str, Mapping[Key, int]]] = []
    for model in listed:
        limits: dict[Key, int] = {}
        rates, usages = model.rate_limits or (), model.usage_limits or ()
        for limit in rates:
            limits[key_of("rate_limits", limit)] = limit.threshold
        for limit in usages:
            limits[key_of("usage_limits", limit)] = limit.threshold
        if len(limits) < len(rates) + len(usages):
            pairs = [(key_of("rate_limits", limit), limit.threshold) for limit in rates]
            pairs += [(key_of("usage_limits", limit), limit.threshold) for limit in usages]
            limits, repeated = _numbered(pairs, lambda key, number: key._replace(unit=f"{key.unit} ({number})"), int)
            anomalies += [
                f"{key.kind} of {model.slug!r} hold {key.type}/{key.unit} more than once ({', '.join(map(str, found))})"
                for key, found in repeated.items()
            ]
        entries.append((model.slug, limits))
    models = dict(entries)
    if len(models) < len(entries):
        models, twins = _numbered(entries, lambda slug, number: f"{slug} ({number})", lambda one: sorted(one.items()))
        anomalies += [f"{what} {slug!r} is listed {len(found)} times" for slug, found in twins.items()]
    return models


def _numbered(
    pairs: Sequence[tuple[K, V]], numbered: Callable[[K, int], K], order: Callable[[V], Any]
) -> tuple[dict[K, V], Mapping[K, Sequence[V]]]:
    """A list in which keys occur more than once as a map, and all values of these keys.

    They contradict the documentation, but nothing is thrown away: every further value gets a key with a number, in
    an order that does not depend on the order of the list.
    """
    by_key: dict[K, list[V]] = {}
    for key, value in pairs:
        by_key.setdefault(key, []).append(value)
    repeated = {key: sorted(found, key=order) for key, found in by_key.items() if len(found) > 1}
    values = dict(pairs)
    for key, found in repeated.items():
        values[key] = found[0]
        free = (other for number in count(2) if (other := numbered(key, number)) not in by_key)
        values.update(zip(free, found[1:], strict=False))
    return values, repeated


def _repeats(effective: bytes, own: bytes, group_id: str, models: Models) -> bool:
    """Whether the effective limits are the group's own: the same text, but that each names the group as its source.

    Quotes within a JSON string are escaped, so what is taken out here can only be a member.
    """
    longer, limits = len(effective) - len(own), sum(map(len, models.values()))
    source = b',"source_group":"%b"' % group_id.encode()
    if longer != limits * len(source):
        source = b', "source_group": "%b"' % group_id.encode()
    return longer == limits * len(source) and effective.replace(source, b"") == own


class OwnAsEffective(Mapping[str, Mapping[EffectiveKey, int]]):
    """The effective limits of a group whose own are all that it has, made when somebody looks at them."""

    __slots__ = ("_models", "_source")

    def __init__(self, models: Models, source: str) -> None:
        self._models = models
        self._source = source

    def __getitem__(self, slug: str) -> Mapping[EffectiveKey, int]:
        return {EffectiveKey(*key, self._source): threshold for key, threshold in self._models[slug].items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def __repr__(self) -> str:
        return repr(dict(self))


_SHAPES: Mapping[str, type[Struct]] = {
    "": GroupShape,
    "metadata": MetadataShape,
    "hierarchy": HierarchyShape,
    "models[]": ModelShape,
    "models[].rate_limits[]": LimitShape,
    "models[].usage_limits[]": LimitShape,
    "effective_models[]": ModelShape,
    "effective_models[].rate_limits[]": EffectiveLimitShape,
    "effective_models[].usage_limits[]": EffectiveLimitShape,
}
"""The shape of the objects at each path of a group."""


def _unknown(value: object, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _unknown(item, f"{path}[]")
    elif isinstance(value, dict) and path in _SHAPES:
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            if name in _SHAPES[path].__struct_fields__:
                yield from _unknown(member, inner)
            else:
                yield inner
