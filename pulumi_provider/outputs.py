"""A live group, and what its declaration says against it, as the outputs that Pulumi records.

Pure: equal groups and equal declarations give equal outputs, byte for byte, because `pulumi refresh` reports any
other difference as a change. So everything is in a fixed order, and there is no time, latency, version or prose.
Names are the API's, in snake_case also on the wire.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from drift.checker.group import compare_parent
from drift.checker.run import Run
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.limits import UNITS, EffectiveKey, EffectiveModels, LimitKey, Models, limit_item
from drift.model.readings import Found
from drift.report.finding import Finding
from pulumi_provider.declared import parse

OUTPUTS = ("metadata", "models", "effective_models", "hierarchy", "created_at", "in_sync", "differences")
"""What reading a group adds to its inputs, besides ``id``."""
Outputs: TypeAlias = dict[str, Any]
"""All outputs of one read, in the shape of ``GetGatewayGroupResult``, or a part of them.

Absent is left out, not null: Pulumi's wire knows no difference.
"""


def outputs(live: Group, declared: str | None, parent: Group | None = None) -> Outputs:
    """The outputs for a group.

    Args:
        live: The group as read.
        declared: Canonical JSON; None if nothing is declared, and then nothing is compared. It is handed
            through, because a refresh gets nothing but what was recorded.
        parent: The live group with the external id that is declared as the parent, where one is and it exists.

    Raises:
        DeclaredError: the declaration is from a later release.
    """
    findings = [] if declared is None else differences(live, parse(declared), parent)
    return _present(
        id=live.id,
        metadata=_present(external_entity_id=live.external_entity_id, name=live.name),
        models=_models(live.models),
        effective_models=None if live.effective_models is None else _models(live.effective_models),
        hierarchy=_present(limit_enforcement=live.limit_enforcement, parent_group_id=live.parent_group_id),
        created_at=_instant(live.created_at),
        in_sync=None if declared is None else not any(finding.is_drift for finding in findings),
        differences=[_difference(finding) for finding in findings],
        declared=declared,
    )


def _present(**members: object) -> Outputs:
    return {name: value for name, value in members.items() if value is not None}


def differences(live: Group, desired: DesiredGroup, parent: Group | None) -> list[Finding]:
    """What ``drift check`` finds on the group, by path and rule."""
    name = desired.parent if isinstance(desired.parent, str) else None
    pairs = [(desired, live)]
    if parent is not None:
        pairs.insert(0, (DesiredGroup(_NOWHERE, external_entity_id=name), parent))
    run = Run([declared for declared, _ in pairs])
    run.take(Found(declared, as_read) for declared, as_read in pairs)
    found, _ = run.report()
    mine = [finding for finding in found if finding.group.id == live.id]
    if parent is None and name:
        # A check of all files reports the absent parent itself; here nobody else would say so.
        lost = compare_parent(desired, live.ref, live.parent_group_id, f"{name} (no such group)", str)
        mine += [lost] if lost else []
    return sorted(mine, key=lambda finding: (finding.path.parts, finding.rule))


_NOWHERE = Positions("declared", ((1, 1) for _ in range(7)))


def _difference(finding: Finding) -> Outputs:
    return _present(
        rule=finding.rule,
        severity=str(finding.severity),
        direction=str(finding.direction),
        path=list(finding.path.parts),
        declared=_json(finding.desired),
        live=_json(finding.live),
    )


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _models(models: Models | EffectiveModels) -> list[Outputs]:
    return [{"slug": slug, **_limits(models[slug])} for slug in sorted(models)]


def _limits(limits: Mapping[LimitKey, int] | Mapping[EffectiveKey, int]) -> Outputs:
    """The API's lists, each in the order of type and unit."""
    lists: dict[str, list[Outputs]] = {kind: [] for kind in UNITS}
    ordered: list[tuple[LimitKey | EffectiveKey, int]] = sorted(limits.items())
    for key, threshold in ordered:
        source = {"source_group": key.source_group} if isinstance(key, EffectiveKey) else {}
        lists[key.kind].append({**limit_item(key, threshold), **source})
    return lists


def _instant(text: str) -> str:
    """A time in one spelling, since the server may choose among several; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
