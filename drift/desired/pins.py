"""Effective limits that a group pins: what they become, and the rules that hold within the group.

Few groups have any, so their positions are kept in the plainest way.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast, get_args

from drift.desired.nodes import Path, Value, children, position
from drift.desired.problems import Breach
from drift.desired.wording import shown
from drift.errors import Level, Location
from drift.model.groups import PinnedLimit, PinnedModel
from drift.model.limits import Kind, LimitKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drift.desired.nodes import Mark
    from drift.desired.schema import EffectiveLimitItem, EffectiveModelItem

PINS_PATH = "effective"


def pinned(items: Value, positions: "Sequence[Mark | None]", at: int, file: str) -> tuple[PinnedModel, ...]:
    """The pins that a list holds, whose shape has been checked and whose own mark has index ``at``."""

    def located(index: int) -> Location:
        return Location(file, *position(positions[index]))

    pins = []
    for _, model, model_at in children(items, at):
        limits = []
        for kind, of_kind, list_at in children(model, model_at.value):
            for _, item, limit_at in children(of_kind, list_at.value) if kind in get_args(Kind) else ():
                limit = cast("EffectiveLimitItem", item)
                limits.append(
                    PinnedLimit(
                        LimitKey(cast("Kind", kind), limit["type"], limit["unit"]),
                        limit["threshold"],
                        limit.get("source"),
                        limit.get("source_group"),
                        located(limit_at.value),
                    )
                )
        slug = cast("EffectiveModelItem", model)["slug"]
        pins.append(PinnedModel(slug, tuple(limits), located(model_at.value)))
    return tuple(pins)


def pins_are_distinct(items: "Sequence[EffectiveModelItem]") -> Iterator[Breach]:
    """V33: each model once, and each of its limits once for each group that it comes from."""
    if not items:
        hint = "list the models whose effective limits are to be held, or leave `effective` out"
        yield Breach("V34", Level.WARNING, (PINS_PATH,), "the list is empty: nothing is pinned", hint)
    models: dict[str, int] = {}
    for index, model in enumerate(items):
        path: Path = (PINS_PATH, index)
        first = models.setdefault(model["slug"], index)
        if first != index:
            message = f"the model {shown(model['slug'])} is already pinned in effective[{first}]"
            yield Breach("V33", Level.ERROR, (*path, "slug"), message, "merge the two entries")
        for kind in get_args(Kind):
            limits = cast("Sequence[EffectiveLimitItem]", model.get(kind, ()))
            yield from (breach.below(*path, kind) for breach in _limits_are_distinct(kind, limits))


def _limits_are_distinct(kind: Kind, limits: "Sequence[EffectiveLimitItem]") -> Iterator[Breach]:
    known: dict[tuple[str, ...], int] = {}
    for index, limit in enumerate(limits):
        sources = [name for name in ("source", "source_group") if name in limit]
        if len(sources) != 1:
            yield Breach(
                "V33",
                Level.ERROR,
                (index,),
                f"{'both' if sources else 'neither'} `source` {'and' if sources else 'nor'} `source_group` "
                f"{'are' if sources else 'is'} given",
                "`source` is the external id of the group that sets the limit; `source_group` the internal id of one "
                "that no file declares",
            )
            continue
        key = (limit["type"], limit["unit"], sources[0], str(limit[sources[0]]))  # type: ignore[literal-required]
        first = known.setdefault(key, index)
        if first != index:
            message = f"a second limit of type {limit['type']} per {limit['unit']} from {shown(key[-1])}"
            hint = f"keep one of them; the first is {kind}[{first}]"
            yield Breach("V33", Level.ERROR, (index,), message, hint)
