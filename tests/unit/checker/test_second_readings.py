"""A second reading replaces all that the first one left: every answer against everything that is remembered."""

from datetime import UTC, datetime

import pytest

from drift.checker.check import check
from drift.errors import Cause
from drift.model.groups import DesiredGroup
from drift.model.limits import LimitKey, Models
from drift.model.readings import Failed, Found, Missing, Reading
from drift.report.report import Report, Status
from tests.builders import MODEL, TPD, TPM, declared, effective, live, pinned
from tests.unit.checker.test_check import ScriptedSource

PARENT = declared("acme", models={MODEL: {TPM: 1000}})
SAME_PARENT = Found(PARENT, live("acme"))
POOL = declared("acme", models={MODEL: {TPM: 1000}}, limit_enforcement="CASCADING")
SAME_POOL = Found(POOL, live("acme", limit_enforcement="CASCADING"))

EFFECTS = declared("acme-eu", parent="acme", models={MODEL: {TPD: 5}}, line=40)
PINS = declared("acme-eu", parent="acme", models={MODEL: {}}, effective=[pinned((TPM, 1000, "acme"))], line=40)
POOLS = declared(
    "acme-eu", parent="acme", models={MODEL: {TPM: 10}}, manage="listed", limit_enforcement="CASCADING", line=40
)


def found(desired: DesiredGroup, models: Models, *in_effect: tuple[LimitKey, int, str], name: str = "Acme") -> Found:
    mode = str(desired.limit_enforcement)
    reported = effective(*in_effect) if in_effect else None
    group = live(
        "acme-eu",
        name=name,
        parent_group_id="id-acme",
        limit_enforcement=mode,
        models=models,
        effective_models=reported,
    )
    return Found(desired, group)


OWN = (TPD, 5, "id-acme-eu")
FIRST = {
    "limits in effect that nothing explains": (
        SAME_PARENT,
        found(EFFECTS, {MODEL: {TPD: 5}}, (TPM, 7, "id-acme"), OWN, name="Else"),
    ),
    "a limit in effect that an ancestor moved": (
        Found(PARENT, live("acme", models={MODEL: {TPM: 2000}})),
        found(EFFECTS, {MODEL: {TPD: 5}}, (TPM, 2000, "id-acme"), OWN, name="Else"),
    ),
    "a broken pin": (SAME_PARENT, found(PINS, {MODEL: {}}, (TPM, 1500, "id-acme"))),
    "a limit above its pool": (SAME_POOL, found(POOLS, {MODEL: {TPM: 5000}})),
}


def as_declared(desired: DesiredGroup) -> Found:
    """The child as the files have it, with the limits in effect that follow."""
    assert desired.models
    own = ((key, threshold, "id-acme-eu") for key, threshold in desired.models[MODEL].items())
    cascading = desired.limit_enforcement == "CASCADING"
    inherited = () if TPM in desired.models[MODEL] and not cascading else ((TPM, 1000, "id-acme"),)
    return found(desired, desired.models, *own, *inherited)


def run(parent: Found, child: Found, second: Reading, parent_again: Reading) -> Report:
    assert parent.desired
    assert child.desired
    source = ScriptedSource(parent, child, confirm=[parent_again, second])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return check([parent.desired, child.desired], source, now=lambda: now, api_url="")


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize(
    ("again", "status", "code"),
    [("found", Status.IN_SYNC, 0), ("missing", Status.MISSING, 2), ("failed", Status.UNREAD, 3)],
)
def test_only_the_last_reading_of_a_group_counts(first: str, again: str, status: Status, code: int) -> None:
    parent, child = FIRST[first]
    assert child.desired
    assert parent.desired
    answers: dict[str, Reading] = {
        "found": as_declared(child.desired),
        "missing": Missing(child.desired),
        "failed": Failed(child.desired, Cause.SERVER_ERROR, "503", "/x"),
    }
    same = Found(parent.desired, live("acme", limit_enforcement=str(parent.desired.limit_enforcement)))

    report = run(parent, child, answers[again], same)

    assert [entry.status for entry in report.groups] == [Status.IN_SYNC, status]
    assert report.exit_code == code
    assert [finding.rule for finding in report.findings] == ["group-missing"] * (again == "missing")


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("again", ["missing", "failed"])
def test_a_parent_that_is_gone_or_unread_on_the_second_look_leaves_an_ordinary_report(first: str, again: str) -> None:
    parent, child = FIRST[first]
    assert parent.desired
    answers: dict[str, Reading] = {
        "missing": Missing(parent.desired),
        "failed": Failed(parent.desired, Cause.SERVER_ERROR, "503", "/x"),
    }

    report = run(parent, child, child, answers[again])

    assert report.groups[0].status is {"missing": Status.MISSING, "failed": Status.UNREAD}[again]
    assert report.exit_code == 2, "the child differs all the same"
