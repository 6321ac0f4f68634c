"""Live CASCADING trees in which a limit is above an ancestor's.

The API refuses to write such a limit (Rate limits page), and so do the rules for desired files. Where it is live all
the same, the group's own threshold says more than ever passes. Declared trees cannot be so: only trees that differ,
or of which not everything is declared, are looked at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import UNSET, Struct

from drift.model.forest import Forest, Node, Violation, cascading_violations
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.paths import EffectiveLimitPath, FieldPath, LimitPath, ModelPath, RateLimitPath
from drift.model.wording import counted, number
from drift.report.finding import Affected, Finding
from drift.rules import RULES, Direction, Severity

_RULE = RULES["response-anomaly"]
_MODE = "CASCADING"
Found = Mapping[int, tuple[GroupRef, str | None]]
"""Every declared group that was found, by position, with its parent's internal id."""
_Findings = Mapping[int, Sequence[Finding]]


class Overrun(Struct, frozen=True):
    """All groups with a limit above the same limit of one ancestor."""

    positions: tuple[int, ...]
    """Of declared groups, the highest threshold first."""
    violations: tuple[Violation, ...]
    """Of these groups, in the same order; keys are internal ids."""
    ancestor: GroupRef
    ancestor_position: int | None
    """None if nobody declares the ancestor."""

    @property
    def involved(self) -> tuple[int, ...]:
        """The declared groups on either side."""
        return self.positions if self.ancestor_position is None else (*self.positions, self.ancestor_position)


class Pools:
    """Keeps what is live of CASCADING groups where that is not what the files say."""

    def __init__(self, desired: Sequence[DesiredGroup]) -> None:
        self._desired = desired
        self._live: dict[int, Node] = {}

    def take(self, position: int, live: Group, *, differs: bool) -> None:
        """Note one group; a later reading replaces an earlier one."""
        desired = self._desired[position]
        if _MODE in (live.limit_enforcement, desired.limit_enforcement) and (differs or not _is_whole(desired)):
            self._live[position] = Node(live.id, live.parent_group_id, live.limit_enforcement, live.models)

    def forget(self, position: int) -> None:
        """The group is read again, or is gone."""
        self._live.pop(position, None)

    def overruns(self, found: Found, strangers: Sequence[Group], moved: Iterable[int]) -> tuple[Overrun, ...]:
        """What is above an ancestor's limit; ``moved`` are groups below another parent than declared."""
        pools = [group for group in strangers if group.limit_enforcement == _MODE]
        touched = {found[position][0].id for position in (*self._live, *moved)} | {group.id for group in pools}
        if not touched:
            return ()
        parents = {ref.id: parent for ref, parent in found.values()}
        parents |= {group.id: group.parent_group_id for group in pools}
        tops = {_top(id_, parents) for id_ in touched}
        forest = Forest(self._nodes(found, pools, parents, tops))
        positions = {ref.id: position for position, (ref, _) in found.items()}
        refs = {group.id: group.ref for group in pools} | {ref.id: ref for ref, _ in found.values()}
        together: dict[tuple[object, ...], list[Violation]] = {}
        for violation in cascading_violations(forest):
            if violation.key in positions:
                together.setdefault((violation.ancestor, violation.slug, violation.limit), []).append(violation)
        for violations in together.values():
            violations.sort(key=lambda violation: -violation.threshold)
        return tuple(
            Overrun(
                tuple(positions[violation.key] for violation in violations),
                tuple(violations),
                refs[violations[0].ancestor],
                positions.get(violations[0].ancestor),
            )
            for violations in together.values()
        )

    def findings(self, overruns: Iterable[Overrun], found: Found, others: _Findings) -> Iterator[tuple[int, Finding]]:
        """One finding for each limit and ancestor, at the group that is furthest above it.

        Drift of that limit on either side explains it and is told already: then it is information.
        """
        for overrun in overruns:
            position, first = overrun.positions[0], overrun.violations[0]
            drifted = _drifted(overrun, others)
            desired, ref = self._desired[position], found[position][0]
            models = {} if desired.models is UNSET else desired.models
            also = len(overrun.positions) - 1
            yield (
                position,
                Finding(
                    rule=_RULE.id,
                    severity=Severity.INFO if drifted is not None else Severity.MEDIUM,
                    direction=Direction.NEUTRAL,
                    group=ref,
                    path=EffectiveLimitPath(first.slug, first.limit),
                    desired=None,
                    live=first.threshold,
                    message=(
                        f"{first.slug} {first.limit} {number(first.threshold)} is above the {number(first.ceiling)} of "
                        f"its ancestor {overrun.ancestor.label}, which the API refuses in a CASCADING tree"
                        + (f"; so it is for {counted(also, 'other group')}" if also else "")
                        + (f"; it follows from the drift of {found[drifted][0].label}" if drifted is not None else "")
                    ),
                    source=desired.positions.limit(models, first.slug, first.limit),
                    cause=overrun.ancestor,
                    affected=tuple(
                        Affected(found[other][0], None, violation.threshold)
                        for other, violation in zip(overrun.positions[1:], overrun.violations[1:], strict=True)
                    ),
                ),
            )

    def _nodes(
        self, found: Found, pools: Sequence[Group], parents: Mapping[str | None, str | None], tops: set[str | None]
    ) -> Iterator[Node]:
        for position, (ref, parent) in found.items():
            if ref.id is None or _top(ref.id, parents) not in tops:
                continue
            live, desired = self._live.get(position), self._desired[position]
            if live is not None:
                yield live
            else:
                mode = "" if desired.limit_enforcement is UNSET else desired.limit_enforcement
                yield Node(ref.id, parent, mode, {} if desired.models is UNSET else desired.models)
        for group in pools:
            yield Node(group.id, group.parent_group_id, group.limit_enforcement, group.models)


def _is_whole(desired: DesiredGroup) -> bool:
    return desired.models is not UNSET and desired.manage == "exact" and desired.limit_enforcement is not UNSET


def _top(id_: str | None, parents: Mapping[str | None, str | None]) -> str | None:
    """The topmost group of the tree that is known, or of a cycle any that is the same for one start."""
    seen: set[str | None] = set()
    while id_ not in seen and (parent := parents.get(id_)) in parents and parent is not None:
        seen.add(id_)
        id_ = parent
    return id_


def _drifted(overrun: Overrun, others: _Findings) -> int | None:
    """The ancestor, or else the group, if it has a finding of its own that touches the limit."""
    slug, limit = overrun.violations[0].slug, overrun.violations[0].limit
    moved = {FieldPath("limit_enforcement"), FieldPath("parent_group_id")}
    paths = {*moved, ModelPath(slug), RateLimitPath(slug, limit.type), LimitPath(slug, limit)}
    for position in (overrun.ancestor_position, overrun.positions[0]):
        findings = () if position is None else others.get(position, ())
        if any(finding.path in paths for finding in findings):
            return position
    return None
