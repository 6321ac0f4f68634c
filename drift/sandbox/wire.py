"""What travels: requests, responses, and bodies in the shapes that the API publishes.

Classes that end in ``V1`` are the schemas of those names in the published OpenAPI document, with their bounds.
Groups are stored in the same shapes. Members that a schema does not name are ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

GROUPS_PATH = "/v1/gateway/groups"
JSON = ("Content-Type", "application/json")


class HttpRequest(Struct, frozen=True):
    """One request as it is on the wire."""

    method: str
    path: str
    """Still percent-encoded, without the query."""
    query: str = ""
    """Still percent-encoded, without the question mark."""
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""

    @property
    def parameters(self) -> dict[str, str]:
        """The query's, decoded; of repeated ones the last counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True, errors="replace"))


class HttpResponse(Struct, frozen=True):
    """One answer; the server adds what HTTP needs, such as its length."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (JSON,)

    def json(self) -> object:
        """The body as a JSON value; raises ``msgspec.DecodeError`` if it is none."""
        return msgspec.json.decode(self.body)


class Refused(Exception):  # noqa: N818 (an answer of the API, not a failure of the sandbox)
    """The API answers with this status and message instead of doing what it was asked.

    The documentation gives one shape, that of 429: ``{"error": "...", "retry_after": seconds}``. The others
    have no documented shape and use the same without ``retry_after``.
    """

    def __init__(self, status: int, message: str, *, allow: str = "", retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self._allow = allow
        self._retry_after = retry_after

    def response(self) -> HttpResponse:
        """The error answer."""
        body: dict[str, str | int] = {"error": self.message}
        if self._retry_after is not None:
            body["retry_after"] = self._retry_after
        headers = (JSON, ("Allow", self._allow)) if self._allow else (JSON,)
        return HttpResponse(self.status, msgspec.json.encode(body), headers)


# The last three are in the vendor's SDK and in no page; the sandbox accepts the larger set.
LimitType: TypeAlias = Literal["REQUEST", "TOKEN", "CONCURRENT_REQUEST", "UNCACHED_INPUT_TOKEN", "OUTPUT_TOKEN"]
LimitEnforcement: TypeAlias = Literal["CASCADING", "INDEPENDENT"]
LimitList: TypeAlias = Literal["rate_limits", "usage_limits"]
Threshold: TypeAlias = Annotated[int, Meta(ge=0)]
DisplayName: TypeAlias = Annotated[str, Meta(max_length=255)]


class RateLimitV1(Struct, frozen=True):
    """A limit of a short window."""

    type: LimitType
    unit: Literal["SECOND", "MINUTE"]
    threshold: Threshold


class UsageLimitV1(Struct, frozen=True):
    """A limit of a day."""

    type: LimitType
    unit: Literal["DAY"]
    threshold: Threshold


class ModelConfigV1(Struct, frozen=True):
    """A model and its limits; a list left out, null and an empty list mean the same."""

    slug: str
    rate_limits: tuple[RateLimitV1, ...] | None = ()
    usage_limits: tuple[UsageLimitV1, ...] | None = ()

    def limits(self, name: LimitList) -> Sequence[RateLimitV1 | UsageLimitV1]:
        """One of the two lists."""
        return (self.rate_limits if name == "rate_limits" else self.usage_limits) or ()


class EffectiveLimit(Struct, frozen=True):
    """``EffectiveRateLimitV1`` and ``EffectiveUsageLimitV1``: a limit and the group that sets it."""

    type: str
    unit: str
    threshold: int
    source_group: str


class EffectiveModelConfigV1(Struct, frozen=True):
    """A model and the limits that are in effect on it."""

    slug: str
    rate_limits: tuple[EffectiveLimit, ...]
    usage_limits: tuple[EffectiveLimit, ...]


class GroupMetadataV1(Struct, frozen=True):
    """What identifies a group for the workspace."""

    external_entity_id: Annotated[str, Meta(min_length=1, max_length=255)]
    name: DisplayName | None = None


class GroupHierarchyV1(Struct, frozen=True):
    """A group's place in its tree."""

    limit_enforcement: LimitEnforcement
    parent_group_id: str | None = None


class GroupV1(Struct, frozen=True):
    """A live group."""

    id: str
    metadata: GroupMetadataV1
    models: tuple[ModelConfigV1, ...]
    effective_models: tuple[EffectiveModelConfigV1, ...]
    hierarchy: GroupHierarchyV1
    created_at: str


class CreateGroupHierarchyV1(Struct, frozen=True):
    """Where a new group goes; a mode left out is the parent's, or ``INDEPENDENT`` for a root."""

    limit_enforcement: LimitEnforcement | None = None
    parent_group_id: str | None = None


class CreateGroupRequestV1(Struct, frozen=True):
    """The body of a create request; that it needs a model is checked where it arrives."""

    metadata: GroupMetadataV1
    models: tuple[ModelConfigV1, ...]
    hierarchy: CreateGroupHierarchyV1


class UpdateGroupMetadataV1(Struct, frozen=True):
    """What can change of the metadata; null clears the name."""

    name: DisplayName | UnsetType | None = UNSET


class UpdateGroupRequestV1(Struct, frozen=True):
    """The body of an update request; null means "not given" for both members."""

    metadata: UpdateGroupMetadataV1 | None = None
    models: tuple[ModelConfigV1, ...] | None = None


RequestBody = TypeVar("RequestBody", CreateGroupRequestV1, UpdateGroupRequestV1)


def read_body(body: bytes, shape: type[RequestBody]) -> RequestBody:
    """Read a request's body; whatever is wrong with it is a 400."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as problem:
        raise Refused(400, f"Invalid payload: {problem}") from None
