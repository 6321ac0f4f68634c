"""Live effective limits against those that the declared tree predicts.

A prediction is never drift by itself: the documentation leaves open how ``effective_models`` is derived in
three points, and what it leaves open is accepted here in every reading:

* a CASCADING group may list its ancestors' limits beside its own, or only some of them, or none;
* an INDEPENDENT group with limits of its own on a slug may inherit others for that slug, or not;
* slugs that only ancestors list may appear or not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from drift.model.forest import Forest, predict
from drift.model.limits import EffectiveModels, LimitKey, Limits


class Shift(Struct, frozen=True):
    """One limit of a group that is not what the declared tree makes of it."""

    slug: str
    limit: LimitKey
    desired: int | None
    """The smallest predicted threshold; None if none is predicted."""
    live: int | None
    live_source: str | None
    """Internal id of the group that the unexpected live value is anchored to."""
    live_source_value: int | None
    """Its threshold there."""
    desired_source: str | None
    """Forest key of the group whose predicted value is not live."""


_Values = Mapping[tuple[str, LimitKey], Mapping[str, int]]
"""Threshold by the group it is anchored to, by slug and limit."""


def shifts(forest: Forest, key: str, live: EffectiveModels) -> Iterator[Shift]:
    """The limits on the group's own slugs that no reading of the documentation derives from the forest.

    Groups whose chain of ancestors is not declared completely have no prediction, hence no shifts.
    """
    chain = forest.chain(key)
    if not chain.complete or not chain.nodes:
        return
    own = chain.nodes[0]
    cascading = own.limit_enforcement == "CASCADING"
    predicted, actual = _by_limit(predict(forest, key)), _by_limit(live)
    for slug, limit in dict.fromkeys((*predicted, *actual)):
        if slug not in own.models:
            continue
        wanted, found = predicted.get((slug, limit), {}), actual.get((slug, limit), {})
        if not _explained(wanted, found, own.models[slug], limit, cascading=cascading):
            live_source = _only_in(found, wanted)
            yield Shift(
                slug,
                limit,
                min(wanted.values(), default=None),
                min(found.values(), default=None),
                live_source=live_source,
                live_source_value=None if live_source is None else found[live_source],
                desired_source=_only_in(wanted, found),
            )


def foreign_limits(live: EffectiveModels, known: frozenset[str]) -> Iterator[tuple[str, LimitKey, int, str]]:
    """Slug, limit, threshold and source of every effective limit whose source is none of the ``known`` ids."""
    for (slug, limit), values in _by_limit(live).items():
        for source, threshold in values.items():
            if source not in known:
                yield slug, limit, threshold, source


def _explained(
    wanted: Mapping[str, int], found: Mapping[str, int], own: Limits, limit: LimitKey, *, cascading: bool
) -> bool:
    thresholds, predicted = Counter(found.values()), Counter(wanted.values())
    if thresholds == predicted:
        return True
    if cascading:
        return thresholds <= predicted and (limit not in own or own[limit] in thresholds)
    return not found and bool(own) and limit not in own


def _by_limit(models: EffectiveModels) -> _Values:
    values: dict[tuple[str, LimitKey], dict[str, int]] = {}
    for slug, limits in models.items():
        for (kind, type_, unit, source), threshold in limits.items():
            values.setdefault((slug, LimitKey(kind, type_, unit)), {})[source] = threshold
    return values


def _only_in(one: Mapping[str, int], other: Mapping[str, int]) -> str | None:
    """The group with the smallest threshold that the other side does not have."""
    missing = Counter(one.values()) - Counter(other.values())
    return min((source for source in one if one[source] in missing), key=lambda source: one[source], default=None)
