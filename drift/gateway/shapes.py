"""The documented shapes of a group, reduced to what is compared: schema ``GroupV1`` and what it refers to.

Attribute names are the wire's. Optional members may also be null, which the vendor's own client accepts.
``gc=False``: values straight from JSON hold no cycles, and tracking them costs more than making them.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct

_Threshold = Annotated[int, Meta(ge=0)]
"""0 is a value like any other; no maximum is published."""
_Id = Annotated[str, Meta(min_length=1)]


class LimitShape(Struct, gc=False):
    """Schemas ``RateLimitV1`` and ``UsageLimitV1``."""

    type: str
    unit: str
    threshold: _Threshold


class EffectiveLimitShape(LimitShape, gc=False):
    """Schemas ``EffectiveRateLimitV1`` and ``EffectiveUsageLimitV1``."""

    source_group: str


class ModelShape(Struct, gc=False):
    """Schema ``ModelConfigV1``."""

    slug: str
    rate_limits: list[LimitShape] | None = None
    usage_limits: list[LimitShape] | None = None


class EffectiveModelShape(Struct, gc=False):
    """Schema ``EffectiveModelConfigV1``."""

    slug: str
    rate_limits: list[EffectiveLimitShape] | None = None
    usage_limits: list[EffectiveLimitShape] | None = None


class MetadataShape(Struct, gc=False):
    """Schema ``GroupMetadataV1``."""

    external_entity_id: _Id
    name: str | None = None


class HierarchyShape(Struct, gc=False):
    """Schema ``GroupHierarchyV1``."""

    limit_enforcement: str
    parent_group_id: str | None = None


class OwnGroupShape(Struct, gc=False):
    """Schema ``GroupV1`` without the effective limits, which are most of its bytes."""

    id: _Id
    metadata: MetadataShape
    hierarchy: HierarchyShape
    created_at: str
    models: list[ModelShape] | None = None


class GroupShape(OwnGroupShape, gc=False):
    """Schema ``GroupV1``."""

    effective_models: list[EffectiveModelShape] | None = None


class ListedModelShape(Struct, gc=False):
    """Schema ``ModelConfigV1`` as it stands in a list, its own lists not decoded yet; empty where there is none."""

    slug: str
    rate_limits: Raw = Raw()
    usage_limits: Raw = Raw()


class ListedShape(Struct, gc=False):
    """Schema ``GroupV1`` as it stands in a list, its models not decoded yet; empty where there are none."""

    id: _Id
    metadata: MetadataShape
    hierarchy: HierarchyShape
    created_at: str
    models: Raw = Raw()
    effective_models: Raw = Raw()
