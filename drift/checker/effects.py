"""Which ancestor moved the effective limits of which descendants.

When a template or a pool changes, every group below it changes with it, though nobody touched them. Such
changes are told once, at the ancestor, with the list of those affected. What no ancestor explains is
information: the prediction it contradicts rests on documentation that leaves details open.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET, Struct

from drift.checker.predictions import Shift, foreign_limits, shifts
from drift.model.forest import Forest, desired_forest, desired_key
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import LimitKey
from drift.model.paths import EffectiveLimitPath, FieldPath, LimitPath, ModelPath, Path, RateLimitPath
from drift.model.wording import counted, number
from drift.report.finding import Affected, Finding
from drift.rules import RULES, Direction, Severity

_RULE = RULES["effective-limit-changed"]
_PLACE: tuple[Path, ...] = (FieldPath("limit_enforcement"), FieldPath("parent_group_id"))
_Findings = Mapping[int, Sequence[Finding]]
"""Each declared group's own findings, by position."""
_Refs = Mapping[int, GroupRef]
"""The groups that were found, by position."""


class Foreign(Struct, frozen=True):
    """An effective limit that comes from a group nobody declared."""

    slug: str
    limit: LimitKey
    threshold: int
    source: str


class Inheritance:
    """Collects what groups inherit against the declared tree; keeps only what differs."""

    def __init__(self, desired: Sequence[DesiredGroup]) -> None:
        self._desired = desired
        self._pins = frozenset(group.id for group in desired if group.id is not None)
        self._forest: Forest | None = None
        self._position: dict[str, int] = {}
        self._shifts: dict[int, tuple[Shift, ...]] = {}
        self._foreign: dict[int, tuple[Foreign, ...]] = {}

    def take(self, position: int, live: Group) -> None:
        """Compare one group's effective limits with the prediction; a later reading replaces an earlier one."""
        self._shifts.pop(position, None)
        self._foreign.pop(position, None)
        if live.effective_models is None or live.parent_group_id is None:
            # A root's effective limits are its own; those are compared as such.
            return
        desired = self._desired[position]
        if desired.parent_group_id is not UNSET and live.parent_group_id not in self._pins:
            known = frozenset({live.id})
            limits = foreign_limits(live.effective_models, known)
            if foreign := tuple(Foreign(*limit) for limit in limits):
                self._foreign[position] = foreign
        elif self._is_declared_whole(desired_key(desired)) and (
            shifted := tuple(shifts(self._tree(), desired_key(desired), live.effective_models))
        ):
            self._shifts[position] = shifted

    def contradictions(self, findings: _Findings, refs: _Refs) -> set[int]:
        """Positions to read again: groups whose limits no reading so far explains, and where they come from."""
        effects = self.effects(findings, refs)
        doubtful = [(entry.position, entry.source) for entry in effects.leftover] + effects.torn
        return {position for pair in doubtful for position in pair if position is not None and position in refs}

    def effects(self, findings: _Findings, refs: _Refs) -> "Effects":
        """Match what was collected with the findings that cause it."""
        effects = Effects(self._desired, findings, refs)
        # Readings come in any order; what is said about them stands in that of the files.
        key_of_id = {ref.id: position for position, ref in refs.items()}
        for position, shifted in sorted(self._shifts.items()):
            for shift in shifted:
                sources = [key_of_id.get(shift.live_source), self._position.get(shift.desired_source or "")]
                chain = self._tree().chain(desired_key(self._desired[position])).nodes
                effects.take(
                    position,
                    shift,
                    [source for source in sources if source is not None],
                    [self._position[node.key] for node in chain],
                )
        for position, foreign in sorted(self._foreign.items()):
            for limit in foreign:
                if limit.source not in key_of_id:
                    effects.take_foreign(position, limit)
        return effects

    def _tree(self) -> Forest:
        if self._forest is None:
            self._forest = desired_forest(self._desired)
            self._position = {desired_key(group): position for position, group in enumerate(self._desired)}
        return self._forest

    def _is_declared_whole(self, key: str) -> bool:
        """Whether all of the chain's models are declared; else nothing can be predicted."""
        chain = self._tree().chain(key)
        return chain.complete and all(
            node.key in self._position and _is_whole(self._desired[self._position[node.key]]) for node in chain.nodes
        )


def _is_whole(group: DesiredGroup) -> bool:
    return group.models is not UNSET and group.manage == "exact" and group.limit_enforcement is not UNSET


class Leftover(Struct, frozen=True):
    """A shift that no declared ancestor's own finding explains."""

    position: int
    source: int | None
    shift: Shift


class Effects:
    """What each finding of an ancestor did to groups below it, and what remains unexplained."""

    def __init__(self, desired: Sequence[DesiredGroup], findings: _Findings, refs: _Refs) -> None:
        self._desired = desired
        self._findings = findings
        self._refs = refs
        self._affected: dict[tuple[int, Path], list[Affected]] = {}
        self._foreign: dict[tuple[str, str, LimitKey], list[tuple[int, int]]] = {}
        self.leftover: list[Leftover] = []
        self.torn: list[tuple[int, int]] = []
        """A group and the ancestor whose own value was read as another than the group inherits from it."""

    def take(self, position: int, shift: Shift, sources: Sequence[int], chain: Sequence[int]) -> None:
        """Find the ancestor behind a shift, among the groups that its values come from.

        Where it is none of these, it may be one of the ``chain``, the group itself first, that hangs elsewhere now.
        """
        causes = [(source, self._cause(source, shift)) for source in sources]
        causes += [(member, self._moved(member)) for member in chain]
        for source, path in causes:
            if path is None:
                continue
            if self._is_torn(source, path, shift):
                self.torn.append((position, source))
            # What the group itself has differently is its own finding, not an effect.
            if source != position:
                affected = Affected(self._refs[position], shift.desired, shift.live)
                self._affected.setdefault((source, path), []).append(affected)
            return
        self.leftover.append(Leftover(position, sources[0] if sources else None, shift))

    def take_foreign(self, position: int, foreign: Foreign) -> None:
        """Note a limit from an ancestor that nobody declared."""
        if self._is_pinned(position, foreign.slug):
            return
        key = (foreign.source, foreign.slug, foreign.limit)
        self._foreign.setdefault(key, []).append((position, foreign.threshold))

    def of(self, position: int, finding: Finding) -> tuple[Affected, ...]:
        """The descendants whose effective limits this finding moves."""
        return tuple(self._affected.get((position, finding.path), ()))

    def unexplained(self) -> Iterator[Finding]:
        """Informational findings, one for each limit and the group it comes from."""
        by_source: dict[tuple[int | None, str, LimitKey], list[Leftover]] = {}
        for entry in self.leftover:
            if self._is_pinned(entry.position, entry.shift.slug):
                continue
            by_source.setdefault((entry.source, entry.shift.slug, entry.shift.limit), []).append(entry)
        for (source, slug, limit), entries in by_source.items():
            first = entries[0]
            yield self._information(
                source if source is not None else first.position,
                slug,
                limit,
                wanted=first.shift.desired,
                found=first.shift.live,
                message=(
                    f"{slug} {limit}: effective {_shown(first.shift.live)} where the declared tree implies "
                    f"{_shown(first.shift.desired)}, for {counted(len(entries), 'group')}; no declared ancestor drifted"
                ),
                cause=None if source is None else self._refs.get(source),
                affected=[Affected(self._refs[e.position], e.shift.desired, e.shift.live) for e in entries],
            )
        for (foreign, slug, limit), groups in self._foreign.items():
            first_position, threshold = groups[0]
            yield self._information(
                first_position,
                slug,
                limit,
                wanted=None,
                found=threshold,
                message=(
                    f"unmanaged ancestor {foreign} sets {slug} {limit} {number(threshold)} "
                    f"for {counted(len(groups), 'declared group')}"
                ),
                cause=GroupRef(foreign, None),
                affected=[Affected(self._refs[position], None, value) for position, value in groups],
            )

    def _is_pinned(self, position: int, slug: str) -> bool:
        """Whether somebody said what is to be in effect, so that no prediction counts."""
        return any(pin.slug == slug for pin in self._desired[position].effective)

    def _cause(self, position: int, shift: Shift) -> Path | None:
        """The path of the group's own finding on this limit, on its type, on the model, or on its place."""
        limit = LimitPath(shift.slug, shift.limit)
        return self._first_of(
            position, limit, RateLimitPath(shift.slug, shift.limit.type), ModelPath(shift.slug), *_PLACE
        )

    def _moved(self, position: int) -> Path | None:
        """The path of the group's own finding on its place."""
        return self._first_of(position, *_PLACE)

    def _first_of(self, position: int, *wanted: Path) -> Path | None:
        paths = {finding.path for finding in self._findings.get(position, ())}
        return next((path for path in wanted if path in paths), None)

    def _is_torn(self, source: int, path: Path, shift: Shift) -> bool:
        if self._refs.get(source) is None or self._refs[source].id != shift.live_source:
            return False
        finding = next(finding for finding in self._findings[source] if finding.path == path)
        return isinstance(finding.live, int) and finding.live != shift.live_source_value

    def _information(
        self,
        position: int,
        slug: str,
        limit: LimitKey,
        *,
        wanted: int | None,
        found: int | None,
        message: str,
        cause: GroupRef | None,
        affected: Sequence[Affected],
    ) -> Finding:
        return Finding(
            rule=_RULE.id,
            severity=Severity.INFO,
            direction=Direction.NEUTRAL,
            group=self._refs[position] if position in self._refs else self._desired[position].ref,
            path=EffectiveLimitPath(slug, limit),
            desired=wanted,
            live=found,
            message=message,
            source=self._desired[position].positions.field("group"),
            cause=cause,
            affected=tuple(affected),
        )


def _shown(threshold: int | None) -> str:
    return "unlimited" if threshold is None else number(threshold)
