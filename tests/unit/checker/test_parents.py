"""Which group a report says that each group hangs below."""

from drift.checker.parents import Parents
from drift.model.groups import GroupRef
from tests.builders import declared, live


def test_a_group_that_was_read_hangs_where_it_is_live_whatever_was_declared() -> None:
    desired = [declared("acme"), declared("other"), declared("prod", parent="acme")]
    found = {index: (live(name).ref, None) for index, name in enumerate(("acme", "other"))}

    parents = Parents(desired, {**found, 2: (live("prod").ref, "id-other")}, ())

    assert parents.of(2) == live("other").ref
    assert parents.of(0) is None


def test_a_group_that_was_not_read_hangs_where_it_was_declared() -> None:
    desired = [declared("acme"), declared("prod", parent="acme"), declared("lab", parent="gone")]

    parents = Parents(desired, {0: (live("acme").ref, None)}, ())

    assert parents.of(1) == live("acme").ref
    assert parents.of(2) == GroupRef(None, "gone")


def test_a_pinned_parent_is_found_by_its_internal_id() -> None:
    desired = [declared("acme", id="id-acme"), declared("prod", parent_group_id="id-acme")]

    assert Parents(desired, {}, ()).of(1) == desired[0].ref


def test_undeclared_groups_hang_below_each_other_and_below_what_nobody_read() -> None:
    top, below = live("top", parent_group_id="id-unknown"), live("below", parent_group_id="id-top")

    parents = Parents((), {}, (top, below))

    assert parents.live(below.parent_group_id) == top.ref
    assert parents.live(top.parent_group_id) == GroupRef("id-unknown", None)
