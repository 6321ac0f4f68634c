"""What clients send: create and update bodies, read as strictly as the API documents them.

Shapes and bounds are those of the schemas ``CreateGroupRequestV1`` and ``UpdateGroupRequestV1`` of the
published OpenAPI document. Members that they do not name are ignored.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from drift.model.limits import LimitKey, Models
from drift.sandbox.messages import Refused

# The last three are in the vendor's SDK and in no page; the sandbox accepts the larger set.
LimitType: TypeAlias = Literal["REQUEST", "TOKEN", "CONCURRENT_REQUEST", "UNCACHED_INPUT_TOKEN", "OUTPUT_TOKEN"]
Mode: TypeAlias = Literal["CASCADING", "INDEPENDENT"]
Threshold: TypeAlias = Annotated[int, Meta(ge=0)]
Name: TypeAlias = Annotated[str, Meta(max_length=255)]
ExternalId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]


class RateLimit(Struct, frozen=True):
    """``RateLimitV1``."""

    type: LimitType
    unit: Literal["SECOND", "MINUTE"]
    threshold: Threshold


class UsageLimit(Struct, frozen=True):
    """``UsageLimitV1``."""

    type: LimitType
    unit: Literal["DAY"]
    threshold: Threshold


class ModelConfig(Struct, frozen=True):
    """``ModelConfigV1``; a list left out, null and an empty list mean the same."""

    slug: str
    rate_limits: list[RateLimit] | None = None
    usage_limits: list[UsageLimit] | None = None


class CreateMetadata(Struct, frozen=True):
    """``GroupMetadataV1``."""

    external_entity_id: ExternalId
    name: Name | None = None


class CreateHierarchy(Struct, frozen=True):
    """``CreateGroupHierarchyV1``; a mode left out is the parent's, or ``INDEPENDENT`` for a root."""

    limit_enforcement: Mode | None = None
    parent_group_id: str | None = None


class CreateGroup(Struct, frozen=True):
    """``CreateGroupRequestV1``."""

    metadata: CreateMetadata
    models: Annotated[list[ModelConfig], Meta(min_length=1)]
    hierarchy: CreateHierarchy


class UpdateMetadata(Struct, frozen=True):
    """``UpdateGroupMetadataV1``; null clears the name."""

    name: Name | UnsetType | None = UNSET


class UpdateGroup(Struct, frozen=True):
    """``UpdateGroupRequestV1``; null means "not given" for both members."""

    metadata: UpdateMetadata | None = None
    models: list[ModelConfig] | None = None


Payload = TypeVar("Payload", CreateGroup, UpdateGroup)


def read(body: bytes, payload: type[Payload]) -> Payload:
    """Read a body; whatever is wrong with it is a 400."""
    try:
        return msgspec.json.decode(body, type=payload)
    except (ValueError, RecursionError) as problem:
        raise Refused(400, f"Invalid payload: {problem}") from None


def canonical(configs: Sequence[ModelConfig]) -> Models:
    """The model set as a map; refuses entries that cannot stand beside each other.

    The create page refuses a second rate limit of one type (whatever its unit) and a second usage limit of
    one type and unit. A slug listed twice is refused because ``models`` is called a set.
    """
    models: dict[str, dict[LimitKey, int]] = {}
    for config in configs:
        if config.slug in models:
            raise Refused(400, f"Invalid models: {config.slug!r} is listed twice.")
        limits: dict[LimitKey, int] = {}
        for rate in config.rate_limits or ():
            if any(key.type == rate.type for key in limits):
                raise Refused(400, f"Invalid limit shape: {config.slug!r} has two rate limits of type {rate.type}.")
            limits[LimitKey("rate_limits", rate.type, rate.unit)] = rate.threshold
        for usage in config.usage_limits or ():
            key = LimitKey("usage_limits", usage.type, usage.unit)
            if key in limits:
                raise Refused(400, f"Invalid limit shape: {config.slug!r} has two usage limits {key}.")
            limits[key] = usage.threshold
        models[config.slug] = limits
    return models
