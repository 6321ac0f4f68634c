"""What a tree says of its groups: their order, whose limits bind them, and what a check found."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from drift.checker.group import compare, missing, unmanaged
from drift.errors import Cause, Location
from drift.model.groups import DesiredGroup, Group
from drift.report.finding import Finding
from drift.report.report import Gate, GroupEntry, Report, Status, Unread, assemble
from drift.tree import BindingLimit, Tally, Tree, TreeNode, View, compared_tree, desired_tree, live_tree
from tests.builders import MODEL, RPM, TPD, TPM, declared, effective, live

URL = "http://127.0.0.1"


def report_of(
    groups: Sequence[tuple[DesiredGroup, Group | None, Status]],
    findings: Sequence[Finding] = (),
    unread: Sequence[Unread] = (),
    undeclared: Sequence[Group] = (),
) -> Report:
    return assemble(
        findings=findings,
        unread=unread,
        groups=[
            *(
                GroupEntry((found or group).ref, status, group.positions.field("group"))
                for group, found, status in groups
            ),
            *(GroupEntry(group.ref, Status.UNMANAGED, None) for group in undeclared),
        ],
        transient=0,
        gate=Gate(),
        api_url=URL,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def outline(tree: Tree) -> list[tuple[int, str]]:
    return [(node.level, node.group.label) for node in tree.groups]


def node(tree: Tree, label: str) -> TreeNode:
    [found] = [node for node in tree.groups if node.group.label == label]
    return found


def limits(tree: Tree, label: str, slug: str = MODEL) -> dict[str, tuple[int, str, str]]:
    [model] = [model for model in node(tree, label).models if model.slug == slug]
    return {f"{limit.type}/{limit.unit}": (limit.threshold, limit.binds, limit.source_group) for limit in model.limits}


def test_declared_groups_stand_in_the_order_of_the_files_each_below_its_parent() -> None:
    tree = desired_tree(
        [
            declared("b-eu", parent="b"),
            declared("b"),
            declared("a"),
            declared("b-eu-1", parent="b-eu"),
            declared("b-us", parent="b"),
        ]
    )

    assert outline(tree) == [(1, "b"), (2, "b-eu"), (3, "b-eu-1"), (2, "b-us"), (1, "a")]
    assert (tree.view, tree.trees, tree.total, tree.api_url) == (View.DESIRED, 2, Tally(groups=5), None)
    assert [entry.below.groups for entry in tree.groups] == [3, 1, 0, 0, 0]
    assert [entry.parent for entry in tree.groups] == [None, "b", "b-eu", "b", None]


def test_live_groups_stand_in_the_order_of_their_external_ids_however_they_were_listed() -> None:
    groups = [live("b"), live("a-2", parent_group_id="id-a"), live("a"), live("a-1", parent_group_id="id-a")]

    tree = live_tree(groups, api_url=URL)

    assert outline(tree) == [(1, "a"), (2, "a-1"), (2, "a-2"), (1, "b")]
    assert live_tree(reversed(groups), api_url=URL) == tree
    assert node(tree, "a-1").parent == "a"


def test_in_an_independent_tree_a_limit_is_the_groups_own_or_its_nearest_ancestors() -> None:
    tree = desired_tree(
        [
            declared("root", models={MODEL: {TPM: 100, RPM: 10, TPD: 1}}),
            declared("mid", parent="root", models={MODEL: {RPM: 20}}),
            declared("leaf", parent="mid", models={MODEL: {TPM: 300}}),
        ]
    )

    assert limits(tree, "leaf") == {
        "TOKEN/MINUTE": (300, "own", "leaf"),
        "REQUEST/MINUTE": (20, "inherited", "mid"),
        "TOKEN/DAY": (1, "inherited", "root"),
    }


def test_in_a_cascading_tree_the_tightest_pool_on_the_way_to_the_root_binds() -> None:
    mode = "CASCADING"
    tree = desired_tree(
        [
            declared("root", models={MODEL: {TPM: 100, RPM: 5}}, limit_enforcement=mode),
            declared("mid", parent="root", models={MODEL: {TPM: 70, RPM: 9}}, limit_enforcement=mode),
            declared("leaf", parent="mid", models={MODEL: {TPM: 70, RPM: 9}}, limit_enforcement=mode),
        ]
    )

    assert limits(tree, "leaf") == {"TOKEN/MINUTE": (70, "own", "leaf"), "REQUEST/MINUTE": (5, "pool", "root")}
    [_, request] = sorted(node(tree, "leaf").models[0].limits, key=lambda limit: limit.type, reverse=True)
    assert request == BindingLimit("rate_limits", "REQUEST", "MINUTE", 5, "pool", "root", own=9)


def test_a_live_limit_is_what_the_gateway_reports_as_effective() -> None:
    child = live(
        "child",
        parent_group_id="id-root",
        models={MODEL: {TPM: 5}},
        effective_models=effective((TPM, 5, "id-child"), (RPM, 44, "id-root")),
    )

    tree = live_tree([live("root", models={MODEL: {RPM: 10, TPD: 7}}), child], api_url=URL)

    assert limits(tree, "child") == {"TOKEN/MINUTE": (5, "own", "child"), "REQUEST/MINUTE": (44, "inherited", "root")}


def test_a_live_pool_binds_even_if_it_is_not_among_the_effective_limits() -> None:
    root = live("root", models={MODEL: {RPM: 10}}, limit_enforcement="CASCADING")
    child = live(
        "child",
        parent_group_id="id-root",
        limit_enforcement="CASCADING",
        models={MODEL: {TPM: 5}},
        effective_models=effective((TPM, 5, "id-child")),
    )

    tree = live_tree([root, child], api_url=URL)

    assert limits(tree, "child")["REQUEST/MINUTE"] == (10, "pool", "root")


def test_what_is_not_declared_is_not_made_up() -> None:
    tree = desired_tree(
        [
            declared("bare", models=UNSET, limit_enforcement=UNSET, parent=UNSET),
            declared("listed", manage="listed"),
            declared("child", parent_group_id="abc"),
        ]
    )

    assert (node(tree, "bare").limit_enforcement, node(tree, "bare").complete) == (None, False)
    assert not node(tree, "listed").complete
    assert node(tree, "child").note == "its parent abc is not declared"


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_a_cycle_is_shown_from_one_of_its_groups_on_with_all_that_hangs_below(size: int) -> None:
    ring = [live(f"g{number}", parent_group_id=f"id-g{(number + 1) % size}") for number in range(size)]

    tree = live_tree([*ring, live("tail", parent_group_id="id-g0"), live("sound")], api_url=URL)

    assert {label for _, label in outline(tree)} == {*(f"g{number}" for number in range(size)), "tail", "sound"}
    assert tree.total.groups == size + 2
    [note] = [entry.note for entry in tree.groups if entry.note]
    assert note.startswith("a cycle without a root: g")
    assert note.count(" below ") <= 6


def test_a_group_with_a_missing_parent_stands_at_the_top_and_says_so() -> None:
    tree = live_tree([live("a", parent_group_id="id-gone"), live("b", parent_group_id="id-a")], api_url=URL)

    assert outline(tree) == [(1, "a"), (2, "b")]
    assert node(tree, "a").note == "its parent id-gone is not among the live groups"


def test_groups_with_the_same_id_are_shown_once_with_a_note() -> None:
    tree = live_tree([live("a", id="x"), live("b", id="x")], api_url=URL)

    assert outline(tree) == [(1, "a")]
    assert node(tree, "a").note == "of several groups with this id the first"


@given(st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=12))
def test_every_group_of_any_forest_is_shown_once_and_counted_once(parents: list[int | None]) -> None:
    groups = [
        live(f"{number:02}", parent_group_id=None if parent is None else f"id-{parent:02}")
        for number, parent in enumerate(parents)
    ]

    tree = live_tree(groups, api_url=URL)

    assert sorted(entry.group.label for entry in tree.groups) == [group.external_entity_id for group in groups]
    assert tree.total.groups == len(groups)
    for index, entry in enumerate(tree.groups):
        below = tree.groups[index + 1 : index + 1 + entry.below.groups]
        assert all(other.level > entry.level for other in below)
        assert all(other.level <= entry.level for other in tree.groups[index + 1 + len(below) :][:1])


def test_a_chain_far_longer_than_the_api_accepts_is_shown() -> None:
    groups = [live(f"{number:04}", parent_group_id=f"id-{number - 1:04}" if number else None) for number in range(2000)]

    tree = live_tree(groups, api_url=URL)

    assert tree.groups[-1].level == 2000


class TestBoth:
    def test_marks_and_counts_come_from_the_report(self) -> None:
        root = declared("acme", line=10)
        drifted, gone = declared("acme-eu", parent="acme", line=20), declared("acme-us", parent="acme", line=30)
        unread = declared("acme-uk", parent="acme-eu", line=40)
        changed = live("acme-eu", name="Other", models={MODEL: {TPM: 5}}, parent_group_id="id-acme")
        report = report_of(
            [
                (root, live("acme"), Status.IN_SYNC),
                (drifted, changed, Status.DRIFT),
                (gone, None, Status.MISSING),
                (unread, None, Status.UNREAD),
            ],
            findings=[*compare(drifted, changed), missing(gone)],
            unread=[Unread(unread.ref, Cause.SERVER_ERROR, "503", "/v1", Location("desired/acme.yaml", 40, 3))],
        )

        tree = compared_tree([root, drifted, gone, unread], report, [])

        assert [(entry.group.label, entry.status, entry.findings) for entry in tree.groups] == [
            ("acme", Status.IN_SYNC, 0),
            ("acme-eu", Status.DRIFT, 2),
            ("acme-uk", Status.UNREAD, 0),
            ("acme-us", Status.MISSING, 1),
        ]
        assert tree.groups[0].below == Tally(groups=3, drift=1, missing=1, unread=1, findings=3)
        assert tree.total == Tally(groups=4, in_sync=1, drift=1, missing=1, unread=1, findings=3)
        assert node(tree, "acme-uk").note == "503"
        assert node(tree, "acme-eu").group.name == "Acme"
        assert limits(tree, "acme-eu")["TOKEN/MINUTE"] == (1000, "own", "acme-eu")

    def test_undeclared_groups_hang_where_they_are_live(self) -> None:
        root = declared("acme")
        strangers = [
            live("shadow", parent_group_id="id-acme"),
            live("deeper", parent_group_id="id-shadow"),
            live("alone"),
            live("orphan", parent_group_id="acme"),
        ]
        report = report_of(
            [(root, live("acme"), Status.IN_SYNC)],
            findings=[unmanaged(group, None) for group in strangers],
            undeclared=strangers,
        )

        tree = compared_tree([root], report, strangers)

        assert outline(tree) == [(1, "acme"), (2, "shadow"), (3, "deeper"), (1, "alone"), (1, "orphan")]
        assert [entry.status for entry in tree.groups[1:]] == [Status.UNMANAGED] * 4
        assert tree.total == Tally(groups=5, in_sync=1, unmanaged=4, findings=4)
        assert node(tree, "orphan").note == "its parent acme is neither declared nor seen"

    def test_a_stranger_is_never_taken_for_a_declared_group_of_its_name(self) -> None:
        pinned = declared(None, id="x")
        stranger = live("x", id="y")

        tree = compared_tree(
            [pinned], report_of([(pinned, live("acme", id="x"), Status.IN_SYNC)], undeclared=[stranger]), [stranger]
        )

        assert [(entry.group.id, entry.status) for entry in tree.groups] == [
            ("x", Status.IN_SYNC),
            ("y", Status.UNMANAGED),
        ]

    def test_a_declared_group_hangs_below_the_undeclared_group_it_names_by_id(self) -> None:
        child = declared("child", parent=UNSET, parent_group_id="id-root", models={MODEL: {TPM: 5}})
        root = live("root", models={MODEL: {RPM: 7}})
        report = report_of([(child, live("child"), Status.IN_SYNC)], undeclared=[root])

        tree = compared_tree([child], report, [root])

        assert outline(tree) == [(1, "root"), (2, "child")]
        assert limits(tree, "child")["REQUEST/MINUTE"] == (7, "inherited", "root")

    def test_a_strangers_limits_name_declared_groups_as_people_do(self) -> None:
        root = declared("acme", models={MODEL: {RPM: 7}})
        stranger = live(
            "shadow",
            parent_group_id="id-acme",
            models={MODEL: {}},
            effective_models=effective((RPM, 9, "id-acme"), (TPM, 3, "id-unseen")),
        )
        report = report_of([(root, live("acme"), Status.IN_SYNC)], undeclared=[stranger])

        tree = compared_tree([root], report, [stranger])

        assert limits(tree, "shadow") == {
            "REQUEST/MINUTE": (9, "inherited", "acme"),
            "TOKEN/MINUTE": (3, "inherited", "id-unseen"),
        }

    def test_a_group_that_is_not_declared_whole_takes_its_name_from_the_live_one(self) -> None:
        group = declared("acme", name=UNSET)

        tree = compared_tree([group], report_of([(group, live("acme", name="Live"), Status.IN_SYNC)]), [])

        assert (tree.groups[0].group.name, tree.groups[0].group.id) == ("Live", "id-acme")
