"""Effective limits: who moved them, told once, and never as drift by itself."""

from datetime import UTC, datetime

import pytest

from drift.checker.check import check
from drift.errors import Cause
from drift.model.groups import DesiredGroup
from drift.model.limits import Models
from drift.model.readings import Failed, Found, Missing
from drift.report.finding import Affected, Finding
from drift.report.report import Report, Verdict
from tests.builders import MODEL, RPM, TPD, TPM, declared, effective, live
from tests.unit.checker.test_check import ScriptedSource

PARENT = declared("acme", models={MODEL: {TPM: 100, TPD: 900}})
CHILD = declared("acme-eu", parent="acme", models={MODEL: {RPM: 5}}, line=40)
SAME_PARENT = live("acme", models={MODEL: {TPM: 100, TPD: 900}})
INHERITED = ((RPM, 5, "id-acme-eu"), (TPM, 100, "id-acme"), (TPD, 900, "id-acme"))


def run(source: ScriptedSource, *desired: DesiredGroup) -> Report:
    return check(desired, source, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), api_url="")


def child(*limits: tuple[object, int, str], models: Models | None = None) -> Found:
    group = live(
        "acme-eu",
        parent_group_id="id-acme",
        models={MODEL: {RPM: 5}} if models is None else models,
        effective_models=effective(*limits),  # type: ignore[arg-type]  # the tuples above
    )
    return Found(CHILD, group)


def only(report: Report) -> Finding:
    [finding] = report.findings
    return finding


def test_what_the_declared_tree_predicts_is_silent() -> None:
    source = ScriptedSource(Found(PARENT, SAME_PARENT), child(*INHERITED))

    assert run(source, PARENT, CHILD).findings == ()
    assert source.suspects == []


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param([(RPM, 5, "id-acme-eu")], id="a group with own limits inherits none for the slug"),
        pytest.param([(TPD, 900, "id-acme"), (RPM, 5, "id-acme-eu"), (TPM, 100, "id-acme")], id="another order"),
    ],
)
def test_every_documented_reading_is_accepted(limits: list[tuple[object, int, str]]) -> None:
    assert run(ScriptedSource(Found(PARENT, SAME_PARENT), child(*limits)), PARENT, CHILD).findings == ()


def test_effective_limits_that_are_not_reported_are_not_compared() -> None:
    source = ScriptedSource(
        Found(PARENT, SAME_PARENT), Found(CHILD, live("acme-eu", parent_group_id="id-acme", models={MODEL: {RPM: 5}}))
    )

    assert run(source, PARENT, CHILD).findings == ()


def test_a_drifted_ancestor_lists_those_it_affects_and_is_the_only_finding() -> None:
    raised = live("acme", models={MODEL: {TPM: 150, TPD: 900}})
    source = ScriptedSource(
        Found(PARENT, raised), child((RPM, 5, "id-acme-eu"), (TPM, 150, "id-acme"), (TPD, 900, "id-acme"))
    )

    report = run(source, PARENT, CHILD)

    finding = only(report)
    assert (finding.rule, finding.group.label) == ("limit-raised", "acme")
    assert finding.affected == (Affected(live("acme-eu").ref, 100, 150),)
    assert [entry.status.value for entry in report.groups] == ["drift", "in-sync"]


def test_a_limit_that_an_ancestor_lost_affects_its_heirs_too() -> None:
    source = ScriptedSource(
        Found(PARENT, live("acme", models={MODEL: {TPM: 100}})),
        child((RPM, 5, "id-acme-eu"), (TPM, 100, "id-acme")),
    )

    report = run(source, PARENT, CHILD)

    assert only(report).rule == "limit-removed"


def test_a_mismatch_that_nothing_explains_is_information_and_no_drift() -> None:
    source = ScriptedSource(
        Found(PARENT, SAME_PARENT), child((RPM, 5, "id-acme-eu"), (TPM, 70, "id-acme"), (TPD, 900, "id-acme"))
    )

    report = run(source, PARENT, CHILD)

    finding = only(report)
    assert (report.verdict, report.exit_code) == (Verdict.IN_SYNC, 0)
    assert (finding.rule, finding.severity.value, finding.desired, finding.live) == (
        "effective-limit-changed",
        "info",
        100,
        70,
    )
    assert finding.cause == live("acme").ref


def test_a_reading_that_contradicts_its_ancestors_is_read_again_with_it() -> None:
    """A tree is read group by group; a change in between tears the picture."""
    torn = child((RPM, 5, "id-acme-eu"), (TPM, 150, "id-acme"), (TPD, 900, "id-acme"))
    raised = live("acme", models={MODEL: {TPM: 150, TPD: 900}})
    source = ScriptedSource(Found(PARENT, SAME_PARENT), torn, confirm=[Found(PARENT, raised), torn])

    report = run(source, PARENT, CHILD)

    assert source.suspects == [PARENT, CHILD]
    assert only(report).rule == "limit-raised"


def test_two_changes_while_reading_are_read_again_too() -> None:
    torn = child((RPM, 5, "id-acme-eu"), (TPM, 120, "id-acme"), (TPD, 900, "id-acme"))
    raised = Found(PARENT, live("acme", models={MODEL: {TPM: 150, TPD: 900}}))
    settled = child((RPM, 5, "id-acme-eu"), (TPM, 150, "id-acme"), (TPD, 900, "id-acme"))
    source = ScriptedSource(raised, torn, confirm=[raised, settled])

    finding = only(run(source, PARENT, CHILD))

    assert source.suspects == [PARENT, CHILD]
    assert finding.affected == (Affected(live("acme-eu").ref, 100, 150),)


def test_an_undeclared_ancestor_is_named_once_for_all_it_limits() -> None:
    groups = [declared(f"g{n}", parent_group_id="id-root", parent=None, models={MODEL: {}}, line=9 * n) for n in (1, 2)]
    readings = [
        Found(
            group,
            live(
                group.external_entity_id or "",
                parent_group_id="id-root",
                models={MODEL: {}},
                effective_models=effective((TPM, 5000, "id-root")),
            ),
        )
        for group in groups
    ]

    finding = only(run(ScriptedSource(*readings), *groups))

    assert finding.message == "unmanaged ancestor id-root sets org/model TOKEN/MINUTE 5,000 for 2 declared groups"
    assert (finding.severity.value, finding.cause and finding.cause.id, len(finding.affected)) == ("info", "id-root", 2)


def test_groups_without_a_complete_declaration_have_no_prediction() -> None:
    listed = declared("acme", models={MODEL: {}}, manage="listed")
    source = ScriptedSource(Found(listed, live("acme", models={MODEL: {}, "x/y": {TPM: 1}})), child(*INHERITED))

    assert run(source, listed, CHILD).findings == ()


CASCADE = declared("acme", models={MODEL: {TPM: 100}}, limit_enforcement="CASCADING")
POOLED = declared("acme-eu", parent="acme", models={MODEL: {TPM: 70}}, limit_enforcement="CASCADING", line=40)


@pytest.mark.parametrize(
    "limits", [[(TPM, 70, "id-acme-eu"), (TPM, 100, "id-acme")], [(TPM, 70, "id-acme-eu")]], ids=["all", "own only"]
)
def test_a_pool_may_be_listed_beside_the_own_limit_or_not(limits: list[tuple[object, int, str]]) -> None:
    root = live("acme", models={MODEL: {TPM: 100}}, limit_enforcement="CASCADING")
    member = live(
        "acme-eu",
        parent_group_id="id-acme",
        limit_enforcement="CASCADING",
        models={MODEL: {TPM: 70}},
        effective_models=effective(*limits),  # type: ignore[arg-type]  # the tuples above
    )

    assert run(ScriptedSource(Found(CASCADE, root), Found(POOLED, member)), CASCADE, POOLED).findings == ()


def test_a_deleted_tree_is_one_finding_that_counts_what_it_took_with_it() -> None:
    leaf = declared("acme-eu-1", parent="acme-eu", line=60)
    other = declared("globex", line=80)
    source = ScriptedSource(Missing(PARENT), Missing(CHILD), Missing(leaf), Found(other, live("globex")))

    report = run(source, PARENT, CHILD, leaf, other)

    finding = only(report)
    assert (finding.rule, finding.group.label) == ("group-missing", "acme")
    assert [affected.group.label for affected in finding.affected] == ["acme-eu", "acme-eu-1"]
    assert report.counts.missing == 3


def test_a_child_that_alone_is_gone_is_its_own_finding() -> None:
    report = run(ScriptedSource(Found(PARENT, SAME_PARENT), Missing(CHILD)), PARENT, CHILD)

    assert (only(report).group.label, only(report).affected) == ("acme-eu", ())


def test_an_unread_parent_explains_no_deletion() -> None:
    source = ScriptedSource(Failed(PARENT, Cause.SERVER_ERROR, "503", "/x"), Missing(CHILD))

    assert only(run(source, PARENT, CHILD)).group.label == "acme-eu"


def test_a_recreated_parent_explains_its_recreated_children() -> None:
    parent, kid = declared("acme", id="old"), declared("acme-eu", id="old-eu", parent="acme", line=40)
    source = ScriptedSource(
        Found(parent, live("acme", id="new")), Found(kid, live("acme-eu", id="new-eu", parent_group_id="new"))
    )

    finding = only(run(source, parent, kid))

    assert (finding.rule, finding.group.label) == ("group-recreated", "acme")
    assert [affected.group.label for affected in finding.affected] == ["acme-eu"]


def test_limits_of_a_group_that_hangs_elsewhere_now_are_no_information_of_their_own() -> None:
    """Being moved is its own finding, and explains what it inherits at its new place."""
    root, other = declared("acme"), declared("globex", models={MODEL: {TPM: 1000, TPD: 900}}, line=40)
    moved = live(
        "acme",
        parent_group_id="id-globex",
        effective_models=effective((TPM, 1000, "id-acme"), (TPD, 900, "id-globex")),
    )
    source = ScriptedSource(Found(root, moved), Found(other, live("globex", models=other.models or {})))

    assert only(run(source, root, other)).rule == "parent-changed"
