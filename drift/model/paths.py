"""Where in a group a difference lies: a closed set of places, each with the JSON form that reports publish.

Whoever decides by a path matches it exhaustively, so that the type checker names every decision that a new
kind of place needs.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeGuard, assert_never, get_args

from drift.errors import Location
from drift.model.groups import DesiredGroup
from drift.model.limits import Kind, LimitKey, Models, limit_key

Field: TypeAlias = Literal["id", "external_entity_id", "name", "limit_enforcement", "parent_group_id"]

_FIELDS: Final[dict[tuple[str, ...], Field]] = {
    ("id",): "id",
    ("metadata", "external_entity_id"): "external_entity_id",
    ("metadata", "name"): "name",
    ("hierarchy", "limit_enforcement"): "limit_enforcement",
    ("hierarchy", "parent_group_id"): "parent_group_id",
}
_PARTS: Final = {field: parts for parts, field in _FIELDS.items()}


class _AnyPath:
    """What all paths have in common: they are what their published form says."""

    __slots__ = ("parts",)

    def __init__(self, *parts: str) -> None:
        self.parts: Final = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _AnyPath) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.parts}"


class GroupPath(_AnyPath):
    """The group as a whole."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()


class FieldPath(_AnyPath):
    """A value that the group has once."""

    __slots__ = ("field",)
    __match_args__ = ("field",)

    def __init__(self, field: Field) -> None:
        super().__init__(*_PARTS[field])
        self.field: Final = field


class ModelPath(_AnyPath):
    """A model that the group may call."""

    __slots__ = ("slug",)
    __match_args__ = ("slug",)

    def __init__(self, slug: str) -> None:
        super().__init__("models", slug)
        self.slug: Final = slug


class LimitPath(_AnyPath):
    """A limit that the group itself sets on a model."""

    __slots__ = ("limit", "slug")
    __match_args__ = ("slug", "limit")

    def __init__(self, slug: str, limit: LimitKey) -> None:
        super().__init__("models", slug, limit.kind, str(limit))
        self.slug: Final = slug
        self.limit: Final = limit


class RateLimitPath(_AnyPath):
    """The one rate limit of a type that the group sets on a model, whatever its unit."""

    __slots__ = ("slug", "type")
    __match_args__ = ("slug", "type")

    def __init__(self, slug: str, type_: str) -> None:
        super().__init__("models", slug, "rate_limits", type_)
        self.slug: Final = slug
        self.type: Final = type_


class EffectivePath(_AnyPath):
    """The limits in effect on a group, as a whole."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("effective_models")


class EffectiveLimitPath(_AnyPath):
    """A limit in effect on a model, from one group if ``source`` names it."""

    __slots__ = ("limit", "slug", "source")
    __match_args__ = ("slug", "limit", "source")

    def __init__(self, slug: str, limit: LimitKey, source: str | None = None) -> None:
        super().__init__("effective_models", slug, limit.kind, str(limit), *(() if source is None else (source,)))
        self.slug: Final = slug
        self.limit: Final = limit
        self.source: Final = source


if TYPE_CHECKING:
    Path: TypeAlias = GroupPath | FieldPath | ModelPath | LimitPath | RateLimitPath | EffectivePath | EffectiveLimitPath
else:
    Path = _AnyPath  # msgspec, which reads annotations at run time, takes one type of our own in a place


def path_of(parts: Sequence[str]) -> Path:
    """The path with this published form.

    Raises:
        ValueError: There is no such path.
    """
    match tuple(parts):
        case ():
            return GroupPath()
        case ("models", *rest) if inside := _in_models(rest):
            return inside
        case ("effective_models", *rest) if effective := _in_effective(rest):
            return effective
        case field if field in _FIELDS:
            return FieldPath(_FIELDS[field])
        case other:
            raise ValueError(f"a group has no {' / '.join(other)}")


def _in_models(rest: Sequence[str]) -> ModelPath | LimitPath | RateLimitPath | None:
    match rest:
        case [slug]:
            return ModelPath(slug)
        case [slug, kind, name] if limit := _limit(kind, name):
            return LimitPath(slug, limit)
        case [slug, "rate_limits", type_]:
            return RateLimitPath(slug, type_)
        case _:
            return None


def _in_effective(rest: Sequence[str]) -> EffectivePath | EffectiveLimitPath | None:
    match rest:
        case []:
            return EffectivePath()
        case [slug, kind, name] if limit := _limit(kind, name):
            return EffectiveLimitPath(slug, limit)
        case [slug, kind, name, source] if limit := _limit(kind, name):
            return EffectiveLimitPath(slug, limit, source)
        case _:
            return None


def _limit(kind: str, name: str) -> LimitKey | None:
    type_, slash, unit = name.rpartition("/")
    return limit_key(kind, type_, unit) if slash and _is_kind(kind) else None


def _is_kind(text: str) -> TypeGuard[Kind]:
    return text in get_args(Kind)


def with_part(models: Models, other: Models, path: ModelPath | LimitPath | RateLimitPath) -> Models:
    """The models with what the path names as ``other`` has it; a limit only where both have the model."""
    slug = path.slug
    if isinstance(path, ModelPath):
        rest = {name: limits for name, limits in models.items() if name != slug}
        return {**rest, slug: other[slug]} if slug in other else rest
    if slug not in models or slug not in other:
        return models
    kept = {key: threshold for key, threshold in models[slug].items() if not _names(path, key)}
    return {**models, slug: kept | {key: threshold for key, threshold in other[slug].items() if _names(path, key)}}


def _names(path: LimitPath | RateLimitPath, key: LimitKey) -> bool:
    match path:
        case LimitPath(_, limit):
            return key == limit
        case RateLimitPath(_, type_):
            return key.kind == "rate_limits" and key.type == type_
        case _:
            assert_never(path)


def declared_at(group: DesiredGroup, path: Path) -> Location:
    """Where the files declare what is at the path, or the nearest thing around it that they declare."""
    positions, models = group.positions, group.models or {}
    match path:
        case GroupPath() | EffectivePath() | EffectiveLimitPath():
            return positions.field("group")
        case FieldPath(field):
            return positions.field("parent" if field == "parent_group_id" else field)
        case ModelPath(slug):
            return positions.model(models, slug)
        case LimitPath(slug, limit):
            return positions.limit(models, slug, limit)
        case RateLimitPath(slug):
            limits = (limit for limit in models.get(slug, {}) if _names(path, limit))
            return next((positions.limit(models, slug, limit) for limit in limits), positions.model(models, slug))
        case _:
            assert_never(path)
