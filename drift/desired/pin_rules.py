"""What must hold between pinned effective limits and the other groups of the run."""

from collections.abc import Iterator

from drift.desired.nodes import Path
from drift.desired.problems import Suggestions, not_declared, shown
from drift.desired.trees import Place, Trees, error, warning
from drift.errors import Problem
from drift.model.groups import DesiredGroup, PinnedLimit
from drift.model.limits import UNITS
from drift.model.wording import number


def sources_are_declared(trees: Trees) -> Iterator[Problem]:
    """V33: ``source`` is the external id of a group of some file."""
    suggestions = Suggestions(trees.external_ids)
    for group in trees.all:
        for path, _, limit in _each(group):
            source = limit.source
            if source is None or source in trees.external_ids:
                continue
            hint = suggestions.near(source) or "declare it, or give its internal id as `source_group`"
            message = f"the group {shown(source)} is {not_declared(complete=trees.complete)}"
            yield error("V33", Place(limit.at, trees.path(group, (*path, "source"))), message, hint)


def sources_set_what_is_pinned(trees: Trees) -> Iterator[Problem]:
    """V33 and V34: a limit comes from the group itself or an ancestor, and is what that group declares."""
    pinned = {key: group for key, group in trees.groups.items() if group.effective}
    by_id = {group.id: key for key, group in trees.groups.items()} if pinned else {}
    for key, group in pinned.items():
        chain = trees.forest.chain(key)
        certain = chain.complete and trees.is_root(chain.nodes[-1].key)
        line = {node.key for node in chain.nodes}
        for path, slug, limit in _each(group):
            source = limit.source or by_id.get(limit.source_group)
            if source is None:
                continue
            place = Place(limit.at, trees.path(group, path))
            if source not in line:
                if certain:
                    message = f"{trees.named(source)} is neither {shown(key)} nor an ancestor of it"
                    yield error("V33", place, message, "a group has limits of its own and of its ancestors only")
            elif trees.says_all(source, slug):
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


def _each(group: DesiredGroup) -> Iterator[tuple[Path, str, PinnedLimit]]:
    """Every pinned limit, with its path from the group and its model."""
    for index, model in enumerate(group.effective):
        counts = dict.fromkeys(UNITS, 0)
        for limit in model.limits:
            kind = limit.key.kind
            yield ("effective", index, kind, counts[kind]), model.slug, limit
            counts[kind] += 1
