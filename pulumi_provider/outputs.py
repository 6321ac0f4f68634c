"""A live group, and what its declaration says against it, as the outputs that Pulumi records.

Pure: equal groups and equal declarations give equal outputs, byte for byte, because `pulumi refresh` reports any
other difference as a change. So everything is in a fixed order, and there is no time, latency, version or prose.
Names are the API's, in snake_case also on the wire.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NotRequired, TypeAlias, TypedDict

from msgspec import Struct

from drift.checker.group import compare_parent
from drift.checker.run import Run
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.limits import EffectiveKey, Kind, LimitKey
from drift.model.readings import Found
from drift.report.finding import Finding, Value
from pulumi_provider.declared import parse

_Limits: TypeAlias = Mapping[LimitKey, int] | Mapping[EffectiveKey, int]

OUTPUTS = ("metadata", "models", "effective_models", "hierarchy", "created_at", "in_sync", "differences")
"""What reading a group adds to its inputs, besides ``id``."""


class MetadataOutput(TypedDict):
    """``metadata`` of ``GroupV1``; no name is no member."""

    external_entity_id: str
    name: NotRequired[str]


class LimitOutput(TypedDict):
    """A limit; ``source_group`` stands at effective limits only."""

    type: str
    unit: str
    threshold: int
    source_group: NotRequired[str]


class ModelOutput(TypedDict):
    """A model with its limits, in the order of type and unit."""

    slug: str
    rate_limits: list[LimitOutput]
    usage_limits: list[LimitOutput]


class HierarchyOutput(TypedDict):
    """``hierarchy`` of ``GroupV1``; a root has no ``parent_group_id``."""

    limit_enforcement: str
    parent_group_id: NotRequired[str]


class DifferenceOutput(TypedDict):
    """A finding of ``drift check``, without its sentence; values are JSON text, absent where there is none."""

    rule: str
    severity: str
    direction: str
    path: list[str]
    declared: NotRequired[str]
    live: NotRequired[str]


class GroupOutputs(TypedDict):
    """All outputs of one read. Absent is null: Pulumi's wire knows no difference."""

    id: str
    metadata: MetadataOutput
    models: list[ModelOutput]
    effective_models: NotRequired[list[ModelOutput]]
    hierarchy: HierarchyOutput
    created_at: str
    in_sync: NotRequired[bool]
    differences: list[DifferenceOutput]
    declared: NotRequired[str]


class Seen(Struct, frozen=True):
    """What was read of the gateway for one group."""

    live: Group
    parent: Group | None = None
    """The live group with the external id that is declared as the parent, where one is and it exists."""


def outputs(seen: Seen, declared: str | None) -> GroupOutputs:
    """The outputs for a group.

    Args:
        seen: The group as read, with the declared parent.
        declared: Canonical JSON; None if nothing is declared, and then nothing is compared. It is handed
            through, because a refresh gets nothing but what was recorded.

    Raises:
        DeclaredError: the declaration is from a later release.
    """
    live = seen.live
    result = GroupOutputs(
        id=live.id,
        metadata={"external_entity_id": live.external_entity_id},
        models=_models(live.models),
        hierarchy={"limit_enforcement": live.limit_enforcement},
        created_at=_instant(live.created_at),
        differences=[],
    )
    if live.name is not None:
        result["metadata"]["name"] = live.name
    if live.parent_group_id is not None:
        result["hierarchy"]["parent_group_id"] = live.parent_group_id
    if live.effective_models is not None:
        result["effective_models"] = _models(live.effective_models)
    if declared is not None:
        findings = differences(seen, parse(declared))
        result["in_sync"] = not any(finding.is_drift for finding in findings)
        result["differences"] = [_difference(finding) for finding in findings]
        result["declared"] = declared
    return result


def differences(seen: Seen, desired: DesiredGroup) -> list[Finding]:
    """What ``drift check`` finds on the group, by path and rule."""
    context = [] if seen.parent is None else [DesiredGroup(_NOWHERE, external_entity_id=_parent_name(desired))]
    run = Run([*context, desired])
    if seen.parent is not None:
        run.take([Found(context[0], seen.parent)])
    run.take([Found(desired, seen.live)])
    found, _ = run.report()
    mine = [finding for finding in found if finding.group.id == seen.live.id]
    if seen.parent is None and (parent := _parent_name(desired)):
        # A check of all files reports the absent parent itself; here nobody else would say so.
        lost = compare_parent(
            desired,
            seen.live.ref,
            seen.live.parent_group_id,
            f"{parent} (no such group)",
            str,
        )
        mine += [lost] if lost else []
    return sorted(mine, key=lambda finding: (finding.path.parts, finding.rule))


_NOWHERE = Positions("declared", ((1, 1) for _ in range(7)))


def _parent_name(desired: DesiredGroup) -> str | None:
    return desired.parent if isinstance(desired.parent, str) else None


def _difference(finding: Finding) -> DifferenceOutput:
    difference = DifferenceOutput(
        rule=finding.rule,
        severity=str(finding.severity),
        direction=str(finding.direction),
        path=list(finding.path.parts),
    )
    if finding.desired is not None:
        difference["declared"] = _text(finding.desired)
    if finding.live is not None:
        difference["live"] = _text(finding.live)
    return difference


def _text(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _models(models: Mapping[str, _Limits]) -> list[ModelOutput]:
    return [
        {
            "slug": slug,
            "rate_limits": _of_kind(limits, "rate_limits"),
            "usage_limits": _of_kind(limits, "usage_limits"),
        }
        for slug, limits in sorted(models.items())
    ]


def _of_kind(limits: _Limits, kind: Kind) -> list[LimitOutput]:
    ordered: list[tuple[LimitKey | EffectiveKey, int]] = [*limits.items()]
    ordered.sort()
    return [_limit(key, threshold) for key, threshold in ordered if key.kind == kind]


def _limit(key: LimitKey | EffectiveKey, threshold: int) -> LimitOutput:
    limit = LimitOutput(type=key.type, unit=key.unit, threshold=threshold)
    if isinstance(key, EffectiveKey):
        limit["source_group"] = key.source_group
    return limit


def _instant(text: str) -> str:
    """A time in one spelling, since the server may choose among several; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
