"""The changes that nobody announced: what people do to live groups behind the files' back.

Each is a real request to the world, so the rules of the API hold for it; one that the API refuses for a
group is tried on the next.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from drift.sandbox.wire import GROUPS_PATH, GroupV1
from drift.sandbox.world import World

Json: TypeAlias = dict[str, Any]
Edit: TypeAlias = Callable[[Json], bool]
"""Changes a group, as get answers it, in place; False where there is nothing of the kind to change."""


class Tampering(Struct, frozen=True):
    """One change that was made."""

    what: str
    """As the person who did it would put it."""
    external_entity_id: str


def tamper(world: World, *, pinned: Collection[str] = ()) -> tuple[Tampering, ...]:
    """Make one change of every kind that the groups in ``world`` allow, spread over as many groups as possible.

    ``pinned`` are internal ids that somebody relies on: one of them is deleted and created again.
    """
    intruder = _Intruder(world)
    intruder.first(
        "deleted the group", intruder.leaves()[::-1], lambda leaf: leaf.id not in pinned and intruder.delete(leaf)
    )
    for what, edit in _EDITS.items():
        intruder.first(what, intruder.least_touched(), partial(intruder.update, edit))
    intruder.first(
        "deleted the group and created it again",
        intruder.leaves(),
        lambda leaf: leaf.id in pinned and intruder.delete(leaf) and intruder.create(leaf),
    )
    intruder.first("created an unmanaged group below it", world.groups(), intruder.create_below)
    return tuple(intruder.done)


class _Intruder:
    """Asks the world for changes, and remembers which groups it has touched."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._touched: Counter[str] = Counter()
        self.done: list[Tampering] = []

    def first(self, what: str, groups: Iterable[GroupV1], attempt: Callable[[GroupV1], bool]) -> None:
        """Try the groups one after the other until one change succeeds."""
        for group in groups:
            if attempt(group):
                self._touched[group.metadata.external_entity_id] += 1
                self.done.append(Tampering(what, group.metadata.external_entity_id))
                return

    def least_touched(self) -> Sequence[GroupV1]:
        return sorted(self._world.groups(), key=lambda group: self._touched[group.metadata.external_entity_id])

    def leaves(self) -> Sequence[GroupV1]:
        groups = self._world.groups()
        parents = {group.hierarchy.parent_group_id for group in groups}
        return [group for group in groups if group.id not in parents]

    def update(self, edit: Edit, group: GroupV1) -> bool:
        path = f"{GROUPS_PATH}/{group.id}"
        changed: Json = msgspec.json.decode(self._world.ask("GET", path).body)
        return edit(changed) and self._ask("PATCH", path, changed)

    def delete(self, group: GroupV1) -> bool:
        return self._ask("DELETE", f"{GROUPS_PATH}/{group.id}", None)

    def create(self, group: GroupV1) -> bool:
        return self._ask("POST", GROUPS_PATH, group)

    def create_below(self, parent: GroupV1) -> bool:
        trial = {
            "metadata": {"external_entity_id": f"{parent.metadata.external_entity_id}-trial", "name": "Trial"},
            "models": [{"slug": model.slug} for model in parent.models],
            "hierarchy": {"parent_group_id": parent.id},
        }
        return self._ask("POST", GROUPS_PATH, trial)

    def _ask(self, method: str, path: str, payload: object) -> bool:
        return self._world.ask(method, path, payload).status == HTTPStatus.OK


def _limits(group: Json) -> Iterable[Json]:
    return (limit for model in group["models"] for limit in (*model["rate_limits"], *model["usage_limits"]))


def _set_threshold(new: Callable[[int], int]) -> Edit:
    def edit(group: Json) -> bool:
        limit = next((limit for limit in _limits(group) if limit["threshold"] > 0), None)
        if limit is not None:
            limit["threshold"] = new(limit["threshold"])
        return limit is not None

    return edit


def _change_unit(group: Json) -> bool:
    for limit in _limits(group):
        if limit["unit"] == "MINUTE" and limit["threshold"] % 60 == 0:
            limit.update(unit="SECOND", threshold=limit["threshold"] // 60)
            return True
    return False


def _add_limit(group: Json) -> bool:
    for model in group["models"]:
        if all(limit["type"] != "REQUEST" for limit in model["usage_limits"]):
            model["usage_limits"].append({"type": "REQUEST", "unit": "DAY", "threshold": 10_000})
            return True
    return False


def _remove_limit(group: Json) -> bool:
    for model in group["models"]:
        if len(model["rate_limits"]) + len(model["usage_limits"]) > 1:
            (model["usage_limits"] or model["rate_limits"]).pop()
            return True
    return False


def _withdraw_model(group: Json) -> bool:
    if len(group["models"]) < 2:  # noqa: PLR2004 - withdrawing the only model would be clearing the group
        return False
    group["models"].pop()
    return True


def _grant_model(group: Json) -> bool:
    group["models"].append({"slug": "northwind/preview"})
    return len(group["models"]) > 1


def _rename(group: Json) -> bool:
    name = group["metadata"]["name"]
    group["metadata"]["name"] = f"{name} (old)"
    return bool(name)


_EDITS: Mapping[str, Edit] = {
    "raised a threshold by half": _set_threshold(lambda threshold: threshold * 3 // 2),
    "changed a limit from minutes to seconds": _change_unit,
    "lowered a threshold to a quarter": _set_threshold(lambda threshold: threshold // 4),
    "added a daily limit": _add_limit,
    "sent an update with one model left out": _withdraw_model,
    "sent an update with one limit left out": _remove_limit,
    "granted a model without any limit": _grant_model,
    "renamed the group": _rename,
    "set a threshold to zero": _set_threshold(lambda _: 0),
}
