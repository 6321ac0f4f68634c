"""Live CASCADING trees that the API would have refused: told once, at the group that is above its ancestor."""

from datetime import UTC, datetime

from msgspec import UNSET

from drift.checker.check import check
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import Models
from drift.model.readings import Found
from drift.report.finding import Affected, Finding
from drift.report.report import Report, Status
from tests.builders import MODEL, RPM, TPM, declared, live
from tests.unit.checker.test_check import ScriptedSource


def group(name: str, threshold: int | None, parent: str | None = "acme", **more: object) -> DesiredGroup:
    models = UNSET if threshold is None else {MODEL: {TPM: threshold}}
    mode = "CASCADING"
    return declared(name, models=models, parent=parent, limit_enforcement=mode, **more)  # type: ignore[arg-type]


def pool(name: str, threshold: int, parent: str | None = "acme", mode: str = "CASCADING") -> Group:
    models: Models = {MODEL: {TPM: threshold}}
    return live(name, parent_group_id=parent and f"id-{parent}", limit_enforcement=mode, models=models)


def run(*pairs: tuple[DesiredGroup, Group], unmanaged: tuple[Group, ...] = ()) -> tuple[Report, ScriptedSource]:
    readings = [Found(desired, found) for desired, found in pairs]
    source = ScriptedSource(*readings, *(Found(None, group) for group in unmanaged))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    desired = [one for one, _ in pairs]
    return check(desired, source, now=lambda: now, api_url="", unmanaged=bool(unmanaged)), source


def anomalies(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.rule == "response-anomaly"]


ROOT, SAME_ROOT = group("acme", 1000, None), pool("acme", 1000, None)


def test_a_tree_as_declared_is_silent() -> None:
    report, source = run((ROOT, SAME_ROOT), (group("eu", 1000), pool("eu", 1000)))

    assert (report.findings, source.suspects) == ((), [])


def test_an_unmanaged_limit_above_an_ancestors_is_drift_and_read_again_with_the_ancestor() -> None:
    report, source = run((ROOT, SAME_ROOT), (group("eu", None), pool("eu", 1500)))

    [finding] = report.findings
    assert (finding.rule, finding.severity.value, finding.group.label) == ("response-anomaly", "medium", "eu")
    assert finding.message == (
        f"{MODEL} TOKEN/MINUTE 1,500 is above the 1,000 of its ancestor acme, which the API refuses in a CASCADING tree"
    )
    assert (finding.live, finding.cause) == (1500, live("acme").ref)
    assert (report.exit_code, [entry.status for entry in report.groups]) == (2, [Status.IN_SYNC, Status.DRIFT])
    assert [suspect.ref.label for suspect in source.suspects] == ["acme", "eu"]


def test_equal_is_allowed_and_so_are_other_units_and_independent_trees() -> None:
    unmanaged = group("eu", None)

    assert run((ROOT, SAME_ROOT), (unmanaged, pool("eu", 1000)))[0].findings == ()
    other = live("eu", parent_group_id="id-acme", limit_enforcement="CASCADING", models={MODEL: {RPM: 5000}})
    assert run((ROOT, SAME_ROOT), (unmanaged, other))[0].findings == ()
    independent = declared("acme", parent=None), live("acme")
    child = declared("eu", parent="acme", models=UNSET), live("eu", parent_group_id="id-acme", models={MODEL: {TPM: 5}})
    assert run(independent, child)[0].findings == ()


def test_the_drift_of_the_ancestor_explains_it_and_stays_the_only_drift() -> None:
    children = [(group(name, size), pool(name, size)) for name, size in (("eu", 900), ("us", 800), ("lab", 300))]

    report, _ = run((ROOT, pool("acme", 500, None)), *children)

    [anomaly] = anomalies(report)
    assert [finding.rule for finding in report.findings if finding.is_drift] == ["limit-lowered"]
    assert (anomaly.severity.value, anomaly.group.label, anomaly.live) == ("info", "eu", 900)
    assert anomaly.message.endswith("; so it is for 1 other group; it follows from the drift of acme")
    assert anomaly.affected == (Affected(live("us").ref, None, 800),)
    assert report.counts.drift == 1


def test_the_drift_of_the_group_itself_explains_it_too() -> None:
    report, _ = run((ROOT, SAME_ROOT), (group("eu", 900), pool("eu", 1500)))

    [anomaly] = anomalies(report)
    assert anomaly.severity.value == "info"
    assert anomaly.message.endswith("; it follows from the drift of eu")


def test_drift_elsewhere_in_the_tree_explains_nothing() -> None:
    renamed = live("acme", models={MODEL: {TPM: 1000}}, limit_enforcement="CASCADING", name="Other")

    report, _ = run((ROOT, renamed), (group("eu", None), pool("eu", 1500)))

    assert [finding.severity.value for finding in anomalies(report)] == ["medium"]


def test_an_undeclared_ancestor_counts_where_it_was_read() -> None:
    below = declared("eu", models={MODEL: {TPM: 900}}, parent=UNSET, parent_group_id="id-x", limit_enforcement=UNSET)

    report, _ = run((below, pool("eu", 900, "x")), unmanaged=(pool("x", 500, None),))

    [anomaly] = anomalies(report)
    assert (anomaly.group.label, anomaly.cause) == ("eu", live("x").ref)


def test_undeclared_groups_have_no_finding_of_their_own_about_it() -> None:
    report, _ = run((ROOT, SAME_ROOT), unmanaged=(pool("x", 5000),))

    assert [finding.rule for finding in report.findings] == ["group-unmanaged"]


def test_live_trees_in_a_circle_end_too() -> None:
    one, other = group("acme", None, None), group("eu", None)

    report, _ = run((one, pool("acme", 5, "eu")), (other, pool("eu", 9)))

    assert anomalies(report) == []


def test_two_declarations_of_one_live_group_leave_an_ordinary_report() -> None:
    """A pinned id of another declared group is a mistake, and told as one."""
    mistaken = group("eu", 10, id="id-us")
    moved = pool("us", 10, parent="elsewhere")

    report, _ = run((ROOT, SAME_ROOT), (mistaken, moved), (group("us", 10), moved))

    assert report.exit_code == 2
    assert {finding.rule for finding in report.findings} == {"response-anomaly", "parent-changed"}
