"""One declared group against one live group: typed findings with direction, size and line.

Pure. What is not declared is not compared, and equal groups cost a few ``==``. Only the link to the
parent is judged separately, by :func:`compare_parent`, because the live id of a declared parent may be
learned after the child was read.
"""

from collections.abc import Callable, Iterator
from typing import assert_never

from msgspec import UNSET

from drift.checker.model_diff import LimitChanged, ModelAdded, ModelChange, ModelRemoved, UnitChanged, diff_models
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import LIMIT_TYPES, PER_DAY, UNITS, LimitKey, Limits, Models, limit_item, limit_lists
from drift.model.paths import FieldPath, GroupPath, LimitPath, ModelPath, Path, RateLimitPath, declared_at
from drift.model.wording import change as sized
from drift.model.wording import number, quoted
from drift.report.finding import Finding, JsonObject, Value, finding
from drift.rules import Direction, Severity

_TWOFOLD = 2
"""A threshold that doubled or halved is of high severity."""
_PER_MINUTE = {unit: PER_DAY[unit] // PER_DAY["MINUTE"] for unit in UNITS["rate_limits"]}


def compare(desired: DesiredGroup, live: Group) -> tuple[Finding, ...]:
    """Everything that differs on the group itself, except the link to its parent."""
    return (*_anomalies(desired, live), *_identity(desired, live), *_models(desired, live))


def compare_parent(
    desired: DesiredGroup,
    live: GroupRef,
    live_parent: str | None,
    declared_parent: str | None,
    name_of: Callable[[str], str],
) -> Finding | None:
    """The finding if the group hangs below another parent than declared.

    Args:
        desired: The declaration; it must manage its parent.
        live: The group as found.
        live_parent: ``parent_group_id`` as read; None is a root.
        declared_parent: The internal id that the declared parent has now; None declares a root.
        name_of: What to call the group with an internal id.
    """
    if live_parent == declared_parent:
        return None
    wanted = None if declared_parent is None else name_of(declared_parent)
    found = None if live_parent is None else name_of(live_parent)
    change = f"parent {wanted or 'none (a root group)'} -> {found or 'none (a root group)'}"
    return _finding(
        "parent-changed",
        desired,
        live,
        FieldPath("parent_group_id"),
        (wanted, found),
        message=f"{change}; this cannot be updated, only re-created",
    )


def missing(desired: DesiredGroup) -> Finding:
    """The finding for a declared group that the workspace does not have."""
    return _finding(
        "group-missing",
        desired,
        desired.ref,
        GroupPath(),
        (desired.ref.label, None),
        message="no such group: deleted, or never created in this workspace; its keys do not work",
    )


def unmanaged(live: Group, parent: DesiredGroup | None) -> Finding:
    """The finding for a live group that is not declared; ``parent`` is its declared parent, if it has one."""
    below = f" below the declared group {parent.ref.label}" if parent else ""
    models = ", ".join(live.models) or "no models"
    return finding(
        "group-unmanaged",
        live.ref,
        GroupPath(),
        (None, live.external_entity_id),
        message=f"live but not declared{below}: {models}",
        source=None,
        severity=Severity.MEDIUM if parent else Severity.LOW,
    )


def _anomalies(desired: DesiredGroup, live: Group) -> Iterator[Finding]:
    for anomaly in live.anomalies:
        yield _finding("response-anomaly", desired, live.ref, GroupPath(), (None, None), message=anomaly)
    declared = desired.external_entity_id
    if declared is not None and declared != live.external_entity_id:
        yield _finding(
            "response-anomaly",
            desired,
            live.ref,
            FieldPath("external_entity_id"),
            (declared, live.external_entity_id),
            message=f"id {live.id} answers as {quoted(live.external_entity_id)}, not {quoted(declared)}; "
            "an external id never changes, so the pinned id or the declaration is of another group",
        )


def _identity(desired: DesiredGroup, live: Group) -> Iterator[Finding]:
    if desired.id is not None and desired.id != live.id:
        yield _finding(
            "group-recreated",
            desired,
            live.ref,
            FieldPath("id"),
            (desired.id, live.id),
            message=f"id {desired.id} -> {live.id}, created {live.created_at}; keys of the old group are dead",
        )
    if desired.name is not UNSET and desired.name != live.name:
        yield _finding(
            "name-changed",
            desired,
            live.ref,
            FieldPath("name"),
            (desired.name, live.name),
            message=f"name {quoted(desired.name)} -> {quoted(live.name)}",
        )
    mode = desired.limit_enforcement
    if mode is not UNSET and mode != live.limit_enforcement:
        yield _finding(
            "limit-enforcement-changed",
            desired,
            live.ref,
            FieldPath("limit_enforcement"),
            (mode, live.limit_enforcement),
            message=f"limit enforcement {mode} -> {live.limit_enforcement}; this cannot be updated, only re-created",
            direction=_mode_direction(mode, live.limit_enforcement),
        )


def _mode_direction(desired: str, live: str) -> Direction:
    match desired, live:
        case "CASCADING", "INDEPENDENT":
            return Direction.PERMISSIVE
        case "INDEPENDENT", "CASCADING":
            return Direction.RESTRICTIVE
        case _:
            return Direction.NEUTRAL


def _models(desired: DesiredGroup, live: Group) -> Iterator[Finding]:
    declared = desired.models
    if declared is UNSET or declared == live.models:
        return
    compared: Models = live.models
    if desired.manage == "listed":
        compared = {slug: limits for slug, limits in live.models.items() if slug in declared}
    for change in diff_models(declared, compared):
        yield _model_finding(desired, live, change)


def _model_finding(desired: DesiredGroup, live: Group, change: ModelChange) -> Finding:
    match change:
        case ModelAdded(slug, limits):
            return _finding(
                "model-added",
                desired,
                live.ref,
                ModelPath(slug),
                (None, model_config(slug, limits)),
                message=f"{slug} may be called, though not declared, with {_limits_text(limits)}",
            )
        case ModelRemoved(slug, limits):
            rest = "" if live.models else "; the group has no models left"
            return _finding(
                "model-removed",
                desired,
                live.ref,
                ModelPath(slug),
                (model_config(slug, limits), None),
                message=f"{slug} may no longer be called{rest}",
            )
        case UnitChanged():
            return _unit_finding(desired, live, change)
        case LimitChanged():
            return _limit_finding(desired, live, change)
        case _:
            assert_never(change)


def _limit_finding(desired: DesiredGroup, live: Group, change: LimitChanged) -> Finding:
    slug, key = change.slug, change.key
    name = f"{slug} {key}"
    severity: Severity | None = None
    match change.desired, change.live:
        case None, int(after):
            rule, text = "limit-added", f"{name}: none -> {number(after)}{_unknown_note(key)}"
        case int(before), None:
            rule, text = "limit-removed", f"{name}: {number(before)} -> none on this group"
        case int(before), 0:
            rule, text = "threshold-zero", f"{name}: {sized(before, 0)}; no traffic expected"
        case int(before), int(after):
            rule = "limit-raised" if after > before else "limit-lowered"
            text, severity = f"{name}: {sized(before, after)}", size_severity(before, after)
        case _:
            raise AssertionError("a changed limit is present on one side at least")
    return _finding(
        rule,
        desired,
        live.ref,
        LimitPath(slug, key),
        (change.desired, change.live),
        message=text + _profile_note(desired, slug),
        severity=severity,
    )


def _unit_finding(desired: DesiredGroup, live: Group, change: UnitChanged) -> Finding:
    was, is_ = change.desired_key, change.live_key
    direction, severity, note = Direction.NEUTRAL, None, "rates of these units cannot be compared"
    if was.unit in _PER_MINUTE and is_.unit in _PER_MINUTE:
        before, after = change.desired * _PER_MINUTE[was.unit], change.live * _PER_MINUTE[is_.unit]
        if before == after:
            severity, note = Severity.LOW, "same mean rate, different burst"
        else:
            direction = Direction.PERMISSIVE if after > before else Direction.RESTRICTIVE
            severity, note = size_severity(before, after), f"per minute {sized(before, after)}"
    units = f"{number(change.desired)}/{was.unit} -> {number(change.live)}/{is_.unit}"
    return _finding(
        "limit-unit-changed",
        desired,
        live.ref,
        RateLimitPath(change.slug, was.type),
        (limit_item(was, change.desired), limit_item(is_, change.live)),
        message=f"{change.slug} {was.type}: {units} ({note}){_profile_note(desired, change.slug)}",
        direction=direction,
        severity=severity,
    )


def size_severity(before: int, after: int) -> Severity:
    """How much a changed threshold matters."""
    low, high = sorted((before, after))
    return Severity.HIGH if high >= _TWOFOLD * low else Severity.MEDIUM


def _unknown_note(key: LimitKey) -> str:
    return "" if key.type in LIMIT_TYPES else f"; {key.type} is not known to this version of drift"


def _profile_note(desired: DesiredGroup, slug: str) -> str:
    profile = desired.profiles.get(slug)
    return f" [profile {profile}]" if profile else ""


def _limits_text(limits: Limits) -> str:
    return ", ".join(f"{key} {number(threshold)}" for key, threshold in sorted(limits.items())) or "no limits"


def model_config(slug: str, limits: Limits) -> JsonObject:
    """A model as ``ModelConfigV1`` has it."""
    lists = limit_lists(limits)
    return {"slug": slug, "rate_limits": lists["rate_limits"], "usage_limits": lists["usage_limits"]}


def _finding(
    rule: str,
    desired: DesiredGroup,
    live: GroupRef,
    path: Path,
    values: tuple[Value, Value],
    *,
    message: str,
    direction: Direction | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding on a group that is live, under the external id that is declared."""
    group = GroupRef(live.id, desired.external_entity_id or live.external_entity_id, live.name)
    line = declared_at(desired, path)
    return finding(rule, group, path, values, message=message, source=line, direction=direction, severity=severity)
