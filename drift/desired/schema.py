"""The shape of a desired file: what ``drift schema desired`` publishes and every file is held against.

Names and bounds are those of the API's schemas GroupV1, CreateGroupRequestV1, ModelConfigV1, RateLimitV1 and
UsageLimitV1. Typed dictionaries, not model classes: nothing has to be built to validate one.
"""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, with_config

# pydantic needs this TypedDict below Python 3.12, and brings the package with it.
from typing_extensions import TypedDict

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

_strict = with_config(ConfigDict(strict=True, extra="forbid"))

LimitType: TypeAlias = Literal["REQUEST", "TOKEN", "CONCURRENT_REQUEST", "UNCACHED_INPUT_TOKEN", "OUTPUT_TOKEN"]
LongText: TypeAlias = Annotated[str, Field(min_length=1, max_length=255)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]

_TYPE = Field(description="What is counted. REQUEST and TOKEN are documented for groups; the others are newer.")
_THRESHOLD = Field(ge=0, description="How much the window allows; 0 is a limit of nothing, not the absence of one.")


@_strict
class RateLimitItem(TypedDict):
    """A limit over a short window; at most one per type and model (schema RateLimitV1)."""

    type: Annotated[LimitType, _TYPE]
    unit: Annotated[Literal["SECOND", "MINUTE"], Field(description="The rolling window.")]
    threshold: Annotated[int, _THRESHOLD]


@_strict
class UsageLimitItem(TypedDict):
    """A limit over a day, reset at 00:00 UTC (schema UsageLimitV1)."""

    type: Annotated[LimitType, _TYPE]
    unit: Annotated[Literal["DAY"], Field(description="The window.")]
    threshold: Annotated[int, _THRESHOLD]


LimitItem: TypeAlias = RateLimitItem | UsageLimitItem


@_strict
class ProfileItem(TypedDict):
    """Limits under a name, for the models that share them."""

    rate_limits: NotRequired[list[RateLimitItem]]
    usage_limits: NotRequired[list[UsageLimitItem]]


@_strict
class ModelItem(TypedDict):
    """A model that the group may call, with the group's own limits (schema ModelConfigV1)."""

    slug: Annotated[Text, Field(description="The endpoint slug, `prefix/name`.")]
    profile: NotRequired[
        Annotated[
            Text,
            Field(
                description="Takes the limits of a profile of any file of the run. A list that is written here "
                "as well replaces the profile's list of that kind, `[]` included."
            ),
        ]
    ]
    rate_limits: NotRequired[Annotated[list[RateLimitItem], Field(description="Left out: none.")]]
    usage_limits: NotRequired[Annotated[list[UsageLimitItem], Field(description="Left out: none.")]]


_SOURCE = Field(description="External id of the group that sets the limit: this one or an ancestor.")
_SOURCE_GROUP = Field(description="Internal id of that group, instead of `source`, where no file declares it.")


@_strict
class EffectiveRateLimitItem(TypedDict):
    """A rate limit in effect (schema EffectiveRateLimitV1)."""

    type: Annotated[LimitType, _TYPE]
    unit: Annotated[Literal["SECOND", "MINUTE"], Field(description="The rolling window.")]
    threshold: Annotated[int, _THRESHOLD]
    source: NotRequired[Annotated[Text, _SOURCE]]
    source_group: NotRequired[Annotated[Text, _SOURCE_GROUP]]


@_strict
class EffectiveUsageLimitItem(TypedDict):
    """A usage limit in effect (schema EffectiveUsageLimitV1)."""

    type: Annotated[LimitType, _TYPE]
    unit: Annotated[Literal["DAY"], Field(description="The window.")]
    threshold: Annotated[int, _THRESHOLD]
    source: NotRequired[Annotated[Text, _SOURCE]]
    source_group: NotRequired[Annotated[Text, _SOURCE_GROUP]]


EffectiveLimitItem: TypeAlias = EffectiveRateLimitItem | EffectiveUsageLimitItem


@_strict
class EffectiveModelItem(TypedDict):
    """A model with all the limits that are to be in effect on it (schema EffectiveModelConfigV1)."""

    slug: Annotated[Text, Field(description="The endpoint slug, `prefix/name`.")]
    rate_limits: NotRequired[Annotated[list[EffectiveRateLimitItem], Field(description="Left out: none.")]]
    usage_limits: NotRequired[Annotated[list[EffectiveUsageLimitItem], Field(description="Left out: none.")]]


@_strict
class MetadataItem(TypedDict):
    """Who the group is (schema GroupMetadataV1)."""

    external_entity_id: NotRequired[
        Annotated[LongText, Field(description="Your own id of the group, unique in the workspace.")]
    ]
    name: NotRequired[
        Annotated[
            Annotated[str, Field(max_length=255)] | None,
            Field(description="The display name; null for none. Left out: not compared."),
        ]
    ]


@_strict
class HierarchyItem(TypedDict):
    """Where the group stands. If the block is there, parent and mode are compared; without a parent it is a root."""

    limit_enforcement: NotRequired[
        Annotated[
            Literal["INDEPENDENT", "CASCADING"],
            Field(description="Left out: the parent's mode, and INDEPENDENT for a root."),
        ]
    ]
    parent: NotRequired[Annotated[Text | None, Field(description="External id of a declared group; null for a root.")]]
    parent_group_id: NotRequired[
        Annotated[
            Text | None,
            Field(description="Internal id of the parent, instead of `parent`; null for a root."),
        ]
    ]


@_strict
class GroupItem(TypedDict):
    """A group, in the shape in which the API returns it (schema GroupV1); a block that is left out is not compared."""

    id: NotRequired[
        Annotated[
            LongText,
            Field(description="Pins the internal id: a group that was deleted and created again has another one."),
        ]
    ]
    metadata: NotRequired[MetadataItem]
    hierarchy: NotRequired[HierarchyItem]
    manage: NotRequired[
        Annotated[
            Literal["exact", "listed"],
            Field(
                description="exact: no other models are allowed (the default). listed: others are nobody's business."
            ),
        ]
    ]
    models: NotRequired[list[ModelItem]]
    effective: NotRequired[
        Annotated[
            list[EffectiveModelItem],
            Field(
                description="Pins the effective limits of the models that are listed, own and inherited ones: any "
                "difference is drift. Other models are not pinned."
            ),
        ]
    ]
    effective_models: NotRequired[
        Annotated[
            object, Field(description="Read-only in the API; accepted so that a live group can be pasted, and ignored.")
        ]
    ]
    created_at: NotRequired[
        Annotated[
            object, Field(description="Read-only in the API; accepted so that a live group can be pasted, and ignored.")
        ]
    ]


_MONEY = Field(ge=0, allow_inf_nan=False)


@_strict
class PriceItem(TypedDict):
    """What so many tokens of one model cost; digits and a decimal point, taken exactly."""

    input: Annotated[float, _MONEY]
    output: Annotated[float, _MONEY]


@_strict
class PricesItem(TypedDict):
    """What tokens cost, to show what drift may cost a day at most; one table in all files of a run."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="An ISO 4217 code.")]
    per: NotRequired[Annotated[int, Field(ge=1, description="The tokens that a price is for. Left out: 1,000,000.")]]
    models: Annotated[dict[Text, PriceItem], Field(description="Prices by slug.")]


@_strict
class AcceptedItem(TypedDict):
    """Drift that is known and accepted for a while; `drift accept` writes these from a report."""

    group: Annotated[Text, Field(description="External id of the group, or its internal id if it has none.")]
    rule: NotRequired[Annotated[Text, Field(description="The rule of the finding. Left out: any, at that path.")]]
    path: NotRequired[
        Annotated[
            list[Text],
            Field(description="The path of the finding, as the JSON report has it. Left out: any of that rule."),
        ]
    ]
    live: Annotated[object, Field(description="The live value that is accepted, exactly; another one is drift again.")]
    reason: Annotated[Text, Field(description="Why this is accepted.")]
    owner: Annotated[Text, Field(description="Who answers for it.")]
    until: Annotated[
        str,
        Field(
            pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            description="The last day on which it is accepted, UTC.",
            json_schema_extra={"format": "date"},
        ),
    ]
    rule_set: NotRequired[
        Annotated[int, Field(ge=1, description="The rule set of the report that it was taken from. Left out: 1.")]
    ]


@_strict
class DocumentItem(TypedDict):
    """Declared Baseten Frontier Gateway groups, for drift."""

    # A literal 1 would accept 1.0 and true as well.
    version: Annotated[
        int, Field(ge=1, le=1, json_schema_extra={"const": 1}, description="The version of this format.")
    ]
    profiles: NotRequired[
        Annotated[dict[Text, ProfileItem], Field(description="Seen by the groups of all files of a run.")]
    ]
    prices: NotRequired[PricesItem]
    accepted: NotRequired[list[AcceptedItem]]
    groups: NotRequired[list[GroupItem]]


DOCUMENT = TypeAdapter(DocumentItem)
GROUP = TypeAdapter(GroupItem)
PROFILE = TypeAdapter(ProfileItem)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a whole file."""
    schema = DOCUMENT.json_schema()
    return {"$schema": SCHEMA_ID, **schema, "title": "drift desired file"}


_KEYS = {
    "rate_limits": RateLimitItem,
    "usage_limits": UsageLimitItem,
    "profiles": ProfileItem,
    "models": ModelItem,
    "metadata": MetadataItem,
    "hierarchy": HierarchyItem,
    "groups": GroupItem,
    "effective": EffectiveModelItem,
    "effective.rate_limits": EffectiveRateLimitItem,
    "effective.usage_limits": EffectiveUsageLimitItem,
    "prices": PricesItem,
    "accepted": AcceptedItem,
    "price": PriceItem,
}


def keys_of(container: str) -> tuple[str, ...]:
    """The keys of the mappings that a block holds; of the top of a file, if no block has that name."""
    return tuple(_KEYS.get(container, DocumentItem).__annotations__)
