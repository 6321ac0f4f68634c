"""What the API's rules make of groups: the limits in effect, and what models and CASCADING trees may not say.

Written from the documentation (pages Rate limits, Create and Update) over the API's own shapes. Nothing here is
shared with the checker, so that each judges the other.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from drift.sandbox.wire import EffectiveLimit, EffectiveModelConfigV1, GroupV1, LimitList, ModelConfigV1, Refused

MAX_LEVELS = 5
"""Of a tree, its root included."""


class OpenQuestions(Struct, frozen=True):
    """How to read what the documentation leaves open; the defaults follow its rules where its samples differ."""

    slugs: Literal["own", "union"] = "own"
    """Whether a group shows only models that it lists itself, or its ancestors' as well."""
    merge: Literal["tuple", "slug"] = "tuple"
    """Whether a group inherits each limit that it does not set, or only where it sets none for the model."""
    cascade: Literal["all", "self"] = "all"
    """Whether a CASCADING group shows the limits of all its ancestors beside its own."""


DOCUMENTED_RULES = OpenQuestions()


def effective_models(line: Sequence[GroupV1], questions: OpenQuestions) -> tuple[EffectiveModelConfigV1, ...]:
    """The ``effective_models`` of the first group of ``line``; its ancestors stand behind it, nearest first."""
    listing = line if questions.slugs == "union" else line[:1]
    slugs = dict.fromkeys(model.slug for group in listing for model in group.models)
    return tuple(
        EffectiveModelConfigV1(
            slug,
            tuple(_in_effect(line, slug, "rate_limits", questions)),
            tuple(_in_effect(line, slug, "usage_limits", questions)),
        )
        for slug in slugs
    )


def _in_effect(
    line: Sequence[GroupV1], slug: str, which: LimitList, questions: OpenQuestions
) -> Iterator[EffectiveLimit]:
    pools = line[0].hierarchy.limit_enforcement == "CASCADING"
    if pools:
        alone = questions.cascade == "self"
    else:
        alone = questions.merge == "slug" and any(own == slug for own, _, _ in _thresholds(line[0]))
    inherited: set[tuple[str, str]] = set()
    for group in line[:1] if alone else line:
        for limit in (limit for model in group.models if model.slug == slug for limit in model.limits(which)):
            # Every pool holds for itself; of templates, only the nearest that sets the limit.
            if pools or (limit.type, limit.unit) not in inherited:
                inherited.add((limit.type, limit.unit))
                yield EffectiveLimit(limit.type, limit.unit, limit.threshold, group.id)


def exceeds(child: GroupV1, ancestor: GroupV1) -> bool:
    """Whether ``child`` sets some limit above the ancestor's of the same model, type and unit.

    Equal is allowed, and a limit that only one of the two sets is not compared.
    """
    ceilings = _thresholds(ancestor)
    return any(threshold > ceilings.get(limit, threshold) for limit, threshold in _thresholds(child).items())


def _thresholds(group: GroupV1) -> dict[tuple[str, str, str], int]:
    """By slug, type and unit; no unit belongs to both kinds of limits."""
    return {
        (model.slug, limit.type, limit.unit): limit.threshold
        for model in group.models
        for limit in (*model.limits("rate_limits"), *model.limits("usage_limits"))
    }


def checked_models(models: Sequence[ModelConfigV1]) -> tuple[ModelConfigV1, ...]:
    """The models as answers show them; refuses entries that cannot stand beside each other.

    The create page refuses a second rate limit of one type, whatever its unit, and a second usage limit of one
    type. A slug listed twice is refused because ``models`` is called a set.
    """
    slugs: set[str] = set()
    for model in models:
        if model.slug in slugs:
            raise Refused(400, f"Invalid models: {model.slug!r} is listed twice.")
        slugs.add(model.slug)
        for limits in (model.limits("rate_limits"), model.limits("usage_limits")):
            if len({limit.type for limit in limits}) < len(limits):
                raise Refused(400, f"Invalid limit shape: {model.slug!r} has two such limits of one type.")
    return tuple(
        replace(model, rate_limits=model.rate_limits or (), usage_limits=model.usage_limits or ()) for model in models
    )
