"""Groups that are gone because an ancestor is: told once, at the ancestor.

Deleting a group deletes all groups below it (Delete group page of the API docs), so one deletion high up would
otherwise be reported once for every descendant.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from drift.model.forest import desired_forest, desired_key
from drift.model.groups import DesiredGroup
from drift.report.finding import Affected, Finding

_GONE = frozenset({"group-missing", "group-recreated"})


def fold(findings: Mapping[int, Sequence[Finding]], desired: Sequence[DesiredGroup]) -> dict[int, list[Finding]]:
    """The findings, by position, with every deletion moved to the topmost declared ancestor that is gone too.

    The descendants are listed as affected there. Their other findings stay with them.
    """
    gone = {position for position, of_group in findings.items() if _deletion(of_group)}
    if len(gone) < 2:  # noqa: PLR2004 - nothing to fold into something else
        return {position: list(of_group) for position, of_group in findings.items()}
    forest = desired_forest(desired)
    position_of = {desired_key(group): position for position, group in enumerate(desired)}
    below: dict[int, list[Affected]] = {}
    folded: set[int] = set()
    for position in sorted(gone):
        top = position
        for node in forest.chain(desired_key(desired[position])).nodes[1:]:
            ancestor = position_of[node.key]
            if ancestor not in gone:
                break
            top = ancestor
        if top != position:
            folded.add(position)
            below.setdefault(top, []).append(Affected(desired[position].ref, None, None))
    return {
        position: [
            replace(finding, affected=tuple(below.get(position, ()))) if finding.rule in _GONE else finding
            for finding in of_group
            if not (position in folded and finding.rule in _GONE)
        ]
        for position, of_group in findings.items()
    }


def _deletion(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.rule in _GONE), None)
