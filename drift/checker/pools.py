"""Live CASCADING trees in which a limit is above an ancestor's.

The API refuses to write such a limit (Rate limits page), and so do the rules for desired files. Where it is live all
the same, the group's own threshold says more than ever passes. Declared trees cannot be so: only trees that differ,
or of which not everything is declared, are looked at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from drift.checker.inherited import touches
from drift.checker.live import Live
from drift.model.declaration import Key
from drift.model.effective import Violation, cascading_violations
from drift.model.forest import Forest, Node
from drift.model.groups import Group
from drift.model.limits import LimitKey
from drift.model.paths import EffectiveLimitPath
from drift.model.wording import counted, number
from drift.report.finding import Affected, Finding, finding
from drift.rules import Severity

_MODE = "CASCADING"


class Overrun(Struct, frozen=True):
    """All declared groups with a limit above the same limit of one ancestor."""

    violations: tuple[Violation[Key], ...]
    """The highest threshold first."""
    positions: tuple[int, ...]
    """Of these groups, in the same order."""
    ancestor: Key


def overruns(live: Live, moved: Iterable[int]) -> tuple[Overrun, ...]:
    """What is above an ancestor's limit; ``moved`` are groups below another parent than declared."""
    groups = live.declaration.groups
    kept = (
        key for key, group in live.kept.items() if _MODE in (group.limit_enforcement, groups[key].limit_enforcement)
    )
    pools = [group for group in live.unmanaged if group.limit_enforcement == _MODE]
    touched: set[Key] = {*kept, *moved, *(group.id for group in pools)}
    if not touched:
        return ()
    # Trees in which nothing is touched are as declared, and declared trees cannot be so.
    whole = Forest(_nodes(live, pools))
    tops = {whole.chain(key).nodes[-1].key for key in touched}
    trees = Forest(whole.nodes[key] for top in tops for key in (top, *whole.descendants(top)))
    together: dict[tuple[Key, str, LimitKey], list[Violation[Key]]] = {}
    for violation in cascading_violations(trees):
        if isinstance(violation.key, int):
            together.setdefault((violation.ancestor, violation.slug, violation.limit), []).append(violation)
    return tuple(_overrun(ancestor, found) for (ancestor, _, _), found in together.items())


def _overrun(ancestor: Key, violations: list[Violation[Key]]) -> Overrun:
    violations.sort(key=lambda violation: -violation.threshold)
    positions = tuple(violation.key for violation in violations if isinstance(violation.key, int))
    return Overrun(tuple(violations), positions, ancestor)


def _nodes(live: Live, pools: Sequence[Group]) -> Iterator[Node[Key]]:
    for position, known in live.found.items():
        if known.group is not None:
            yield replace(live.node(known.group), key=position)
        else:
            desired = live.declaration.groups[position]
            parent = None if known.parent_group_id is None else live.key(known.parent_group_id)
            yield Node(position, parent, desired.limit_enforcement or "", desired.models or {})
    yield from map(live.node, pools)


def overrun_findings(
    live: Live, found: Iterable[Overrun], others: Mapping[int, Sequence[Finding]]
) -> Iterator[tuple[int, Finding]]:
    """One finding for each limit and ancestor, at the group that is furthest above it.

    Drift of that limit on either side explains it and is reported already: then it is information.
    """
    for overrun in found:
        position, first = overrun.positions[0], overrun.violations[0]
        drifted = _drifted(overrun, others)
        desired, also = live.declaration.groups[position], len(overrun.positions) - 1
        ancestor = live.found[overrun.ancestor].ref if isinstance(overrun.ancestor, int) else live.ref(overrun.ancestor)
        yield (
            position,
            finding(
                "response-anomaly",
                live.found[position].ref,
                EffectiveLimitPath(first.slug, first.limit),
                (None, first.threshold),
                message=f"{first.slug} {first.limit} {number(first.threshold)} is above the {number(first.ceiling)} of "
                f"its ancestor {ancestor.label}, which the API refuses in a CASCADING tree"
                + (f"; so it is for {counted(also, 'other group')}" if also else "")
                + (f"; it follows from the drift of {live.found[drifted].ref.label}" if drifted is not None else ""),
                source=desired.positions.limit(desired.models or {}, first.slug, first.limit),
                severity=Severity.INFO if drifted is not None else None,
                cause=ancestor,
                affected=[
                    Affected(live.found[other].ref, None, violation.threshold)
                    for other, violation in zip(overrun.positions[1:], overrun.violations[1:], strict=True)
                ],
            ),
        )


def _drifted(overrun: Overrun, others: Mapping[int, Sequence[Finding]]) -> int | None:
    """The ancestor, or else the group, if it has a finding of its own that touches the limit."""
    first = overrun.violations[0]
    for position in (overrun.ancestor, overrun.positions[0]):
        if isinstance(position, int) and touches(others.get(position, ()), first.slug, first.limit):
            return position
    return None
