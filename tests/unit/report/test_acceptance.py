"""What is accepted, on which day, and what becomes of acceptances that excuse nothing."""

from datetime import date

import pytest
from msgspec.structs import replace

from drift.checker.group import compare
from drift.errors import Location
from drift.model.paths import LimitPath
from drift.report.acceptance import Acceptance, Acceptances, Lapse, accept
from drift.report.finding import Finding
from drift.rules import RULE_SET
from tests.builders import MODEL, TPM, declared, live

UNTIL = date(2026, 6, 30)


def raised(threshold: int = 1_500) -> Finding:
    (finding,) = compare(declared(models={MODEL: {TPM: 1_000}}), live(models={MODEL: {TPM: threshold}}))
    return finding


ACCEPTANCE = Acceptance(
    group="acme",
    rule="limit-raised",
    path=LimitPath(MODEL, TPM),
    live=1_500,
    reason="load test",
    owner="ops",
    until=UNTIL.isoformat(),
    rule_set=RULE_SET,
    source=Location("desired/accepted.yaml", 3, 5),
)


def outcome(
    acceptance: Acceptance, *findings: Finding, today: date = UNTIL, known: bool = True
) -> tuple[int, int, list[Lapse]]:
    """How many findings are left, how many accepted, and what lapsed."""
    result = accept(findings, Acceptances((acceptance,), today), is_known=lambda _: known)
    return len(result.findings), len(result.accepted), [entry.lapse for entry in result.lapsed]


@pytest.mark.parametrize(
    ("today", "accepted"), [(date(2026, 1, 1), True), (UNTIL, True), (date(2026, 7, 1), False), (date.max, False)]
)
def test_it_holds_up_to_and_on_its_last_day(today: date, accepted: bool) -> None:  # noqa: FBT001 - a column
    assert outcome(ACCEPTANCE, raised(), today=today) == ((0, 1, []) if accepted else (1, 0, [Lapse.EXPIRED]))


def test_it_is_void_when_the_value_moves_again() -> None:
    assert outcome(ACCEPTANCE, raised(1_501)) == (1, 0, [Lapse.MOVED])


def test_it_is_told_when_nothing_differs_any_more() -> None:
    assert outcome(ACCEPTANCE) == (0, 0, [Lapse.UNUSED])


def test_about_a_group_that_was_not_seen_nothing_is_said() -> None:
    assert outcome(ACCEPTANCE, known=False) == (0, 0, [])


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({"rule": None}, True),
        ({"path": None}, True),
        ({"rule": "limit-lowered"}, False),
        ({"path": ("models",)}, False),
        ({"group": "id-acme"}, True),
        ({"group": "globex"}, False),
        ({"rule": "as-it-was-called-once", "rule_set": RULE_SET + 1}, True),
        ({"rule": "as-it-was-called-once", "rule_set": RULE_SET + 1, "path": None}, False),
    ],
)
def test_it_names_what_it_accepts(change: dict[str, object], accepted: bool) -> None:  # noqa: FBT001 - a column
    left, taken, _ = outcome(replace(ACCEPTANCE, **change), raised())

    assert (left, taken) == ((0, 1) if accepted else (1, 0))


@pytest.mark.parametrize(("today", "expiring"), [(date(2026, 6, 15), False), (date(2026, 6, 16), True), (UNTIL, True)])
def test_it_is_expiring_within_the_warning_time(today: date, expiring: bool) -> None:  # noqa: FBT001 - a column
    result = accept([raised()], Acceptances((ACCEPTANCE,), today), is_known=lambda _: True)

    assert [entry.expiring for entry in result.accepted] == [expiring]
