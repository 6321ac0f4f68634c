"""Exposure of findings and of a whole run, through the check."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec import UNSET

from drift.checker.check import check
from drift.errors import Cause
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import Models
from drift.model.readings import Failed, Found, Missing, Reading
from drift.report.exposure import Cost, Exposure, Price, Prices, combined
from drift.report.report import Report
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared, live
from tests.unit.checker.test_check import ScriptedSource

M = 1_000_000


def run(*readings: Reading, prices: Prices | None = None) -> Report:
    desired = [reading.desired for reading in readings if reading.desired is not None]
    return check(
        desired,
        ScriptedSource(*readings),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        api_url="",
        unmanaged=True,
        prices=prices,
    )


def one(wanted: Models, found: Models, prices: Prices | None = None) -> Report:
    return run(Found(declared(models=wanted), live(models=found)), prices=prices)


def exposures(report: Report) -> dict[str, Exposure | None]:
    return {f"{finding.group.label} {finding.path.parts[-1]}": finding.exposure for finding in report.findings}


def test_a_raised_rate_is_told_per_day() -> None:
    report = one({MODEL: {TPM: M}}, {MODEL: {TPM: 3 * M // 2}})

    assert exposures(report) == {"acme TOKEN/MINUTE": Exposure(720 * M)}
    assert report.exposure == Exposure(720 * M)


def test_in_sync_exposes_nothing() -> None:
    assert one({MODEL: {TPM: M}}, {MODEL: {TPM: M}}).exposure is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({TPM: M}, {TPM: M // 2}),
        ({TPM: M}, {TPM: 0}),
        ({TPM: M, TPD: 5 * M}, {TPM: 2 * M, TPD: 5 * M}),
        ({TPM: 60}, {TPS: 1}),
        ({}, {TPM: M}),
    ],
    ids=["lowered", "zero", "the daily limit still binds", "same mean rate", "limit added"],
)
def test_what_permits_no_more_in_a_day_exposes_nothing(wanted: dict[object, int], found: dict[object, int]) -> None:
    report = one({MODEL: wanted}, {MODEL: found})  # type: ignore[dict-item]  # keys are limits

    assert len(report.findings) == 1
    assert report.findings[0].exposure is report.exposure is None


def test_a_removed_limit_is_unlimited_and_says_so() -> None:
    assert one({MODEL: {TPM: M}}, {MODEL: {}}).exposure == Exposure("unlimited")


def test_a_new_model_exposes_all_that_it_permits() -> None:
    report = one({MODEL: {TPM: M}}, {MODEL: {TPM: M}, "org/new": {TPM: 1, RPM: 2}})

    assert report.exposure == Exposure(1_440, 2_880)


def test_two_differences_that_expose_the_same_tokens_count_once_in_total() -> None:
    """Declared 50 a day; live 60 by the rate. Putting right either one takes something away."""
    report = one({MODEL: {TPM: M, TPD: 50 * M}}, {MODEL: {TPM: 3 * M // 2}})

    assert exposures(report) == {"acme TOKEN/DAY": Exposure(2_110 * M), "acme TOKEN/MINUTE": Exposure(720 * M)}
    assert report.exposure == Exposure(2_110 * M)


def test_what_is_not_declared_exposes_nothing() -> None:
    unmanaged_models = declared("a", models=UNSET, name="A")
    listed = declared("b", models={MODEL: {TPM: 1}}, manage="listed", name="B")
    report = run(
        Found(unmanaged_models, live("a", models={"org/any": {}})),
        Found(listed, live("b", models={MODEL: {TPM: 1}, "org/any": {}})),
    )

    assert len(report.findings) == 2
    assert report.exposure is None


def family(mode: str, parent: Group, *children: Group) -> Report:
    """A parent of 100 tokens a day and its children, which set no limits of their own."""
    top = declared("acme", models={MODEL: {TPD: 100}}, limit_enforcement=mode)
    kids = [
        declared(group.external_entity_id, parent="acme", models={MODEL: {}}, limit_enforcement=mode)
        for group in children
    ]
    return run(Found(top, parent), *(Found(kid, group) for kid, group in zip(kids, children, strict=True)))


def child(name: str, mode: str, models: Models | None = None, parent: str | None = "id-acme") -> Group:
    return live(name, models=models or {MODEL: {}}, limit_enforcement=mode, parent_group_id=parent)


@pytest.mark.parametrize(("mode", "most"), [("INDEPENDENT", 3 * 50), ("CASCADING", 50)])
def test_heirs_count_at_the_ancestors_finding(mode: str, most: int) -> None:
    parent = live("acme", models={MODEL: {TPD: 150}}, limit_enforcement=mode)

    report = family(mode, parent, child("eu", mode), child("us", mode))

    assert exposures(report) == {"acme TOKEN/DAY": Exposure(most)}
    assert report.exposure == Exposure(most)


def test_a_tree_in_another_mode_exposes_what_is_no_longer_shared() -> None:
    parent = live("acme", models={MODEL: {TPD: 100}})
    top = declared("acme", models={MODEL: {TPD: 100}}, limit_enforcement="CASCADING")
    kid = declared("eu", parent="acme", models={MODEL: {}}, limit_enforcement="CASCADING")

    report = run(Found(top, parent), Found(kid, child("eu", "INDEPENDENT")))

    assert report.exposure == Exposure(100)


def test_a_group_outside_its_pool_is_held_by_nothing() -> None:
    parent = live("acme", models={MODEL: {TPD: 100}}, limit_enforcement="CASCADING")

    report = family("CASCADING", parent, child("eu", "CASCADING", parent=None))

    assert exposures(report) == {"eu parent_group_id": Exposure("unlimited")}
    assert report.exposure == Exposure("unlimited")


@pytest.mark.parametrize("answer", ["missing", "failed"])
def test_a_parent_that_is_gone_limits_nobody_and_one_that_is_unread_is_as_declared(answer: str) -> None:
    top = declared("acme", models={MODEL: {TPD: 100}})
    kid = declared("eu", parent="acme", models={MODEL: {TPM: 1}}, name="EU")
    answers: dict[str, Reading] = {"missing": Missing(top), "failed": Failed(top, Cause.SERVER_ERROR, "503", "/x")}

    report = run(answers[answer], Found(kid, child("eu", "INDEPENDENT", {MODEL: {TPM: 1}})))

    assert report.exposure == {"missing": Exposure(1_340), "failed": None}[answer]


@pytest.mark.parametrize(("answer", "exposed"), [("missing", Exposure(2_780)), ("failed", None)])
def test_an_unread_parent_limits_its_children_as_declared(answer: str, exposed: Exposure | None) -> None:
    """A raised limit of a child lets no more through than the parent's 100 a day; where there is none, it does."""
    top = declared("acme", models={MODEL: {TPD: 100}})
    kid = declared("eu", parent="acme", models={MODEL: {TPM: 1}}, name=UNSET)
    answers: dict[str, Reading] = {"missing": Missing(top), "failed": Failed(top, Cause.SERVER_ERROR, "503", "/x")}

    report = run(answers[answer], Found(kid, child("eu", "INDEPENDENT", {MODEL: {TPM: 2}})))

    assert [finding.rule for finding in report.findings if finding.group.label == "eu"] == ["limit-raised"]
    assert report.exposure == exposed


def stranger(name: str, parent: str | None, mode: str = "INDEPENDENT", models: Models | None = None) -> Found:
    return Found(None, live(name, models=models or {MODEL: {}}, parent_group_id=parent, limit_enforcement=mode))


@pytest.mark.parametrize("mode", ["INDEPENDENT", "CASCADING"])
def test_an_undeclared_group_exposes_what_its_chain_permits(mode: str) -> None:
    top = declared("acme", models={MODEL: {TPD: 100}}, limit_enforcement=mode)
    parent = Found(top, live("acme", models={MODEL: {TPD: 100}}, limit_enforcement=mode))

    report = run(parent, stranger("x", "id-acme", mode), stranger("y", "id-x", mode))

    assert [finding.exposure for finding in report.findings] == [Exposure(100, "unlimited")] * 2
    assert report.exposure == Exposure({"INDEPENDENT": 200, "CASCADING": 100}[mode], "unlimited")


def test_an_undeclared_root_is_limited_by_itself() -> None:
    top = declared("acme")

    report = run(Found(top, live("acme")), stranger("x", None, models={MODEL: {TPD: 7, RPM: 1}}))

    assert report.exposure == Exposure(7, 1_440)


PRICES = Prices("USD", {MODEL: Price(Decimal("3.00"), Decimal("15.00")), "org/free": Price(Decimal(0), Decimal(0))})


def test_tokens_cost_the_dearer_price_at_most() -> None:
    report = one({MODEL: {TPM: M}}, {MODEL: {TPM: 3 * M // 2}}, PRICES)

    assert report.exposure == Exposure(720 * M, 0, Cost("USD", "10800.00"))
    assert report.findings[0].exposure == report.exposure


@pytest.mark.parametrize(
    ("found", "cost"),
    [
        ({MODEL: {TPD: 1}}, Cost("USD", "0.01")),
        ({MODEL: {TPD: 1_000}}, Cost("USD", "0.02")),
        ({MODEL: {}}, Cost("USD", "unlimited")),
        ({"org/free": {TPD: 9}}, Cost("USD", "0.00")),
        ({"org/other": {TPD: 9}}, None),
        ({MODEL: {TPD: M}, "org/other": {TPD: 9}}, Cost("USD", "15.00", ("org/other",))),
    ],
    ids=str,
)
def test_costs_are_rounded_up_and_name_what_has_no_price(found: Models, cost: Cost | None) -> None:
    report = one({}, found, PRICES)

    assert report.exposure is not None
    assert report.exposure.cost == cost


@pytest.mark.parametrize(
    ("parts", "sum_"),
    [
        ([], None),
        ([None, None], None),
        ([Exposure(1, 2), None, Exposure(3)], Exposure(4, 2)),
        ([Exposure(1, "unlimited"), Exposure("unlimited", 4)], Exposure("unlimited", "unlimited")),
        (
            [Exposure(1, 0, Cost("USD", "0.10", ("b",))), Exposure(0, 9), Exposure(1, 0, Cost("USD", "12.95", ("a",)))],
            Exposure(2, 9, Cost("USD", "13.05", ("a", "b"))),
        ),
        ([Exposure(1, 0, Cost("USD", "unlimited")), Exposure(1, 0, Cost("USD", "1.00"))],
         Exposure(2, 0, Cost("USD", "unlimited"))),
        ([Exposure(1, 0, Cost("USD", "1.00")), Exposure(1, 0, Cost("EUR", "1.00"))], Exposure(2)),
        ([Exposure(1, 0, Cost("USD", "1.00")), Exposure(1)], Exposure(2)),
    ],
)  # fmt: skip
def test_parts_add_up(parts: Sequence[Exposure | None], sum_: Exposure | None) -> None:
    assert combined(parts) == sum_


def test_numbers_that_nobody_can_write_out_are_unlimited() -> None:
    assert one({MODEL: {TPD: 1}}, {MODEL: {TPD: 1 << 20_000}}).exposure == Exposure("unlimited")


def test_a_group_that_is_declared_twice_does_not_break_the_run() -> None:
    twice: list[DesiredGroup] = [declared("acme"), declared("acme", id="id-acme")]

    report = run(*(Found(group, live("acme", models={MODEL: {TPM: 1_001}})) for group in twice))

    assert [finding.exposure for finding in report.findings] == [Exposure(1_440)] * 2
