"""The updates of a plan, each with what it does in words for the person who reviews it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from drift.model.groups import Group
from drift.model.limits import Limits
from drift.model.wording import change, number, quoted
from drift.plan.ordering import Move
from drift.plan.targets import Target
from drift.plan.values import Body, State, Step, json_models


def steps(targets: Mapping[str, Target], moves: Sequence[Move], url_of: Callable[[str], str]) -> Iterator[Step]:
    """The moves in their order, and after them the groups of which only the name changes; by internal id."""
    now = {key: target.live for key, target in targets.items()}
    renamed = [
        Move(key, target.models, completes=True)
        for key, target in targets.items()
        if target.models == target.live.models
    ]
    for count, move in enumerate((*moves, *renamed), 1):
        target, before = targets[move.key], now[move.key]
        after = replace(before, name=target.name if move.completes else before.name, models=move.models)
        yield Step(
            number=count,
            group=target.live.ref,
            source=target.desired.positions.field("group"),
            url=url_of(move.key),
            body=Body(
                metadata=UNSET if after.name == before.name else {"name": after.name},
                models=UNSET if after.models == before.models else json_models(after.models),
            ),
            changes=tuple(_described(before, after)),
            before=State.of(before),
            after=State.of(after),
            completes=move.completes,
        )
        now[move.key] = after


def _described(before: Group, after: Group) -> Iterator[str]:
    if before.name != after.name:
        yield f"name {quoted(before.name)} -> {quoted(after.name)}"
    for slug in sorted(before.models.keys() | after.models.keys()):
        if slug not in after.models:
            yield f"{slug}: taken away, had {_limits(before.models[slug])}"
        elif slug not in before.models:
            yield f"{slug}: given, with {_limits(after.models[slug])}"
        else:
            yield from _changed(slug, before.models[slug], after.models[slug])


def _changed(slug: str, before: Limits, after: Limits) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        match before.get(key), after.get(key):
            case old, new if old == new:
                pass
            case int(old), int(new):
                yield f"{slug} {key}: {change(old, new)}{'' if new else '; no traffic expected'}"
            case int(old), None:
                yield f"{slug} {key}: {number(old)} -> none on this group"
            case _, int(new):
                yield f"{slug} {key}: none -> {number(new)}"


def _limits(limits: Limits) -> str:
    return ", ".join(f"{key} {number(limits[key])}" for key in sorted(limits)) or "no limits"
