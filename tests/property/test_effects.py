"""Whose limits in effect a difference moves, against an oracle that asks the prose for every group and limit."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from drift.checker.check import check
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import LimitKey, Models
from drift.model.readings import Found
from tests.builders import RPM, TPD, TPM, declared, live
from tests.unit.checker.test_check import ScriptedSource

SLUGS = ("a/one", "a/two")
LIMITS = (TPM, RPM, TPD)

limits = st.dictionaries(st.sampled_from(LIMITS), st.integers(1, 4), max_size=3)
models = st.dictionaries(st.sampled_from(SLUGS), limits, max_size=2)


@st.composite
def trees(draw: st.DrawFn) -> tuple[str, list[int | None], list[Models], int, Models]:
    """A mode, the parent and the models of each group, and one group with the models that it has live."""
    size = draw(st.integers(1, 6))
    parents = [None, *(draw(st.integers(0, at - 1)) for at in range(1, size))]
    return (
        draw(st.sampled_from(["INDEPENDENT", "CASCADING"])),
        parents,
        [draw(models) for _ in range(size)],
        draw(st.integers(0, size - 1)),
        draw(models),
    )


def binding(
    mode: str, parents: list[int | None], of_groups: list[Models], at: int, slug: str, limit: LimitKey
) -> int | None:
    """What the group may use of one limit at most: its nearest, or in a pool the least of all; None for no limit."""
    if slug not in of_groups[at]:
        return None
    found = []
    above: int | None = at
    while above is not None:
        if limit in of_groups[above].get(slug, {}):
            found.append(of_groups[above][slug][limit])
        above = parents[above]
    return (found[0] if mode == "INDEPENDENT" else min(found)) if found else None


def moved(before: Mapping[tuple[str, LimitKey], int | None], after: Mapping[tuple[str, LimitKey], int | None]) -> bool:
    return any(before[key] != after[key] for key in before)


@given(trees())
def test_a_difference_affects_exactly_the_groups_below_whose_limits_it_moves(
    tree: tuple[str, list[int | None], list[Models], int, Models],
) -> None:
    mode, parents, wanted, changed, found = tree
    actual = [*wanted[:changed], found, *wanted[changed + 1 :]]
    names = [f"g{at}" for at in range(len(parents))]

    def parent(at: int) -> str | None:
        above = parents[at]
        return None if above is None else names[above]

    desired: list[DesiredGroup] = [
        declared(names[at], parent=parent(at), models=wanted[at], limit_enforcement=mode) for at in range(len(names))
    ]
    groups: list[Group] = [
        live(
            names[at],
            parent_group_id=f"id-{parent(at)}" if parent(at) else None,
            models=actual[at],
            limit_enforcement=mode,
        )
        for at in range(len(names))
    ]
    source = ScriptedSource(*map(Found, desired, groups))

    report = check(desired, source, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), api_url="")

    affected = {
        entry.group.label
        for finding in report.findings
        if finding.rule != "response-anomaly"
        for entry in finding.affected
    }
    below = {at for at in range(len(names)) if at != changed and changed in ancestors(parents, at)}
    every = [(slug, limit) for slug in SLUGS for limit in LIMITS]
    of_all_together = {
        names[at]
        for at in below
        if moved(
            {key: binding(mode, parents, wanted, at, *key) for key in every},
            {key: binding(mode, parents, actual, at, *key) for key in every},
        )
    }
    assert of_all_together <= affected <= {names[at] for at in below}
    if len([finding for finding in report.findings if finding.rule != "response-anomaly"]) == 1:
        assert affected == of_all_together


def ancestors(parents: list[int | None], at: int) -> set[int]:
    above = parents[at]
    return set() if above is None else {above, *ancestors(parents, above)}
