"""The groups of a page, for half of what decoding every byte of it costs.

Much of a page says what has been said before: thousands of groups share a few dozen lists of limits, and the
effective limits of a root are its own once more. Such parts are recognised by their bytes. Whatever is not
recognised is decoded in full, and nothing passes that decoding would refuse.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Raw
from msgspec.json import Decoder

from drift.gateway.canonical import group_from, limits_from
from drift.gateway.shapes import (
    EffectiveModelShape,
    GroupShape,
    LimitShape,
    ListedModelShape,
    ListedShape,
    ModelShape,
    OwnGroupShape,
)
from drift.model import EffectiveKey, EffectiveModels, Group, Limits, Models

_ITEMS = Decoder(list[ListedShape])
_LISTED_MODELS = Decoder(list[ListedModelShape] | None)
_MODELS = Decoder(list[ModelShape] | None)
_EFFECTIVE_MODELS = Decoder(list[EffectiveModelShape] | None)
_LIMITS = Decoder(list[LimitShape] | None)

_MOST_KNOWN = 16_384
"""Pairs of lists that are remembered; some ten megabytes if every one is used."""
_Lists: TypeAlias = tuple[bytes, bytes]


class _KnownLimits(dict[_Lists, Limits | None]):
    """The limits that a pair of JSON lists stands for, shared by all models that have it; never change one.

    None where a list names a limit twice.
    """

    def __missing__(self, lists: _Lists) -> Limits | None:
        rates, usages = (_LIMITS.decode(text) if text else None for text in lists)
        twice: list[str] = []
        limits = limits_from(ModelShape("", rates, usages), twice)
        known = None if twice else limits
        if len(self) < _MOST_KNOWN:
            self[lists] = known
        return known


_KNOWN = _KnownLimits()


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


def listed_groups(items: Raw, *, effective: bool) -> list[Group]:
    """The canonical forms of the groups in a JSON list; ``effective`` for their effective limits too.

    Raises:
        msgspec.DecodeError: An item is not a group as documented. The path is not that of the page.
        UnicodeDecodeError: Neither is this.
        RecursionError: Nor this.
    """
    return [_group(shape, effective) for shape in _ITEMS.decode(items)]


def _group(shape: ListedShape, effective: bool) -> Group:  # noqa: FBT001 - called for every group there is
    text = bytes(shape.models)
    listed = (_LISTED_MODELS.decode(text) if text else None) or ()
    models: dict[str, Limits] = {}
    count = 0
    for model in listed:
        limits = _KNOWN[bytes(model.rate_limits), bytes(model.usage_limits)]
        if limits is None:
            return _in_full(shape, text, effective=effective)
        models[model.slug] = limits
        count += len(limits)
    effective_models: EffectiveModels | None = None
    if len(models) != len(listed):
        return _in_full(shape, text, effective=effective)
    if effective:
        if not _repeats(bytes(shape.effective_models), text, shape.id, count):
            return _in_full(shape, text, effective=True)
        effective_models = OwnAsEffective(models, shape.id)
    metadata, hierarchy = shape.metadata, shape.hierarchy
    return Group(
        shape.id,
        metadata.external_entity_id,
        metadata.name,
        hierarchy.limit_enforcement,
        hierarchy.parent_group_id,
        models,
        shape.created_at,
        effective_models,
    )


def _repeats(effective: bytes, own: bytes, group_id: str, limits: int) -> bool:
    """Whether the effective limits are the group's own: the same text, but that each names the group as its source.

    Quotes within a JSON string are escaped, so what is taken out here can only be a member.
    """
    source = f',"source_group":"{group_id}"}}' if b', "' not in effective else f', "source_group": "{group_id}"}}'
    taken_out = len(effective) - len(own)
    return taken_out == limits * (len(source.encode()) - 1) and effective.replace(source.encode(), b"}") == own


def _in_full(shape: ListedShape, models: bytes, *, effective: bool) -> Group:
    own = _MODELS.decode(models) if models else None
    members = (shape.id, shape.metadata, shape.hierarchy, shape.created_at, own)
    if not effective:
        return group_from(OwnGroupShape(*members))
    text = bytes(shape.effective_models)
    return group_from(GroupShape(*members, _EFFECTIVE_MODELS.decode(text) if text else None))
