"""What must hold between pinned effective limits and the other groups of the run."""

from collections.abc import Iterator
from typing import get_args

from drift.desired.declared import Declared
from drift.desired.forest import Forest
from drift.desired.nodes import Path
from drift.desired.trees import Place, Trees, error, warning
from drift.desired.wording import did_you_mean, not_declared, shown
from drift.errors import Problem
from drift.model.groups import DesiredGroup, PinnedLimit
from drift.model.limits import Kind
from drift.model.wording import number

_MOST_SUGGESTIONS = 100
"""As for parents: whoever misspelt more groups made one mistake."""


def sources_are_declared(forest: Forest) -> Iterator[Problem]:
    """V33: ``source`` is the external id of a group of some file."""
    hints: dict[str, str] = {}
    for group in forest.groups:
        if not group.effective:
            continue
        for path, _, limit in _each(group):
            source = limit.source
            if source is None or source in forest.by_external_id:
                continue
            if source not in hints:
                found = did_you_mean(source, forest.by_external_id) if len(hints) < _MOST_SUGGESTIONS else ""
                hints[source] = found or "declare it, or give its internal id as `source_group`"
            yield group.error(
                "V33",
                (*path, "source"),
                limit.at,
                f"the group {shown(source)} is {not_declared(complete=forest.complete)}",
                hints[source],
            )


def sources_set_what_is_pinned(trees: Trees) -> Iterator[Problem]:
    """V33 and V34: a limit comes from the group itself or an ancestor, and is what that group declares."""
    for key, group in trees.groups.items():
        if not group.effective:
            continue
        chain = trees.forest.chain(key)
        certain = chain.complete and trees.is_root(chain.nodes[-1].key)
        line = {node.key for node in chain.nodes}
        for path, slug, limit in _each(group):
            source = _declared_source(trees, limit)
            if source is None:
                continue
            place = Place(limit.at, trees.path(key, path))
            if source not in line:
                if certain:
                    message = f"{trees.named(source)} is neither {shown(key)} nor an ancestor of it"
                    yield error("V33", place, message, "a group has limits of its own and of its ancestors only")
            elif trees.settles(source, slug):
                yield from _contradicted(trees, source, slug, limit, place)


def _contradicted(trees: Trees, source: str, slug: str, limit: PinnedLimit, place: Place) -> Iterator[Problem]:
    declared = trees.models(source).get(slug, {}).get(limit.key)
    if declared == limit.threshold:
        return
    if declared is None:
        at, says = trees.named(source), "no such limit"
    else:
        at, says = f"{shown(source)} at {trees.limit(source, slug, limit.key).location}", number(declared)
    yield warning(
        "V34",
        place,
        f"{limit.key} {number(limit.threshold)} on {shown(slug)} is pinned from {shown(source)}, but {at} "
        f"declares {says}",
        "live cannot agree with both: change the one that is out of date",
    )


def _declared_source(trees: Trees, limit: PinnedLimit) -> str | None:
    if limit.source is not None:
        return limit.source
    return next((key for key, group in trees.groups.items() if group.id == limit.source_group), None)


def _each(group: Declared | DesiredGroup) -> Iterator[tuple[Path, str, PinnedLimit]]:
    """Every pinned limit, with its path from the group and its model."""
    for index, model in enumerate(group.effective):
        counts = dict.fromkeys(get_args(Kind), 0)
        for limit in model.limits:
            kind = limit.key.kind
            yield ("effective", index, kind, counts[kind]), model.slug, limit
            counts[kind] += 1
