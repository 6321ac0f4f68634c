"""Where a difference comes from: the declaration compared with an earlier one, and both with live.

Pure, and without reading live a second time. Where this declaration and live agree, live is as declared here;
where they do not, the finding tells what live is. So the differences between base and declaration, and the
findings, hold all that is needed.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol, assert_never

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from drift.checker.group import compare, model_config, unmanaged
from drift.model.declaration import Declaration
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import LimitKey, Models, limit_item
from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    Field,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
    declared_at,
)
from drift.model.wording import change, counted, number
from drift.report.finding import ChangeStatus, Finding, Value
from drift.report.report import Base, Report

_NAMED = 3


class Judged(Struct, frozen=True):
    """The findings, each with its status, and what the base was."""

    findings: list[Finding]
    base: Base


class Baseline(Protocol):
    """An earlier declaration, or the report of a check of it."""

    def judge(self, findings: Sequence[Finding], found: Collection[str]) -> Judged:
        """Give each finding its status, and say which differences of the base are none any more.

        Args:
            findings: What differs between this declaration and live.
            found: External and internal ids of the groups that are live; only their differences can be gone.
        """
        ...


class DeclaredBaseline:
    """An earlier state of the desired files."""

    def __init__(
        self, name: str, commit: str | None, base: Sequence[DesiredGroup], desired: Sequence[DesiredGroup]
    ) -> None:
        """``name`` as the caller gave it; ``commit`` the full hash, for a state in git."""
        self._name = name
        self._commit = commit
        self._base, self._desired = Declaration(base), Declaration(desired)

    def judge(self, findings: Sequence[Finding], found: Collection[str]) -> Judged:
        """See :class:`Baseline`."""
        paths: dict[int | None, list[Path]] = {}
        for finding in findings:
            paths.setdefault(self._desired.find(finding.group), []).append(finding.path)
        settled = [
            settled
            for position, group in self._desired
            if group.ref.label in found
            for settled in self._settled(group, paths.get(position, ()))
        ]
        return Judged(
            [replace(finding, status=self._status(finding)) for finding in findings],
            Base(self._name, self._commit, tuple(settled), tuple(_edits(self._base.groups, self._desired.groups))),
        )

    def _status(self, finding: Finding) -> ChangeStatus:
        before, now = self._base.group(finding.group), self._desired.group(finding.group)
        if before is None or now is None:
            return ChangeStatus.PRE_EXISTING if before is now else ChangeStatus.INTRODUCED
        declared = declared_value(before, finding.path)
        if declared == declared_value(now, finding.path):
            return ChangeStatus.PRE_EXISTING
        return ChangeStatus.INTRODUCED if declared in (UNSET, finding.live) else ChangeStatus.CONFLICTING

    def _settled(self, now: DesiredGroup, paths: Collection[Path]) -> Iterator[Finding]:
        """Differences of the base from live that are none of this declaration's, which differs at ``paths``."""
        before = self._base.group(now.ref)
        live = _as_live(now, before)
        if before is None:
            if not paths:
                yield _settle(unmanaged(live, None), now, ChangeStatus.ALREADY_APPLIED)
            return
        for finding in compare(before, live):
            if not any(_overlap(finding.path, path) for path in paths):
                yield _settle(finding, now, ChangeStatus.FIXED)


class ReportBaseline:
    """The report of a check of an earlier state; of what it did not find, it cannot tell what was declared."""

    def __init__(self, name: str, report: Report) -> None:
        """``name`` as the caller gave it."""
        self._name = name
        self._commit = report.evidence.git_commit if report.evidence else None
        self._before = {_key(finding): finding for finding in report.findings}

    def judge(self, findings: Sequence[Finding], found: Collection[str]) -> Judged:
        """See :class:`Baseline`."""
        now = {_key(finding) for finding in findings}
        settled = tuple(
            replace(finding, status=ChangeStatus.FIXED)
            for key, finding in self._before.items()
            if key not in now and finding.group.label in found
        )
        return Judged(
            [replace(finding, status=self._status(finding)) for finding in findings],
            Base(self._name, self._commit, settled),
        )

    def _status(self, finding: Finding) -> ChangeStatus:
        before = self._before.get(_key(finding))
        if before is None:
            return ChangeStatus.INTRODUCED
        if before.desired == finding.desired:
            return ChangeStatus.PRE_EXISTING
        return ChangeStatus.INTRODUCED if before.live == finding.live else ChangeStatus.CONFLICTING


def _key(finding: Finding) -> tuple[str, Path]:
    return finding.group.label, finding.path


def declared_value(group: DesiredGroup, path: Path) -> Value | UnsetType:
    """What the group declares at the path of a finding, in the form that findings have; UNSET for nothing."""
    match path:
        case GroupPath():
            return group.ref.label
        case FieldPath(field):
            return _field(group, field)
        case ModelPath() | LimitPath() | RateLimitPath():
            return UNSET if group.models is UNSET else _part_of(group.models, path)
        case EffectivePath():
            return UNSET
        case EffectiveLimitPath(slug):
            pinned = [limit for model in group.effective if model.slug == slug for limit in model.limits]
            return {f"{pin.key.kind} {pin.key}": f"{pin.threshold} {pin.origin}" for pin in pinned} or UNSET
        case _:
            assert_never(path)


def _field(group: DesiredGroup, field: Field) -> Value | UnsetType:
    match field:
        case "id":
            return group.id or UNSET
        case "external_entity_id":
            return group.ref.label
        case "name":
            return group.name
        case "limit_enforcement":
            return group.limit_enforcement
        case "parent_group_id":
            return group.parent if group.parent_group_id is UNSET else group.parent_group_id
        case _:
            assert_never(field)


def _part_of(models: Models, path: ModelPath | LimitPath | RateLimitPath) -> Value:
    limits = models.get(path.slug)
    if limits is None:
        return None
    match path:
        case ModelPath(slug):
            return model_config(slug, limits)
        case LimitPath(_, limit):
            return limits.get(limit)
        case RateLimitPath(_, type_):
            of_type = (key for key in limits if key.kind == "rate_limits" and key.type == type_)
            return next((limit_item(key, limits[key]) for key in of_type), None)
        case _:
            assert_never(path)


def _as_live(group: DesiredGroup, before: DesiredGroup | None) -> Group:
    """Live as it is where nothing differs from the declaration; what is not declared is as the base had it."""
    said = [group] if before is None else [group, before]
    return Group(
        id=next((one.id for one in said if one.id), ""),
        external_entity_id=group.external_entity_id or "",
        name=next((one.name for one in said if one.name is not UNSET), None),
        limit_enforcement=next((one.limit_enforcement for one in said if one.limit_enforcement is not UNSET), ""),
        parent_group_id=None,
        models=next((one.models for one in said if one.models is not UNSET), {}),
        created_at="",
    )


def _overlap(one: Path, other: Path) -> bool:
    """Whether one path is the other or lies within it; a limit lies within its type."""
    return all(
        left == right or left.partition("/")[0] == right or right.partition("/")[0] == left
        for left, right in zip(one.parts, other.parts, strict=False)
    )


def _settle(finding: Finding, now: DesiredGroup, status: ChangeStatus) -> Finding:
    return replace(finding, group=now.ref, source=declared_at(now, finding.path), status=status)


def _edits(base: Sequence[DesiredGroup], desired: Sequence[DesiredGroup]) -> Iterator[str]:
    """Lines for people about two states of the files."""
    before, now = ({group.ref.label: group for group in groups} for groups in (base, desired))
    added, removed = [label for label in now if label not in before], [label for label in before if label not in now]
    for old, new in _renamed([before[label] for label in removed], [now[label] for label in added]):
        removed.remove(old)
        added.remove(new)
        yield f"{old} is now declared as {new}, with the same id"
    if added:
        yield f"{counted(len(added), 'group')} added: {_names(added)}"
    if removed:
        yield f"{counted(len(removed), 'group')} no longer declared, so no longer compared: {_names(removed)}"
    yield from _moved(before, now)
    yield from _profiles(before, now)


def _renamed(removed: Sequence[DesiredGroup], added: Sequence[DesiredGroup]) -> Iterator[tuple[str, str]]:
    by_id = {group.id: group.ref.label for group in removed if group.id}
    for group in added:
        if group.id in by_id:
            yield by_id[group.id], group.ref.label


def _moved(before: Mapping[str, DesiredGroup], now: Mapping[str, DesiredGroup]) -> Iterator[str]:
    moves: dict[tuple[str, str], list[str]] = {}
    for label, group in now.items():
        old = before.get(label)
        if old is not None and old.positions.file != group.positions.file:
            moves.setdefault((old.positions.file, group.positions.file), []).append(label)
    for (source, target), labels in moves.items():
        yield f"{counted(len(labels), 'group')} moved from {source} to {target}: {_names(labels)}"


def _profiles(before: Mapping[str, DesiredGroup], now: Mapping[str, DesiredGroup]) -> Iterator[str]:
    """Each limit of a profile that changed, once, with how many groups take it from there."""
    edits: Counter[tuple[str, LimitKey, int | None, int | None]] = Counter()
    for label, group in now.items():
        old = before.get(label)
        if old is None or old.models is UNSET or group.models is UNSET or old.models == group.models:
            continue
        for slug, profile in group.profiles.items():
            if old.profiles.get(slug) != profile:
                continue
            left, right = old.models.get(slug, {}), group.models.get(slug, {})
            for key in left.keys() | right.keys():
                if left.get(key) != right.get(key):
                    edits[profile, key, left.get(key), right.get(key)] += 1
    for (profile, key, was, is_), count in sorted(edits.items(), key=lambda item: (item[0][0], item[0][1])):
        yield f"profile {profile}: {key} {_sized(was, is_)}, in {counted(count, 'model')} of groups that use it"


def _sized(was: int | None, is_: int | None) -> str:
    if was is not None and is_ is not None:
        return change(was, is_)
    return f"{'none' if was is None else number(was)} -> {'none' if is_ is None else number(is_)}"


def _names(labels: Sequence[str]) -> str:
    more = len(labels) - _NAMED
    return ", ".join(labels[:_NAMED]) + (f" and {number(more)} more" if more > 0 else "")
