"""The shape of a desired file: what every file is checked against and ``drift schema desired`` prints.

Names and bounds are those of the API's schemas GroupV1, CreateGroupRequestV1, ModelConfigV1, RateLimitV1 and
UsageLimitV1. A member whose default is ``UNSET`` may be left out;
``enum`` gives choices the order in which people read them.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from drift.model.groups import Manage
from drift.model.limits import LIMIT_TYPES, UNITS, LimitType, Unit

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
DAY_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

if TYPE_CHECKING:
    RateUnit: TypeAlias = Unit
    UsageUnit: TypeAlias = Unit
else:  # type checkers take no computed literals
    RateUnit, UsageUnit = (Literal[UNITS[kind]] for kind in ("rate_limits", "usage_limits"))


class Money(Decimal):
    """An amount of 0 or more; money must not pass through binary fractions."""


class Day(str):
    """A day of the calendar, written as 2026-12-31; quoted or not."""

    __slots__ = ()


_CUSTOM: Mapping[type, dict[str, Any]] = {
    Money: {"type": "number", "minimum": 0},
    Day: {"type": "string", "format": "date", "pattern": DAY_PATTERN},
}

_T = TypeVar("_T")
Maybe: TypeAlias = _T | UnsetType
"""A member that may be left out."""
_Text = Annotated[str, Meta(min_length=1)]
_LongText = Annotated[str, Meta(min_length=1, max_length=255)]
_Slug = Annotated[str, Meta(min_length=1, description="The endpoint slug, `prefix/name`.")]
_ReadOnly = Annotated[
    Any, Meta(description="Read-only in the API; accepted so that a live group can be pasted, and ignored.")
]
_NONE_IF_LEFT_OUT = Meta(description="Left out: none.")


class RateLimitItem(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A limit over a short window; at most one per type and model (schema RateLimitV1)."""

    type: Annotated[
        LimitType,
        Meta(
            description="What is counted. REQUEST and TOKEN are documented for groups; the others are newer.",
            extra_json_schema={"enum": LIMIT_TYPES},
        ),
    ]
    unit: Annotated[RateUnit, Meta(description="The rolling window.", extra_json_schema={"enum": UNITS["rate_limits"]})]
    threshold: Annotated[
        int, Meta(ge=0, description="How much the window allows; 0 is a limit of nothing, not the absence of one.")
    ]


class UsageLimitItem(RateLimitItem, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A limit over a day, reset at 00:00 UTC (schema UsageLimitV1)."""

    unit: Annotated[UsageUnit, Meta(description="The window.")]


LimitItem: TypeAlias = RateLimitItem | UsageLimitItem


class ProfileItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """Limits under a name, for the models that share them."""

    rate_limits: Maybe[list[RateLimitItem]] = UNSET
    usage_limits: Maybe[list[UsageLimitItem]] = UNSET


class ModelItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """A model that the group may call, with the group's own limits (schema ModelConfigV1)."""

    slug: _Slug
    profile: Maybe[
        Annotated[
            str,
            Meta(
                min_length=1,
                description="Takes the limits of a profile of any file of the run. A list that is written here "
                "as well replaces the profile's list of that kind, `[]` included.",
            ),
        ]
    ] = UNSET
    rate_limits: Maybe[Annotated[list[RateLimitItem], _NONE_IF_LEFT_OUT]] = UNSET
    usage_limits: Maybe[Annotated[list[UsageLimitItem], _NONE_IF_LEFT_OUT]] = UNSET


_Source = Annotated[
    str, Meta(min_length=1, description="External id of the group that sets the limit: this one or an ancestor.")
]
_SourceGroup = Annotated[
    str,
    Meta(min_length=1, description="Internal id of that group, instead of `source`, where no file declares it."),
]


class EffectiveRateLimitItem(RateLimitItem, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A rate limit in effect (schema EffectiveRateLimitV1)."""

    source: Maybe[_Source] = UNSET
    source_group: Maybe[_SourceGroup] = UNSET


class EffectiveUsageLimitItem(UsageLimitItem, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A usage limit in effect (schema EffectiveUsageLimitV1)."""

    source: Maybe[_Source] = UNSET
    source_group: Maybe[_SourceGroup] = UNSET


EffectiveLimitItem: TypeAlias = EffectiveRateLimitItem | EffectiveUsageLimitItem


class EffectiveModelItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """A model with all the limits that are to be in effect on it (schema EffectiveModelConfigV1)."""

    slug: _Slug
    rate_limits: Maybe[Annotated[list[EffectiveRateLimitItem], _NONE_IF_LEFT_OUT]] = UNSET
    usage_limits: Maybe[Annotated[list[EffectiveUsageLimitItem], _NONE_IF_LEFT_OUT]] = UNSET


class MetadataItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who the group is (schema GroupMetadataV1)."""

    external_entity_id: Maybe[
        Annotated[
            str, Meta(min_length=1, max_length=255, description="Your own id of the group, unique in the workspace.")
        ]
    ] = UNSET
    name: Maybe[
        Annotated[
            Annotated[str, Meta(max_length=255)] | None,
            Meta(description="The display name; null for none. Left out: not compared."),
        ]
    ] = UNSET


class HierarchyItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where the group stands. If the block is there, parent and mode are compared; without a parent it is a root."""

    limit_enforcement: Maybe[
        Annotated[
            Literal["INDEPENDENT", "CASCADING"],
            Meta(
                description="Left out: the parent's mode, and INDEPENDENT for a root.",
                extra_json_schema={"enum": ("INDEPENDENT", "CASCADING")},
            ),
        ]
    ] = UNSET
    parent: Maybe[Annotated[_Text | None, Meta(description="External id of a declared group; null for a root.")]] = (
        UNSET
    )
    parent_group_id: Maybe[
        Annotated[_Text | None, Meta(description="Internal id of the parent, instead of `parent`; null for a root.")]
    ] = UNSET


NO_METADATA = MetadataItem()
NO_HIERARCHY = HierarchyItem()
"""Stand for blocks that are left out, where only their members matter."""


class GroupItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """A group, in the shape in which the API returns it (schema GroupV1); a block that is left out is not compared."""

    id: Maybe[
        Annotated[
            _LongText,
            Meta(description="Pins the internal id: a group that was deleted and created again has another one."),
        ]
    ] = UNSET
    metadata: Maybe[MetadataItem] = UNSET
    hierarchy: Maybe[HierarchyItem] = UNSET
    manage: Maybe[
        Annotated[
            Manage,
            Meta(description="exact: no other models are allowed (the default). listed: others are not compared."),
        ]
    ] = UNSET
    models: Maybe[list[ModelItem]] = UNSET
    effective: Maybe[
        Annotated[
            list[EffectiveModelItem],
            Meta(
                description="Pins the effective limits of the models that are listed, own and inherited ones: any "
                "difference is drift. Other models are not pinned."
            ),
        ]
    ] = UNSET
    effective_models: Maybe[_ReadOnly] = UNSET
    created_at: Maybe[_ReadOnly] = UNSET


class PriceItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """What so many tokens of one model cost; digits and a decimal point, taken exactly."""

    input: Money
    output: Money


class PricesItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """What tokens cost, to show what drift may cost a day at most; one table in all files of a run."""

    # The length says it again because `$` of regular expressions also stands before a line break at the end.
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3, description="An ISO 4217 code.")]
    per: Annotated[int, Meta(ge=1, description="The tokens that a price is for. Left out: 1,000,000.")] | UnsetType = (
        UNSET
    )
    models: Annotated[dict[_Text, PriceItem], Meta(description="Prices by slug.")]


class AcceptedItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """Drift that is known and accepted for a while; `drift accept` writes these from a report."""

    group: Annotated[_Text, Meta(description="External id of the group, or its internal id if it has none.")]
    rule: Annotated[_Text, Meta(description="The rule of the finding. Left out: any, at that path.")] | UnsetType = (
        UNSET
    )
    path: Maybe[
        Annotated[
            list[_Text],
            Meta(description="The path of the finding, as the JSON report has it. Left out: any of that rule."),
        ]
    ] = UNSET
    live: Annotated[Any, Meta(description="The live value that is accepted, exactly; another one is drift again.")]
    reason: Annotated[_Text, Meta(description="Why this is accepted.")]
    owner: Annotated[_Text, Meta(description="Who answers for it.")]
    until: Annotated[Day, Meta(description="The last day on which it is accepted, UTC.")]
    rule_set: Maybe[
        Annotated[int, Meta(ge=1, description="The rule set of the report that it was taken from. Left out: 1.")]
    ] = UNSET


class DocumentItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """Declared Baseten Frontier Gateway groups, for drift."""

    version: Annotated[Literal[1], Meta(description="The version of this format.")]
    profiles: Maybe[
        Annotated[dict[_Text, ProfileItem], Meta(description="Seen by the groups of all files of a run.")]
    ] = UNSET
    prices: Maybe[PricesItem] = UNSET
    accepted: Maybe[list[AcceptedItem]] = UNSET
    groups: Maybe[list[GroupItem]] = UNSET


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a whole file."""
    from msgspec.json import schema_components  # noqa: PLC0415 - only for this command

    _, definitions = schema_components([DocumentItem], schema_hook=_CUSTOM.__getitem__, ref_template="#/$defs/{name}")
    document = definitions.pop(DocumentItem.__name__)
    return {"$schema": SCHEMA_ID, **document, "title": "drift desired file", "$defs": definitions}
