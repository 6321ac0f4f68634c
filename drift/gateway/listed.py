"""The groups of a page, for half of what decoding every byte of it costs.

Much of a page says what has been said before: thousands of groups share a few dozen lists of limits, and the
effective limits of a root are its own once more. Such parts are recognised by their bytes. Whatever is not
recognised is decoded in full, and nothing passes that decoding would refuse.
"""

from collections.abc import Iterator, Mapping

from msgspec import Raw
from msgspec.json import Decoder

from drift.gateway.canonical import group_from
from drift.gateway.shapes import (
    EffectiveModelShape,
    GroupShape,
    LimitShape,
    ListedModelShape,
    ListedShape,
    ModelShape,
    OwnGroupShape,
)
from drift.model.groups import Group
from drift.model.limits import EffectiveKey, EffectiveModels, Kind, Limits, Models, limit_key

_ITEMS = Decoder(list[ListedShape])
_LISTED_MODELS = Decoder(list[ListedModelShape] | None)
_MODELS = Decoder(list[ModelShape] | None)
_EFFECTIVE_MODELS = Decoder(list[EffectiveModelShape] | None)
_LIMITS = Decoder(list[LimitShape] | None)

_MOST_KNOWN = 16_384
"""Lists that are remembered of each kind; some ten megabytes if all of them are."""


class _KnownLists(dict[bytes, Limits | None]):
    """The limits that a JSON list of one kind stands for, shared by all models that have it; never change one.

    None where the list names a limit twice.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, text: bytes) -> Limits | None:
        listed = (_LIMITS.decode(text) if text else None) or ()
        limits = {limit_key(self._kind, limit.type, limit.unit): limit.threshold for limit in listed}
        known = limits if len(limits) == len(listed) else None
        if len(self) < _MOST_KNOWN:
            self[text] = known
        return known


_RATES = _KnownLists("rate_limits")
_USAGES = _KnownLists("usage_limits")


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
        rates, usages = _RATES[bytes(model.rate_limits)], _USAGES[bytes(model.usage_limits)]
        if rates is None or usages is None:
            return _in_full(shape, text, effective=effective)
        models[model.slug] = limits = {**rates, **usages} if rates and usages else rates or usages
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
    source = b',"source_group":"%b"' % group_id.encode()
    longer = len(effective) - len(own)
    if longer != limits * len(source):
        source = b', "source_group": "%b"' % group_id.encode()
    return longer == limits * len(source) and effective.replace(source, b"") == own


def _in_full(shape: ListedShape, models: bytes, *, effective: bool) -> Group:
    own = _MODELS.decode(models) if models else None
    members = (shape.id, shape.metadata, shape.hierarchy, shape.created_at, own)
    if not effective:
        return group_from(OwnGroupShape(*members))
    text = bytes(shape.effective_models)
    return group_from(GroupShape(*members, _EFFECTIVE_MODELS.decode(text) if text else None))
