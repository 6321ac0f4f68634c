"""Pinned effective limits against those that are live.

A pin is what somebody decided is to be in effect, so a difference is drift, where a prediction that fails is only
information. Groups are compared by their internal ids, which are known only when all groups have been read.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from drift.checker.group import size_severity
from drift.errors import Location
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup, Group, GroupRef, PinnedLimit, PinnedModel
from drift.model.limits import EffectiveKey, LimitKey
from drift.model.paths import EffectiveLimitPath, EffectivePath, LimitPath
from drift.model.wording import change as sized
from drift.model.wording import growth, number
from drift.report.finding import Finding, JsonObject, Value
from drift.rules import RULES, Direction, Severity

_RULE = RULES["effective-limit-changed"]
_ANOMALY = RULES["response-anomaly"]
_Live = Mapping[str, Mapping[EffectiveKey, int]]


class Pins:
    """Keeps the live limits of pinned models; groups without pins leave nothing here."""

    def __init__(self, desired: Sequence[DesiredGroup]) -> None:
        self._desired = desired
        self._live: dict[int, _Live | None] = {}

    def take(self, position: int, live: Group) -> None:
        """Note one group's effective limits; a later reading replaces an earlier one."""
        pins = self._desired[position].effective
        if pins:
            effective = live.effective_models
            self._live[position] = (
                None if effective is None else {pin.slug: effective.get(pin.slug, {}) for pin in pins}
            )

    def forget(self, position: int) -> None:
        """The group is read again, or is gone."""
        self._live.pop(position, None)

    def findings(self, refs: Mapping[int, GroupRef]) -> Iterator[tuple[int, Finding]]:
        """Every broken pin, with the position of its group; ``refs`` are the groups that were found."""
        if not self._live:
            return
        names = _Names(self._desired, refs)
        for position, live in self._live.items():
            group = self._desired[position]
            if live is None:
                yield position, _unanswered(group, refs[position])
                continue
            for pin in group.effective:
                for broken in _broken(pin, live[pin.slug], names):
                    yield position, _finding(refs[position], broken)


def tells_the_same(own: Sequence[Finding], pin: Finding) -> bool:
    """Whether a broken pin is a limit that the group itself has changed, which is a finding of its own."""
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


class _Names:
    """The groups that limits come from, by either of their ids."""

    def __init__(self, desired: Sequence[DesiredGroup], refs: Mapping[int, GroupRef]) -> None:
        self._ids = {desired_key(desired[position]): ref.id for position, ref in refs.items()}
        self._by_id = {ref.id: ref for ref in refs.values()}

    def side(self, threshold: int, group_id: str | None, otherwise: str = "?") -> _Side:
        """A limit that comes from the group with this live id, or from one that was not found."""
        known = self._by_id.get(group_id)
        return _Side(threshold, known.label if known else group_id or otherwise, known or GroupRef(group_id, None))

    def id_of(self, limit: PinnedLimit) -> str | None:
        """The live id of the group that the limit has to come from; None if that group was not found."""
        return limit.source_group if limit.source is None else self._ids.get(limit.source)


class _Broken(Struct, frozen=True):
    """A pinned limit that is not in effect, or one in effect that is not pinned."""

    slug: str
    key: LimitKey
    desired: _Side | None
    live: _Side | None
    at: Location


def _broken(pin: PinnedModel, live: Mapping[EffectiveKey, int], names: _Names) -> Iterator[_Broken]:
    wanted: dict[LimitKey, list[PinnedLimit]] = {}
    found: dict[LimitKey, dict[str, int]] = {}
    for limit in pin.limits:
        wanted.setdefault(limit.key, []).append(limit)
    for effective, size in live.items():
        found.setdefault(LimitKey(effective.kind, effective.type, effective.unit), {})[effective.source_group] = size
    for key in dict.fromkeys((*wanted, *found)):
        for pinned, source, threshold in _pairs(wanted.get(key, []), found.get(key, {}), names):
            desired = None if pinned is None else names.side(pinned.threshold, names.id_of(pinned), pinned.origin)
            actual = None if threshold is None else names.side(threshold, source)
            yield _Broken(pin.slug, key, desired, actual, pin.at if pinned is None else pinned.at)


_Pair = tuple[PinnedLimit | None, str | None, int | None]


def _pairs(wanted: Sequence[PinnedLimit], found: Mapping[str, int], names: _Names) -> Iterator[_Pair]:
    """What differs: a pin with what is in effect in its place, by the group it comes from, else by size."""
    rest = dict(found)
    moved: list[PinnedLimit] = []
    for limit in wanted:
        declared = names.id_of(limit)
        if declared is None or declared not in rest:
            moved.append(limit)
        elif (threshold := rest.pop(declared)) != limit.threshold:
            yield limit, declared, threshold
    for limit in moved:
        # Where the declared source itself was not found, its id is unknown and nothing speaks against a limit of
        # the same size; that the source is missing or unread is told of the source.
        equal = [source for source, threshold in rest.items() if threshold == limit.threshold]
        if not rest:
            yield limit, None, None
            continue
        nearest = min(equal or rest, key=lambda source: (rest[source], source))
        threshold = rest.pop(nearest)
        if not (equal and names.id_of(limit) is None):
            yield limit, nearest, threshold
    for source, threshold in rest.items():
        yield None, source, threshold


def _finding(ref: GroupRef, broken: _Broken) -> Finding:
    before, after = broken.desired, broken.live
    severity, direction = _judged(before, after)
    # The pinned source, so that the path stays the same whatever is live; of a limit that is not pinned, its own.
    source = before or after
    cause = after or before
    alone = before is not None and after is not None and before.source == after.source
    return Finding(
        rule=_RULE.id,
        severity=severity,
        direction=direction,
        group=ref,
        path=EffectiveLimitPath(broken.slug, broken.key, None if source is None else source.source),
        desired=_value(broken.key, before, alone=alone),
        live=_value(broken.key, after, alone=alone),
        message=f"{broken.slug} {broken.key} in effect: {_told(before, after)} [pinned]",
        source=broken.at,
        cause=None if cause is None or cause.group == ref else cause.group,
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


def _told(before: _Side | None, after: _Side | None) -> str:
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
    return Finding(
        rule=_ANOMALY.id,
        severity=Severity.MEDIUM,
        direction=Direction.NEUTRAL,
        group=ref,
        path=EffectivePath(),
        desired=None,
        live=None,
        message="the answer does not report effective_models, so the pinned limits cannot be checked",
        source=group.effective[0].at,
    )
