"""Pinned effective limits: what is in effect has to be what somebody decided, from the group they named."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from drift.checker.check import check
from drift.errors import Cause
from drift.model.groups import DesiredGroup
from drift.model.limits import EffectiveModels, LimitKey
from drift.model.readings import Failed, Found
from drift.report.finding import Finding
from drift.report.report import Report, Status
from tests.builders import MODEL, TPD, TPM, declared, effective, live, pinned
from tests.unit.checker.test_check import ScriptedSource

PARENT = declared("acme", models={MODEL: {TPM: 1000}})
SAME_PARENT = Found(PARENT, live("acme"))
CHILD = declared("acme-eu", parent="acme", models={MODEL: {}}, effective=[pinned((TPM, 1000, "acme"))], line=40)
FROM_PARENT = effective((TPM, 1000, "id-acme"))


def run(source: ScriptedSource, *desired: DesiredGroup) -> Report:
    return check(desired, source, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), api_url="")


def answered(in_effect: EffectiveModels | None, child: DesiredGroup = CHILD) -> Found:
    models = {MODEL: {}} if child.models == {MODEL: {}} else child.models
    group = live("acme-eu", parent_group_id="id-acme", models=models or {}, effective_models=in_effect)
    return Found(child, group)


def findings(in_effect: EffectiveModels | None, child: DesiredGroup = CHILD) -> tuple[Finding, ...]:
    return run(ScriptedSource(SAME_PARENT, answered(in_effect, child)), PARENT, child).findings


def test_what_is_pinned_and_in_effect_is_silent_and_read_once() -> None:
    source = ScriptedSource(SAME_PARENT, answered(FROM_PARENT))

    report = run(source, PARENT, CHILD)

    assert (report.findings, report.exit_code, source.suspects) == ((), 0, [])


@pytest.mark.parametrize(
    ("limits", "says", "severity", "direction", "line"),
    [
        ([(TPM, 1500, "id-acme")], "1,000 -> 1,500 (+50 %) from acme", "medium", "permissive", 91),
        ([(TPM, 400, "id-acme")], "1,000 -> 400 (-60 %) from acme", "high", "restrictive", 91),
        ([(TPM, 0, "id-acme")], "1,000 -> 0 (-100 %) from acme", "high", "restrictive", 91),
        ([(TPM, 900, "id-acme-eu")], "1,000 from acme -> 900 from acme-eu (-10 %)", "medium", "restrictive", 91),
        ([(TPM, 1000, "id-acme-eu")], "1,000 from acme -> 1,000 from acme-eu", "low", "neutral", 91),
        ([], "1,000 from acme -> none", "high", "permissive", 91),
    ],
)
def test_a_broken_pin_is_drift_on_its_line(
    limits: list[tuple[LimitKey, int, str]], says: str, severity: str, direction: str, line: int
) -> None:
    report = run(ScriptedSource(SAME_PARENT, answered(effective(*limits))), PARENT, CHILD)

    [finding] = report.findings
    assert (report.exit_code, finding.rule) == (2, "effective-limit-changed")
    assert finding.message == f"{MODEL} TOKEN/MINUTE in effect: {says} [pinned]"
    assert (finding.severity.value, finding.direction.value) == (severity, direction)
    assert finding.source is not None
    assert finding.source.line == line
    assert finding.path.parts == ("effective_models", MODEL, "rate_limits", "TOKEN/MINUTE", "acme")
    assert [entry.status for entry in report.groups] == [Status.IN_SYNC, Status.DRIFT]


def test_values_are_numbers_where_the_source_is_the_same_and_limits_where_it_is_not() -> None:
    [raised] = findings(effective((TPM, 1500, "id-acme")))
    [moved] = findings(effective((TPM, 900, "id-acme-eu")))

    assert (raised.desired, raised.live, raised.cause) == (1000, 1500, live("acme").ref)
    limit = {"type": "TOKEN", "unit": "MINUTE"}
    assert moved.desired == {**limit, "threshold": 1000, "source": "acme"}
    assert moved.live == {**limit, "threshold": 900, "source": "acme-eu"}
    assert moved.cause is None, "it is the group itself"


def test_a_limit_too_many_on_a_pinned_model_is_drift_at_the_model() -> None:
    [finding] = findings(effective((TPM, 1000, "id-acme"), (TPD, 5, "id-globex")))

    assert finding.message == f"{MODEL} TOKEN/DAY in effect: none -> 5 from id-globex [pinned]"
    assert (finding.severity.value, finding.direction.value) == ("medium", "restrictive")
    assert finding.source is not None
    assert finding.source.line == 90


def test_other_models_are_not_pinned() -> None:
    assert findings({**FROM_PARENT, **effective((TPM, 5, "id-acme"), slug="org/other")}) == ()


def test_several_groups_may_set_the_same_limit() -> None:
    child = declared(
        "acme-eu",
        parent="acme",
        limit_enforcement="CASCADING",
        models={MODEL: {TPM: 700}},
        effective=[pinned((TPM, 1000, "acme"), (TPM, 700, "acme-eu"))],
    )
    group = live("acme-eu", parent_group_id="id-acme", models={MODEL: {TPM: 700}}, limit_enforcement="CASCADING")

    def told(*limits: tuple[LimitKey, int, str]) -> list[str]:
        found = Found(child, replace(group, effective_models=effective(*limits)))
        return [one.message for one in run(ScriptedSource(SAME_PARENT, found), PARENT, child).findings]

    assert told((TPM, 700, "id-acme-eu"), (TPM, 1000, "id-acme")) == []
    assert told((TPM, 700, "id-acme-eu")) == [f"{MODEL} TOKEN/MINUTE in effect: 1,000 from acme -> none [pinned]"]


def test_a_pin_that_contradicts_the_tree_and_holds_is_no_information_either() -> None:
    """Somebody wrote down what the gateway does; the prediction does not count then."""
    child = declared("acme-eu", parent="acme", models={MODEL: {}}, effective=[pinned((TPM, 800, "acme"))])
    odd = effective((TPM, 800, "id-acme"))

    assert findings(odd, child) == ()
    [information] = findings(odd, declared("acme-eu", parent="acme", models={MODEL: {}}))
    assert information.severity.value == "info"


def test_a_group_that_changed_its_own_limit_is_told_once() -> None:
    child = declared("acme-eu", parent="acme", models={MODEL: {TPM: 700}}, effective=[pinned((TPM, 700, "acme-eu"))])
    group = live(
        "acme-eu",
        parent_group_id="id-acme",
        models={MODEL: {TPM: 900}},
        effective_models=effective((TPM, 900, "id-acme-eu")),
        name="Acme",
    )

    report = run(ScriptedSource(SAME_PARENT, Found(child, group)), PARENT, child)

    assert [finding.rule for finding in report.findings] == ["limit-raised"]


def test_a_broken_pin_that_a_second_look_does_not_show_is_transient() -> None:
    source = ScriptedSource(
        SAME_PARENT, answered(effective((TPM, 1500, "id-acme"))), confirm=[SAME_PARENT, answered(FROM_PARENT)]
    )

    report = run(source, PARENT, CHILD)

    assert (report.findings, report.counts.transient, report.exit_code) == ((), 1, 0)
    assert [group.ref.label for group in source.suspects] == ["acme", "acme-eu"], "and where it comes from"


def test_where_the_source_is_unread_only_the_size_is_compared() -> None:
    unread = Failed(PARENT, Cause.TIMED_OUT, "too late", "/x")
    same = run(ScriptedSource(unread, answered(FROM_PARENT)), PARENT, CHILD)
    other = run(ScriptedSource(unread, answered(effective((TPM, 1500, "id-acme")))), PARENT, CHILD)

    assert (same.findings, same.exit_code) == ((), 3)
    assert [finding.rule for finding in other.findings] == ["effective-limit-changed"]


def test_pins_that_the_answer_leaves_unchecked_are_never_in_sync() -> None:
    [finding] = findings(None)

    assert (finding.rule, finding.is_drift) == ("response-anomaly", True)
    assert "the pinned limits cannot be checked" in finding.message
