"""What counts as a difference, in which direction, how bad, and on which line."""

import pytest
from msgspec import UNSET

from drift.checker.group import compare, compare_parent, missing, unmanaged
from drift.errors import Location
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import LimitKey, Models
from drift.report.finding import Finding
from drift.rules import Direction, Severity
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared, live

OTHER = "org/other"


def only(desired: DesiredGroup, group: Group) -> Finding:
    [finding] = compare(desired, group)
    return finding


def limits_finding(desired: dict[LimitKey, int], group: dict[LimitKey, int]) -> Finding:
    return only(declared(models={MODEL: desired}), live(models={MODEL: group}))


def test_equal_groups_have_no_findings() -> None:
    assert compare(declared(), live()) == ()


def test_what_is_not_declared_is_not_compared() -> None:
    desired = declared(name=UNSET, limit_enforcement=UNSET, parent=UNSET, models=UNSET)
    assert compare(desired, live(name="x", limit_enforcement="CASCADING", models={})) == ()


@pytest.mark.parametrize(
    ("before", "after", "rule", "direction", "severity", "size"),
    [
        (1000, 1500, "limit-raised", Direction.PERMISSIVE, Severity.MEDIUM, "1,000 -> 1,500 (+50 %)"),
        (1000, 2000, "limit-raised", Direction.PERMISSIVE, Severity.HIGH, "1,000 -> 2,000 (+100 %)"),
        (1000, 12000, "limit-raised", Direction.PERMISSIVE, Severity.HIGH, "1,000 -> 12,000 (x12)"),
        (0, 5, "limit-raised", Direction.PERMISSIVE, Severity.HIGH, "0 -> 5"),
        (1000, 999, "limit-lowered", Direction.RESTRICTIVE, Severity.MEDIUM, "1,000 -> 999 (-0.1 %)"),
        (1000, 500, "limit-lowered", Direction.RESTRICTIVE, Severity.HIGH, "1,000 -> 500 (-50 %)"),
        (1000, 0, "threshold-zero", Direction.RESTRICTIVE, Severity.HIGH, "1,000 -> 0 (-100 %)"),
        (10**30, 10**30 + 1, "limit-raised", Direction.PERMISSIVE, Severity.MEDIUM, "(+<0.1 %)"),
    ],
)
def test_a_threshold_moves(
    before: int, after: int, rule: str, direction: Direction, severity: Severity, size: str
) -> None:
    finding = limits_finding({TPM: before}, {TPM: after})

    assert (finding.rule, finding.direction, finding.severity) == (rule, direction, severity)
    assert (finding.desired, finding.live) == (before, after)
    assert size in finding.message
    assert finding.path.parts == ("models", MODEL, "rate_limits", "TOKEN/MINUTE")


def test_a_limit_goes_and_another_comes() -> None:
    gone, new = compare(declared(models={MODEL: {TPM: 5, TPD: 7}}), live(models={MODEL: {RPM: 3, TPM: 5}}))

    assert (gone.rule, gone.desired, gone.live) == ("limit-added", None, 3)
    assert (new.rule, new.desired, new.live) == ("limit-removed", 7, None)
    assert gone.direction is Direction.RESTRICTIVE
    assert new.direction is Direction.PERMISSIVE


@pytest.mark.parametrize(
    ("before", "after", "direction", "severity", "note"),
    [
        ({TPM: 60}, {TPS: 1}, Direction.NEUTRAL, Severity.LOW, "same mean rate, different burst"),
        ({TPM: 60}, {TPS: 60}, Direction.PERMISSIVE, Severity.HIGH, "per minute 60 -> 3,600 (x60)"),
        ({TPS: 10}, {TPM: 500}, Direction.RESTRICTIVE, Severity.MEDIUM, "per minute 600 -> 500 (-16.7 %)"),
    ],
)
def test_a_unit_change_is_one_finding_judged_by_the_mean_rate(
    before: dict[LimitKey, int], after: dict[LimitKey, int], direction: Direction, severity: Severity, note: str
) -> None:
    finding = limits_finding(before, after)

    assert finding.rule == "limit-unit-changed"
    assert (finding.direction, finding.severity) == (direction, severity)
    assert note in finding.message
    assert isinstance(finding.live, dict)
    assert finding.live["threshold"] == next(iter(after.values()))


def test_an_unknown_unit_is_a_change_without_a_direction() -> None:
    """The API may grow units; they are compared as text, not understood."""
    finding = limits_finding({TPM: 60}, {LimitKey("rate_limits", "TOKEN", "HOUR"): 60})

    assert (finding.rule, finding.direction) == ("limit-unit-changed", Direction.NEUTRAL)


def test_a_model_comes_with_its_limits() -> None:
    finding = only(declared(), live(models={MODEL: {TPM: 1000}, OTHER: {TPD: 5, RPM: 2}}))

    assert (finding.rule, finding.direction, finding.severity) == (
        "model-added",
        Direction.PERMISSIVE,
        Severity.HIGH,
    )
    assert finding.live == {
        "slug": OTHER,
        "rate_limits": [{"type": "REQUEST", "unit": "MINUTE", "threshold": 2}],
        "usage_limits": [{"type": "TOKEN", "unit": "DAY", "threshold": 5}],
    }


def test_cleared_models_say_that_nothing_is_left() -> None:
    finding = only(declared(), live(models={}))

    assert (finding.rule, finding.direction) == ("model-removed", Direction.RESTRICTIVE)
    assert "no models left" in finding.message


def test_listed_ignores_other_models_and_still_sees_its_own() -> None:
    desired = declared(manage="listed")

    assert compare(desired, live(models={MODEL: {TPM: 1000}, OTHER: {}})) == ()
    assert [f.rule for f in compare(desired, live(models={OTHER: {}}))] == ["model-removed"]


def test_names_that_begin_with_underscores_are_seen() -> None:
    desired: Models = {"__a": {TPM: 1}}
    assert only(declared(models=desired), live(models={"__a": {TPM: 2}})).rule == "limit-raised"
    assert only(declared(models=desired), live(models={"__a": {TPM: 1}, "__b": {}})).rule == "model-added"


def test_a_null_name_differs_from_an_empty_one() -> None:
    finding = only(declared(name=None), live(name=""))

    assert (finding.rule, finding.severity) == ("name-changed", Severity.LOW)
    assert finding.message == 'name null -> ""'


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ("CASCADING", "INDEPENDENT", Direction.PERMISSIVE),
        ("INDEPENDENT", "CASCADING", Direction.RESTRICTIVE),
        ("INDEPENDENT", "SOMETHING_NEW", Direction.NEUTRAL),
    ],
)
def test_the_mode_changes(before: str, after: str, direction: Direction) -> None:
    finding = only(declared(limit_enforcement=before), live(limit_enforcement=after))

    assert (finding.rule, finding.direction) == ("limit-enforcement-changed", direction)


def test_a_pinned_id_shows_a_recreated_group() -> None:
    finding = only(declared(id="old"), live(id="new"))

    assert (finding.rule, finding.desired, finding.live) == ("group-recreated", "old", "new")


def test_a_pinned_id_that_answers_as_another_group_is_an_anomaly() -> None:
    finding = only(declared("acme", id="x"), live("globex", id="x"))

    assert (finding.rule, finding.desired, finding.live) == ("response-anomaly", "acme", "globex")


def test_what_the_answer_contradicts_is_told() -> None:
    finding = only(declared(), live(anomalies=("slug org/model is listed twice",)))

    assert (finding.rule, finding.message) == ("response-anomaly", "slug org/model is listed twice")


def test_another_parent() -> None:
    name_of = {"p1": "acme-root", "p2": "globex-root"}.__getitem__
    desired = declared("acme-prod", parent="acme-root")

    moved = compare_parent(desired, live("acme-prod").ref, "p2", "p1", name_of)
    same = compare_parent(desired, live("acme-prod").ref, "p1", "p1", name_of)
    orphan = compare_parent(desired, live("acme-prod").ref, None, "p1", name_of)

    assert same is None
    assert moved is not None
    assert (moved.rule, moved.desired, moved.live) == ("parent-changed", "acme-root", "globex-root")
    assert orphan is not None
    assert "none (a root group)" in orphan.message


def test_a_missing_group_is_a_high_restrictive_finding() -> None:
    finding = missing(declared("acme"))

    assert (finding.rule, finding.severity, finding.direction) == (
        "group-missing",
        Severity.HIGH,
        Direction.RESTRICTIVE,
    )


def test_an_unmanaged_group_matters_more_below_a_declared_parent() -> None:
    assert unmanaged(live("stranger"), None).severity is Severity.LOW
    assert unmanaged(live("stranger"), declared("acme")).severity is Severity.MEDIUM


def test_every_finding_points_at_the_line_that_declares_it() -> None:
    """Lines as `declared` lays them out: group, id, external id, name, mode, parent, models, then each model."""
    desired = declared(id="old", models={MODEL: {TPM: 1, TPD: 2}, OTHER: {RPM: 3}}, line=10)
    group = live(id="new", name="x", limit_enforcement="CASCADING", models={MODEL: {TPM: 9}, "org/new": {}})

    lines = {finding.rule: finding.source for finding in compare(desired, group)}

    assert lines == {
        "group-recreated": Location("desired/acme.yaml", 11, 3),
        "name-changed": Location("desired/acme.yaml", 13, 3),
        "limit-enforcement-changed": Location("desired/acme.yaml", 14, 3),
        "model-added": Location("desired/acme.yaml", 16, 3),
        "limit-raised": Location("desired/acme.yaml", 18, 3),
        "limit-removed": Location("desired/acme.yaml", 19, 3),
        "model-removed": Location("desired/acme.yaml", 20, 3),
    }


def test_a_limit_from_a_profile_names_the_profile() -> None:
    finding = only(declared(profiles={MODEL: "gold"}), live(models={MODEL: {TPM: 1}}))

    assert finding.message.endswith("[profile gold]")
