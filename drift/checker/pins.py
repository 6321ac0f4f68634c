"""Pinned effective limits against those that are live.

A pin is what somebody decided is to be in effect, so a difference is drift, where a prediction that fails is only
information. Groups are compared by their internal ids, which are known only when all groups have been read.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from drift.checker.group import size_severity
from drift.checker.live import Live
from drift.errors import Location
from drift.model.effective import by_source
from drift.model.groups import DesiredGroup, Group, GroupRef, PinnedLimit, PinnedModel
from drift.model.limits import LimitKey
from drift.model.paths import EffectiveLimitPath, EffectivePath, LimitPath
from drift.model.wording import change as sized
from drift.model.wording import growth, number
from drift.report.finding import Finding, JsonObject, Value, finding
from drift.rules import Direction, Severity


def broken_pins(live: Live) -> Iterator[tuple[int, Finding]]:
    """Every pinned limit that is not in effect, with the position of its group."""
    for position, group in live.kept.items():
        desired = live.declaration.groups[position]
        if desired.effective and group.effective_models is None:
            yield position, _unanswered(desired, group.ref)
            continue
        for pin in desired.effective:
            for broken in _broken(group, pin, live):
                yield position, broken


def is_reported(own: Sequence[Finding], pin: Finding) -> bool:
    """Whether a broken pin is a limit that the group itself has changed, which is a finding of its own already."""
    if not isinstance(pin.path, EffectiveLimitPath) or pin.cause is not None or not isinstance(pin.live, int):
        return False
    changed = LimitPath(pin.path.slug, pin.path.limit)
    return any(finding.path == changed for finding in own)


class _Side(Struct, frozen=True):
    """A limit in effect, and the group it comes from."""

    threshold: int
    source: str
    """As messages name it."""
    group: GroupRef


def _side(live: Live, threshold: int, group_id: str | None, otherwise: str = "?") -> _Side:
    """A limit that comes from the group with this live id, or from one that was not found."""
    if group_id in live.positions:
        ref = live.found[live.positions[group_id]].ref
        return _Side(threshold, ref.label, ref)
    return _Side(threshold, group_id or otherwise, GroupRef(group_id, None))


def _source_of(limit: PinnedLimit, live: Live) -> str | None:
    """The live id of the group that the limit has to come from; None if that group was not found."""
    if limit.source is None:
        return limit.source_group
    position = live.declaration.find(GroupRef(limit.source, limit.source))
    known = None if position is None else live.found.get(position)
    return known.ref.id if known else None


def _broken(group: Group, pin: PinnedModel, live: Live) -> Iterator[Finding]:
    wanted: dict[LimitKey, list[PinnedLimit]] = {}
    for limit in pin.limits:
        wanted.setdefault(limit.key, []).append(limit)
    found = by_source((group.effective_models or {}).get(pin.slug, {}), str)
    for key in dict.fromkeys((*wanted, *found)):
        for pinned, source, threshold in _pairs(wanted.get(key, []), found.get(key, {}), live):
            desired = None if pinned is None else _side(live, pinned.threshold, _source_of(pinned, live), pinned.origin)
            actual = None if threshold is None else _side(live, threshold, source)
            yield _finding(group.ref, EffectiveLimitPath(pin.slug, key), desired, actual, (pinned or pin).at)


_Pair = tuple[PinnedLimit | None, str | None, int | None]


def _pairs(wanted: Sequence[PinnedLimit], found: Mapping[str, int], live: Live) -> Iterator[_Pair]:
    """What differs: a pin with what is in effect in its place, by the group it comes from, else by size."""
    rest = dict(found)
    moved: list[PinnedLimit] = []
    for limit in wanted:
        declared = _source_of(limit, live)
        if declared is None or declared not in rest:
            moved.append(limit)
        elif (threshold := rest.pop(declared)) != limit.threshold:
            yield limit, declared, threshold
    for limit in moved:
        # Where the declared source itself was not found, its id is unknown and nothing speaks against a limit of
        # the same size; the source has a finding or an entry of its own.
        equal = [source for source, threshold in rest.items() if threshold == limit.threshold]
        if not rest:
            yield limit, None, None
            continue
        nearest = min(equal or rest, key=lambda source: (rest[source], source))
        threshold = rest.pop(nearest)
        if not (equal and _source_of(limit, live) is None):
            yield limit, nearest, threshold
    for source, threshold in rest.items():
        yield None, source, threshold


def _finding(
    ref: GroupRef, limit: EffectiveLimitPath, before: _Side | None, after: _Side | None, line: Location
) -> Finding:
    severity, direction = _judged(before, after)
    # The pinned source, so that the path stays the same whatever is live; of a limit that is not pinned, its own.
    source, cause = before or after, after or before
    alone = before is not None and after is not None and before.source == after.source
    return finding(
        "effective-limit-changed",
        ref,
        EffectiveLimitPath(limit.slug, limit.limit, source.source if source else None),
        (_value(limit.limit, before, alone=alone), _value(limit.limit, after, alone=alone)),
        message=f"{limit.slug} {limit.limit} in effect: {_change(before, after)} [pinned]",
        source=line,
        severity=severity,
        direction=direction,
        cause=cause.group if cause and cause.group != ref else None,
    )


def _judged(before: _Side | None, after: _Side | None) -> tuple[Severity, Direction]:
    if after is None:
        return Severity.HIGH, Direction.PERMISSIVE
    if before is None:
        return Severity.MEDIUM, Direction.RESTRICTIVE
    if before.threshold == after.threshold:
        return Severity.LOW, Direction.NEUTRAL
    direction = Direction.PERMISSIVE if after.threshold > before.threshold else Direction.RESTRICTIVE
    return size_severity(before.threshold, after.threshold), direction


def _change(before: _Side | None, after: _Side | None) -> str:
    if before is None or after is None:
        return f"{_shown(before)} -> {_shown(after)}"
    if before.source == after.source:
        return f"{sized(before.threshold, after.threshold)} from {after.source}"
    return f"{_shown(before)} -> {_shown(after)}{growth(before.threshold, after.threshold)}"


def _shown(side: _Side | None) -> str:
    return "none" if side is None else f"{number(side.threshold)} from {side.source}"


def _value(key: LimitKey, side: _Side | None, *, alone: bool) -> Value:
    if side is None:
        return None
    if alone:
        return side.threshold
    limit: JsonObject = {"type": key.type, "unit": key.unit, "threshold": side.threshold, "source": side.source}
    return limit


def _unanswered(group: DesiredGroup, ref: GroupRef) -> Finding:
    message = "the answer does not report effective_models, so the pinned limits cannot be checked"
    return finding(
        "response-anomaly", ref, EffectivePath(), (None, None), message=message, source=group.effective[0].at
    )
