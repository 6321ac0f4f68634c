"""Answer bodies in the API's own shapes, as bytes of JSON."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, TypeVar

import msgspec

from drift.model.groups import Group
from drift.model.limits import EffectiveKey, EffectiveModels, Kind, LimitKey

Key = TypeVar("Key", LimitKey, EffectiveKey)


class Metadata(TypedDict):
    """``GroupMetadataV1``."""

    name: str | None
    external_entity_id: str


class UsageEntry(TypedDict):
    """One usage limit of the usage page; the last two stay null until the first request of a window."""

    type: str
    unit: str
    threshold: int
    current_usage: None
    reset_at: None


def group_body(group: Group, effective: EffectiveModels) -> bytes:
    """``GroupV1``."""
    return msgspec.json.encode(
        {
            "id": group.id,
            "metadata": _metadata(group),
            "models": _configs(group.models),
            "effective_models": _configs(effective),
            "hierarchy": {
                "limit_enforcement": group.limit_enforcement,
                "parent_group_id": group.parent_group_id,
            },
            "created_at": group.created_at,
        }
    )


def page_body(items: Sequence[bytes], cursor: str | None) -> bytes:
    """``GroupsResponseV1`` from bodies of groups; without a cursor it is the last page."""
    pagination = msgspec.json.encode({"has_more": cursor is not None, "cursor": cursor})
    return b'{"items":[%b],"pagination":%b}' % (b",".join(items), pagination)


def deleted_body(group: Group, deleted_at: str) -> bytes:
    """The answer of the delete page; descendants that went too are not listed."""
    return msgspec.json.encode({"id": group.id, "metadata": _metadata(group), "deleted_at": deleted_at})


def usage_body(group: Group, effective: EffectiveModels) -> bytes:
    """The answer of the usage page, for a group that nobody has called yet.

    It lists only models with usage limits. What ``customer_id`` holds is undocumented; the external id is
    what groups' predecessors were keyed by.
    """
    usage: dict[str, list[UsageEntry]] = {}
    for slug, limits in effective.items():
        for key, threshold in limits.items():
            if key.kind == "usage_limits":
                usage.setdefault(slug, []).append(
                    UsageEntry(type=key.type, unit=key.unit, threshold=threshold, current_usage=None, reset_at=None)
                )
    return msgspec.json.encode({"customer_id": group.external_entity_id, "usage": usage})


def _metadata(group: Group) -> Metadata:
    return Metadata(name=group.name, external_entity_id=group.external_entity_id)


def _configs(models: Mapping[str, Mapping[Key, int]]) -> list[dict[str, object]]:
    return [
        {
            "slug": slug,
            "rate_limits": _limits(limits, "rate_limits"),
            "usage_limits": _limits(limits, "usage_limits"),
        }
        for slug, limits in models.items()
    ]


def _limits(limits: Mapping[Key, int], kind: Kind) -> list[dict[str, object]]:
    found = []
    for key, threshold in limits.items():
        if key.kind == kind:
            limit: dict[str, object] = {"type": key.type, "unit": key.unit, "threshold": threshold}
            if isinstance(key, EffectiveKey):
                limit["source_group"] = key.source_group
            found.append(limit)
    return found
