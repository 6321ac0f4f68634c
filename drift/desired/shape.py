"""Whether a value has the shape of :mod:`drift.desired.schema`, told in microseconds and without pydantic.

Nearly every value has. Importing pydantic and building its validators takes as long as reading five hundred
groups, so they are left for the values that are refused here: they decide, and they say what is wrong. What is
let through here must be right, then; what is refused here need not be wrong.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert

from drift.desired.nodes import Value
from drift.desired.problems import Breach

Block: TypeAlias = Literal["", "groups", "profiles"]
"""What a value is one of; empty for a whole document."""

_Text = Annotated[str, Meta(min_length=1)]
_LongText = Annotated[str, Meta(min_length=1, max_length=255)]
_Threshold = Annotated[int, Meta(ge=0)]
_MOST_MONEY = 1e12
_LimitType = Literal["REQUEST", "TOKEN", "CONCURRENT_REQUEST", "UNCACHED_INPUT_TOKEN", "OUTPUT_TOKEN"]


class _RateLimit(Struct, forbid_unknown_fields=True, gc=False):
    type: _LimitType
    unit: Literal["SECOND", "MINUTE"]
    threshold: _Threshold


class _UsageLimit(Struct, forbid_unknown_fields=True, gc=False):
    type: _LimitType
    unit: Literal["DAY"]
    threshold: _Threshold


class _Profile(Struct, forbid_unknown_fields=True):
    rate_limits: list[_RateLimit] | UnsetType = UNSET
    usage_limits: list[_UsageLimit] | UnsetType = UNSET


class _Model(Struct, forbid_unknown_fields=True):
    slug: _Text
    profile: _Text | UnsetType = UNSET
    rate_limits: list[_RateLimit] | UnsetType = UNSET
    usage_limits: list[_UsageLimit] | UnsetType = UNSET


class _EffectiveRateLimit(_RateLimit, forbid_unknown_fields=True, gc=False):
    source: _Text | UnsetType = UNSET
    source_group: _Text | UnsetType = UNSET


class _EffectiveUsageLimit(_UsageLimit, forbid_unknown_fields=True, gc=False):
    source: _Text | UnsetType = UNSET
    source_group: _Text | UnsetType = UNSET


class _EffectiveModel(Struct, forbid_unknown_fields=True):
    slug: _Text
    rate_limits: list[_EffectiveRateLimit] | UnsetType = UNSET
    usage_limits: list[_EffectiveUsageLimit] | UnsetType = UNSET


class _Metadata(Struct, forbid_unknown_fields=True):
    external_entity_id: _LongText | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET


class _Hierarchy(Struct, forbid_unknown_fields=True):
    limit_enforcement: Literal["INDEPENDENT", "CASCADING"] | UnsetType = UNSET
    parent: _Text | UnsetType | None = UNSET
    parent_group_id: _Text | UnsetType | None = UNSET


class _Group(Struct, forbid_unknown_fields=True):
    id: _LongText | UnsetType = UNSET
    metadata: _Metadata | UnsetType = UNSET
    hierarchy: _Hierarchy | UnsetType = UNSET
    manage: Literal["exact", "listed"] | UnsetType = UNSET
    models: list[_Model] | UnsetType = UNSET
    effective: list[_EffectiveModel] | UnsetType = UNSET
    effective_models: Any = None
    created_at: Any = None


class _Price(Struct, forbid_unknown_fields=True):
    input: Any
    output: Any

    def __post_init__(self) -> None:
        # Fractions are of a class of their own here, for which msgspec knows no bounds.
        if not all(
            not isinstance(price, bool) and isinstance(price, int | float) and 0 <= price <= _MOST_MONEY
            for price in (self.input, self.output)
        ):
            raise ValueError("not surely prices")


class _Prices(Struct, forbid_unknown_fields=True):
    currency: Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
    models: dict[_Text, _Price]
    per: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class _Accepted(Struct, forbid_unknown_fields=True):
    group: _Text
    live: Any
    reason: _Text
    owner: _Text
    until: Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    rule: _Text | UnsetType = UNSET
    path: list[_Text] | UnsetType = UNSET
    rule_set: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class _Document(Struct, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1, le=1)]
    profiles: dict[_Text, _Profile] | UnsetType = UNSET
    prices: _Prices | UnsetType = UNSET
    accepted: list[_Accepted] | UnsetType = UNSET
    groups: list[_Group] | UnsetType = UNSET


_SHAPES: Mapping[Block, type[Struct]] = {"": _Document, "groups": _Group, "profiles": _Profile}


def fits(value: Value, block: Block) -> bool:
    """Whether the value is certainly of the right shape."""
    try:
        convert(value, _SHAPES[block])
    except (ValidationError, RecursionError):
        return False
    return True


def wrong_with(value: Value, block: Block) -> list[Breach]:
    """Everything that is wrong with the shape of a value."""
    if fits(value, block):
        return []
    from drift.desired.explain import breaches_in  # noqa: PLC0415 - brings pydantic, which good files never need

    return breaches_in(value, block)
