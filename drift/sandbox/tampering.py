"""The changes that nobody announced: what people do to live groups behind the files' back.

Each is a real request to the world, so the rules of the API hold for it; one that the API refuses for a
group is tried on the next.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeAlias

from msgspec import Struct

from drift.model.groups import Group
from drift.model.limits import LimitKey, Limits, Models
from drift.sandbox.messages import GROUPS_PATH, Request
from drift.sandbox.world import DEFAULT_KEY, World

Edit: TypeAlias = Callable[[Group], Mapping[str, object] | None]
"""The body of an update, or None where there is nothing of the kind to change."""


class Tampering(Struct, frozen=True):
    """One change that was made."""

    what: str
    """As the person who did it would put it."""
    external_entity_id: str


def tamper(world: World, *, pinned: Collection[str] = (), key: str = DEFAULT_KEY) -> tuple[Tampering, ...]:
    """Make one change of every kind that the groups in ``world`` allow, spread over as many groups as possible.

    ``pinned`` are internal ids that somebody relies on: one of them is deleted and created again.
    """
    intruder = _Intruder(world, key)
    leaves = list(reversed(_leaves(world)))
    intruder.first("deleted the group", leaves, lambda leaf: leaf.id not in pinned and intruder.delete(leaf))
    for what, edit in _EDITS:
        intruder.first(what, intruder.least_touched(), intruder.editor(edit))
    intruder.first(
        "deleted the group and created it again",
        _leaves(world),
        lambda leaf: leaf.id in pinned and intruder.delete(leaf) and intruder.create(leaf),
    )
    intruder.first("created an undeclared group below it", world.groups(), intruder.create_below)
    return tuple(intruder.done)


class _Intruder:
    """Asks the world for changes, and remembers which groups it has touched."""

    def __init__(self, world: World, key: str) -> None:
        self._world = world
        self._key = key
        self._touched: Counter[str] = Counter()
        self.done: list[Tampering] = []

    def first(self, what: str, groups: Iterable[Group], attempt: Callable[[Group], bool]) -> None:
        """Try the groups one after the other until one change succeeds."""
        for group in groups:
            if attempt(group):
                self._touched[group.external_entity_id] += 1
                self.done.append(Tampering(what, group.external_entity_id))
                return

    def least_touched(self) -> Sequence[Group]:
        return sorted(self._world.groups(), key=lambda group: self._touched[group.external_entity_id])

    def editor(self, edit: Edit) -> Callable[[Group], bool]:
        def attempt(group: Group) -> bool:
            body = edit(group)
            return body is not None and self._ask("PATCH", _path(group), body)

        return attempt

    def delete(self, group: Group) -> bool:
        return self._ask("DELETE", _path(group), None)

    def create(self, group: Group) -> bool:
        return self._ask("POST", GROUPS_PATH, _create(group))

    def create_below(self, parent: Group) -> bool:
        models: Models = {slug: {} for slug in parent.models}
        return self.create(
            Group("", f"{parent.external_entity_id}-trial", "Trial", parent.limit_enforcement, parent.id, models, "")
        )

    def _ask(self, method: str, path: str, payload: object) -> bool:
        answer = self._world.handle(Request.of(method, path, payload, key=self._key))
        return answer.status == HTTPStatus.OK


def _leaves(world: World) -> Sequence[Group]:
    groups = world.groups()
    parents = {group.parent_group_id for group in groups}
    return [group for group in groups if group.id not in parents]


def _path(group: Group) -> str:
    return f"{GROUPS_PATH}/{group.id}"


def _create(group: Group) -> Mapping[str, object]:
    return {
        "metadata": {"external_entity_id": group.external_entity_id, "name": group.name},
        "models": _configs(group.models),
        "hierarchy": {"parent_group_id": group.parent_group_id},
    }


def _configs(models: Models) -> list[Mapping[str, object]]:
    def of_kind(limits: Limits, kind: str) -> list[Mapping[str, object]]:
        return [
            {"type": key.type, "unit": key.unit, "threshold": threshold}
            for key, threshold in limits.items()
            if key.kind == kind
        ]

    return [
        {
            "slug": slug,
            "rate_limits": of_kind(limits, "rate_limits"),
            "usage_limits": of_kind(limits, "usage_limits"),
        }
        for slug, limits in models.items()
    ]


def _with(group: Group, slug: str, limits: Limits) -> Mapping[str, object]:
    return {"models": _configs({**group.models, slug: limits})}


def _all_limits(group: Group) -> Iterable[tuple[str, LimitKey, int]]:
    return ((slug, key, limit) for slug, limits in group.models.items() for key, limit in limits.items())


def _set_threshold(new: Callable[[int], int]) -> Edit:
    def edit(group: Group) -> Mapping[str, object] | None:
        for slug, key, threshold in _all_limits(group):
            if threshold > 0:
                return _with(group, slug, {**group.models[slug], key: new(threshold)})
        return None

    return edit


def _change_unit(group: Group) -> Mapping[str, object] | None:
    for slug, key, threshold in _all_limits(group):
        if key.unit == "MINUTE" and threshold % 60 == 0:
            limits = {other: limit for other, limit in group.models[slug].items() if other != key}
            return _with(group, slug, {**limits, key._replace(unit="SECOND"): threshold // 60})
    return None


def _add_limit(group: Group) -> Mapping[str, object] | None:
    daily = LimitKey("usage_limits", "REQUEST", "DAY")
    for slug, limits in group.models.items():
        if daily not in limits:
            return _with(group, slug, {**limits, daily: 10_000})
    return None


def _remove_limit(group: Group) -> Mapping[str, object] | None:
    for slug, limits in group.models.items():
        if len(limits) > 1:
            return _with(group, slug, dict(list(limits.items())[:-1]))
    return None


def _withdraw_model(group: Group) -> Mapping[str, object] | None:
    if len(group.models) < 2:  # noqa: PLR2004 - withdrawing the only model would be clearing the group
        return None
    return {"models": _configs(dict(list(group.models.items())[:-1]))}


def _grant_model(group: Group) -> Mapping[str, object] | None:
    return _with(group, "northwind/preview", {}) if group.models else None


def _rename(group: Group) -> Mapping[str, object] | None:
    return {"metadata": {"name": f"{group.name} (old)"}} if group.name else None


_EDITS: tuple[tuple[str, Edit], ...] = (
    ("raised a threshold by half", _set_threshold(lambda threshold: threshold * 3 // 2)),
    ("changed a limit from minutes to seconds", _change_unit),
    ("lowered a threshold to a quarter", _set_threshold(lambda threshold: threshold // 4)),
    ("added a daily limit", _add_limit),
    ("sent an update with one model left out", _withdraw_model),
    ("sent an update with one limit left out", _remove_limit),
    ("granted a model without any limit", _grant_model),
    ("renamed the group", _rename),
    ("set a threshold to zero", _set_threshold(lambda _: 0)),
)
