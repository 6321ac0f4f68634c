"""Limits in effect that the gateway reports against those that the tree implies.

A contradiction is never drift by itself: the documentation leaves open how ``effective_models`` is derived in three
points, and what it leaves open is accepted here in every reading:

* a CASCADING group may list its ancestors' limits beside its own, or only some of them, or none;
* an INDEPENDENT group with limits of its own on a slug may inherit others for that slug, or not;
* slugs that only ancestors list may appear or not.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import UNSET, Struct

from drift.checker.live import Live
from drift.model.declaration import Declaration, Key
from drift.model.effective import applying, by_source
from drift.model.forest import Node
from drift.model.groups import Group, GroupRef
from drift.model.limits import EffectiveModels, LimitKey, Limits
from drift.model.paths import EffectiveLimitPath, FieldPath, LimitPath, ModelPath, RateLimitPath
from drift.model.wording import counted, number
from drift.report.finding import Affected, Finding, finding


class Contradiction(Struct, frozen=True):
    """One limit of a group that is in effect in another way than its tree implies."""

    position: int
    slug: str
    limit: LimitKey
    expected: int | None
    """The smallest threshold that the tree implies; None if it implies none."""
    reported: int | None
    source: Key | None
    """The group that sets the unexpected limit, or else the one whose limit is expected."""


def contradicts(declaration: Declaration, position: int, group: Group) -> bool:
    """Whether the group's reported limits are not what the declared tree implies."""
    if group.effective_models is None or group.parent_group_id is None:
        return False  # a root's effective limits are its own; those are compared as such
    if _hangs_below_unmanaged(declaration, position):
        return any(key.source_group != group.id for limits in group.effective_models.values() for key in limits)
    chain = declaration.forest.chain(position)
    if not chain.complete or not all(map(declaration.says_all, (position, *declaration.above(position)))):
        return False
    return any(_unexpected(chain.nodes, position, group.effective_models, str))


def contradictions(live: Live) -> list[Contradiction]:
    """What neither the declared tree explains, so that the group was kept, nor the one that is live."""
    return [found for position, group in live.kept.items() for found in _of_group(live, position, group)]


def information(
    live: Live, found: Sequence[Contradiction], others: Mapping[int, Sequence[Finding]]
) -> Iterator[Finding]:
    """Findings that are no drift, one for each limit and the group that sets it.

    Where the limit is pinned, what the tree implies does not count. Where a group of the chain drifted in this limit,
    that is reported already, and the group may have been read before.
    """
    together: dict[tuple[Key | None, str, LimitKey], list[Contradiction]] = {}
    for entry in found:
        chain = (entry.position, *live.declaration.above(entry.position))
        pinned = any(pin.slug == entry.slug for pin in live.declaration.groups[entry.position].effective)
        if pinned or any(touches(others.get(position, ()), entry.slug, entry.limit) for position in chain):
            continue
        together.setdefault((entry.source, entry.slug, entry.limit), []).append(entry)
    for (source, slug, limit), entries in together.items():
        first, groups = entries[0], len(entries)
        if isinstance(source, str):
            cause: GroupRef | None = GroupRef(source, None)
            message = (
                f"unmanaged ancestor {source} sets {slug} {limit} {_shown(first.reported)} "
                f"for {counted(groups, 'declared group')}"
            )
        else:
            cause = None if source is None else live.ref_at(source)
            message = (
                f"{slug} {limit}: effective {_shown(first.reported)} where the tree implies {_shown(first.expected)}, "
                f"for {counted(groups, 'group')}; no declared ancestor drifted"
            )
        at = source if isinstance(source, int) else first.position
        yield finding(
            "effective-limit-changed",
            live.ref_at(at),
            EffectiveLimitPath(slug, limit),
            (first.expected, first.reported),
            message=message,
            source=live.declaration.groups[at].positions.field("group"),
            cause=cause,
            affected=[Affected(live.found[e.position].ref, e.expected, e.reported) for e in entries],
        )


def touches(findings: Sequence[Finding], slug: str, limit: LimitKey) -> bool:
    """Whether one of a group's own findings changes the limit for those below it."""
    place = (FieldPath("limit_enforcement"), FieldPath("parent_group_id"))
    paths = {*place, ModelPath(slug), RateLimitPath(slug, limit.type), LimitPath(slug, limit)}
    return any(finding.path in paths for finding in findings)


def _shown(threshold: int | None) -> str:
    return "unlimited" if threshold is None else number(threshold)


def _of_group(live: Live, position: int, group: Group) -> Iterator[Contradiction]:
    if group.effective_models is None or group.parent_group_id is None:
        return
    if _hangs_below_unmanaged(live.declaration, position):
        for slug, limits in group.effective_models.items():
            for limit, thresholds in by_source(limits, live.key).items():
                for source, threshold in thresholds.items():
                    if isinstance(source, str):
                        yield Contradiction(position, slug, limit, None, threshold, source)
        return
    chain = live.forest.chain(position)
    if chain.complete and all(live.declaration.says_all(node.key) for node in chain.nodes if isinstance(node.key, int)):
        yield from _unexpected(chain.nodes, position, group.effective_models, live.key)


def _hangs_below_unmanaged(declaration: Declaration, position: int) -> bool:
    parent = declaration.groups[position].parent_group_id
    return parent is not UNSET and parent not in declaration.of_pinned_id


def _unexpected(
    chain: Sequence[Node[Key]], position: int, reported: EffectiveModels, key: Callable[[str], Key]
) -> Iterator[Contradiction]:
    """The limits on the group's own slugs that no reading of the documentation derives from the chain."""
    cascading = chain[0].limit_enforcement == "CASCADING"
    for slug, own in chain[0].models.items():
        expected, actual = applying(chain, slug), by_source(reported.get(slug, {}), key)
        for limit in dict.fromkeys((*expected, *actual)):
            wanted, found = expected.get(limit, {}), actual.get(limit, {})
            if not _explained(wanted, found, own, limit, cascading=cascading):
                sources = (_only_in(found, wanted), _only_in(wanted, found))
                yield Contradiction(
                    position,
                    slug,
                    limit,
                    min(wanted.values(), default=None),
                    min(found.values(), default=None),
                    next((source for source in sources if isinstance(source, int)), None),
                )


def _explained(
    wanted: Mapping[Key, int], found: Mapping[Key, int], own: Limits, limit: LimitKey, *, cascading: bool
) -> bool:
    thresholds, predicted = Counter(found.values()), Counter(wanted.values())
    if thresholds == predicted:
        return True
    if cascading:
        return thresholds <= predicted and (limit not in own or own[limit] in thresholds)
    return not found and bool(own) and limit not in own


def _only_in(one: Mapping[Key, int], other: Mapping[Key, int]) -> Key | None:
    """The group with the smallest threshold that the other side does not have."""
    missing = Counter(one.values()) - Counter(other.values())
    return min((source for source in one if one[source] in missing), key=lambda source: one[source], default=None)
