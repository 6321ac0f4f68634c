"""Whose doing a difference is: the declaration compared with an earlier one, and both with live.

Pure, and without reading live a second time. Where this declaration and live agree, live is as declared here;
where they do not, the finding tells what live is. So the differences between base and declaration, and the
findings, hold all that is needed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias, assert_never

from msgspec import UNSET, Struct
from msgspec.structs import replace

from drift.checker.edits import rewrites
from drift.checker.group import compare, model_config, unmanaged
from drift.errors import Location
from drift.model.groups import DesiredGroup, Group, GroupRef
from drift.model.limits import Models, limit_item
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
)
from drift.report.finding import ChangeStatus, Finding, Value
from drift.report.report import Base, Report

_UNDECLARED: Literal["undeclared"] = "undeclared"


class _Said(Struct, frozen=True):
    """What a declaration says at a path; ``value`` null where it says that there is nothing."""

    value: Value


_Saying: TypeAlias = _Said | Literal["undeclared"]


class Judged(Struct, frozen=True):
    """The findings, each with its status, and what the base was."""

    findings: list[Finding]
    base: Base


class Baseline(Protocol):
    """An earlier declaration, or the report of a check of it."""

    def judge(self, findings: Sequence[Finding], seen: Collection[str]) -> Judged:
        """Give each finding its status, and tell what is settled.

        Args:
            findings: What differs between this declaration and live.
            seen: External and internal ids of the groups that were found; only of them anything can be settled.
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
        self._before, self._now = _by_name(base), _by_name(desired)
        self._base, self._desired = base, desired

    def judge(self, findings: Sequence[Finding], seen: Collection[str]) -> Judged:
        """See :class:`Baseline`."""
        judged = [replace(finding, status=self._status(finding)) for finding in findings]
        paths: dict[str, list[Path]] = {}
        for finding in findings:
            now = _find(self._now, finding.group)
            if now is not None:
                paths.setdefault(now.ref.label, []).append(finding.path)
        settled = [
            finding
            for now in self._desired
            if now.ref.label in seen
            for finding in self._settled(now, paths.get(now.ref.label, ()))
        ]
        before, after = ({group.ref.label: group for group in groups} for groups in (self._base, self._desired))
        return Judged(judged, Base(self._name, self._commit, tuple(settled), tuple(rewrites(before, after))))

    def _status(self, finding: Finding) -> ChangeStatus:
        before, now = _find(self._before, finding.group), _find(self._now, finding.group)
        if now is None:
            return ChangeStatus.PRE_EXISTING if before is None else ChangeStatus.INTRODUCED
        if before is None:
            return ChangeStatus.INTRODUCED
        said = _said(before, finding.path)
        if said == _said(now, finding.path):
            return ChangeStatus.PRE_EXISTING
        if said == _UNDECLARED:
            return ChangeStatus.INTRODUCED
        return ChangeStatus.INTRODUCED if said == _Said(finding.live) else ChangeStatus.CONFLICTING

    def _settled(self, now: DesiredGroup, paths: Collection[Path]) -> Iterator[Finding]:
        """Differences of the base from live that are none of this declaration's, which differs at ``paths``."""
        before = _find(self._before, now.ref)
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

    def judge(self, findings: Sequence[Finding], seen: Collection[str]) -> Judged:
        """See :class:`Baseline`."""
        judged = [replace(finding, status=self._status(finding)) for finding in findings]
        now = {_key(finding) for finding in findings}
        settled = tuple(
            replace(finding, status=ChangeStatus.FIXED)
            for key, finding in self._before.items()
            if key not in now and finding.group.label in seen
        )
        return Judged(judged, Base(self._name, self._commit, settled))

    def _status(self, finding: Finding) -> ChangeStatus:
        before = self._before.get(_key(finding))
        if before is None:
            return ChangeStatus.INTRODUCED
        if before.desired == finding.desired:
            return ChangeStatus.PRE_EXISTING
        return ChangeStatus.INTRODUCED if before.live == finding.live else ChangeStatus.CONFLICTING


def _by_name(groups: Sequence[DesiredGroup]) -> Mapping[str, DesiredGroup]:
    """By internal and by external id; where one group's id is another's external id, the latter counts."""
    by_id = {group.id: group for group in groups if group.id}
    return by_id | {group.external_entity_id: group for group in groups if group.external_entity_id}


def _find(groups: Mapping[str, DesiredGroup], group: GroupRef) -> DesiredGroup | None:
    names = [name for name in (group.external_entity_id, group.id) if name]
    return next((groups[name] for name in names if name in groups), None)


def _key(finding: Finding) -> tuple[str, Path]:
    return finding.group.label, finding.path


def _said(group: DesiredGroup, path: Path) -> _Saying:
    """What the declaration says at the path of a finding, in the form in which findings say it."""
    match path:
        case GroupPath():
            said: Value = group.ref.label
        case FieldPath(field):
            return _field_said(group, field)
        case ModelPath() | LimitPath() | RateLimitPath():
            return _UNDECLARED if group.models is UNSET else _Said(_part_of(group.models, path))
        case EffectivePath():
            said = None
        case EffectiveLimitPath(slug):
            said = _pins(group, slug)
        case _:
            assert_never(path)
    return _UNDECLARED if said is None else _Said(said)


def _field_said(group: DesiredGroup, field: Field) -> _Saying:
    match field:
        case "id":
            return _UNDECLARED if group.id is None else _Said(group.id)
        case "external_entity_id":
            return _Said(group.ref.label)
        case "name":
            return _UNDECLARED if group.name is UNSET else _Said(group.name)
        case "limit_enforcement":
            return _UNDECLARED if group.limit_enforcement is UNSET else _Said(group.limit_enforcement)
        case "parent_group_id":
            parent = group.parent if group.parent_group_id is UNSET else group.parent_group_id
            return _UNDECLARED if parent is UNSET else _Said(parent)
        case _:
            assert_never(field)


def _pins(group: DesiredGroup, slug: str) -> Value:
    pinned = [limit for model in group.effective if model.slug == slug for limit in model.limits]
    return {f"{limit.key.kind} {limit.key}": f"{limit.threshold} {limit.origin}" for limit in pinned} or None


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

    def first(*values: object) -> object:
        return next((value for value in values if value is not UNSET), None)

    name = first(group.name, before.name if before else UNSET)
    mode = first(group.limit_enforcement, before.limit_enforcement if before else UNSET)
    models = group.models if group.models is not UNSET else before.models if before else {}
    return Group(
        id=group.id or (before.id if before else None) or "",
        external_entity_id=group.external_entity_id or "",
        name=name if isinstance(name, str) else None,
        limit_enforcement=mode if isinstance(mode, str) else "",
        parent_group_id=None,
        models={} if models is UNSET else models,
        created_at="",
    )


def _overlap(one: Path, other: Path) -> bool:
    """Whether one path is the other or lies within it; a limit lies within its type."""
    return all(
        left == right or left.partition("/")[0] == right or right.partition("/")[0] == left
        for left, right in zip(one.parts, other.parts, strict=False)
    )


def _settle(finding: Finding, now: DesiredGroup, status: ChangeStatus) -> Finding:
    return replace(finding, group=now.ref, source=_line(now, finding.path), status=status)


def _line(group: DesiredGroup, path: Path) -> Location:
    match path:
        case ModelPath(slug) | LimitPath(slug) | RateLimitPath(slug) if group.models is not UNSET:
            return group.positions.model(group.models, slug)
        case FieldPath("name"):
            return group.positions.field("name")
        case _:
            return group.positions.field("group")
