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
"""Changes a group, as the API answers it, in place; False where there is nothing of the kind to change."""


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
    free = [leaf for leaf in intruder.leaves() if leaf.id not in pinned]
    intruder.first("deleted the group", reversed(free), intruder.delete)
    for what, edit in _EDITS.items():
        intruder.first(what, intruder.least_touched(), partial(intruder.update, edit))
    relied_on = [leaf for leaf in intruder.leaves() if leaf.id in pinned]
    intruder.first("deleted the group and created it again", relied_on, intruder.create_again)
    intruder.first("created an unmanaged group below it", world.groups(), intruder.create_below)
    return tuple(intruder.done)


class _Intruder:
    """Asks the world for changes, and remembers those that it made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.done: list[Tampering] = []

    def first(self, what: str, groups: Iterable[GroupV1], attempt: Callable[[GroupV1], bool]) -> None:
        """Try the groups one after the other until one change succeeds."""
        for group in groups:
            if attempt(group):
                self.done.append(Tampering(what, group.metadata.external_entity_id))
                return

    def least_touched(self) -> Sequence[GroupV1]:
        touched = Counter(one.external_entity_id for one in self.done)
        return sorted(self._world.groups(), key=lambda group: touched[group.metadata.external_entity_id])

    def leaves(self) -> Sequence[GroupV1]:
        groups = self._world.groups()
        parents = {group.hierarchy.parent_group_id for group in groups}
        return [group for group in groups if group.id not in parents]

    def update(self, edit: Edit, group: GroupV1) -> bool:
        changed: Json = msgspec.json.decode(msgspec.json.encode(group))
        return edit(changed) and self._ask("PATCH", f"{GROUPS_PATH}/{group.id}", changed)

    def delete(self, group: GroupV1) -> bool:
        return self._ask("DELETE", f"{GROUPS_PATH}/{group.id}", None)

    def create_again(self, group: GroupV1) -> bool:
        return self.delete(group) and self._ask("POST", GROUPS_PATH, group)

    def create_below(self, parent: GroupV1) -> bool:
        trial = {
            "metadata": {"external_entity_id": f"{parent.metadata.external_entity_id}-trial", "name": "Trial"},
            "models": [{"slug": model.slug} for model in parent.models],
            "hierarchy": {"parent_group_id": parent.id},
        }
        return self._ask("POST", GROUPS_PATH, trial)

    def _ask(self, method: str, path: str, payload: object) -> bool:
        return self._world.ask(method, path, payload).status == HTTPStatus.OK


def _first_limit(fits: Callable[[Json], bool], change: Callable[[int], Json]) -> Edit:
    """Change the first limit that fits, given its threshold."""

    def edit(group: Json) -> bool:
        for model in group["models"]:
            for limit in (*model["rate_limits"], *model["usage_limits"]):
                if fits(limit):
                    limit.update(change(limit["threshold"]))
                    return True
        return False

    return edit


def _add_daily_limit(group: Json) -> bool:
    for model in group["models"]:
        if all(limit["type"] != "REQUEST" for limit in model["usage_limits"]):
            model["usage_limits"].append({"type": "REQUEST", "unit": "DAY", "threshold": 10_000})
            return True
    return False


def _leave_out_a_limit(group: Json) -> bool:
    for model in group["models"]:
        if len(model["rate_limits"]) + len(model["usage_limits"]) > 1:
            (model["usage_limits"] or model["rate_limits"]).pop()
            return True
    return False


def _leave_out_a_model(group: Json) -> bool:
    # To withdraw the only model would be to clear the group.
    return len(group["models"]) > 1 and bool(group["models"].pop())


def _grant_a_model(group: Json) -> bool:
    group["models"].append({"slug": "northwind/preview"})
    return len(group["models"]) > 1


def _rename(group: Json) -> bool:
    name = group["metadata"]["name"]
    group["metadata"]["name"] = f"{name} (old)"
    return bool(name)


def _above_zero(limit: Json) -> bool:
    return bool(limit["threshold"] > 0)


def _whole_a_second(limit: Json) -> bool:
    return bool(limit["unit"] == "MINUTE" and limit["threshold"] % 60 == 0)


_EDITS: Mapping[str, Edit] = {
    "raised a threshold by half": _first_limit(_above_zero, lambda n: {"threshold": n * 3 // 2}),
    "changed a limit from minutes to seconds": _first_limit(
        _whole_a_second, lambda n: {"unit": "SECOND", "threshold": n // 60}
    ),
    "lowered a threshold to a quarter": _first_limit(_above_zero, lambda n: {"threshold": n // 4}),
    "added a daily limit": _add_daily_limit,
    "sent an update with one model left out": _leave_out_a_model,
    "sent an update with one limit left out": _leave_out_a_limit,
    "granted a model without any limit": _grant_a_model,
    "renamed the group": _rename,
    "set a threshold to zero": _first_limit(_above_zero, lambda _: {"threshold": 0}),
}
