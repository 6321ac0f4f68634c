"""Where a difference comes from, in cases that no end-to-end scenario has: pins, and limits side by side."""

import pytest
from msgspec.structs import replace

from drift.checker.baseline import DeclaredBaseline
from drift.checker.group import compare
from drift.errors import Location
from drift.model.groups import DesiredGroup, PinnedLimit, PinnedModel
from drift.model.paths import EffectiveLimitPath, LimitPath
from drift.report.finding import ChangeStatus
from tests.builders import MODEL, TPD, TPM, declared, live
from tests.unit.report.test_acceptance import raised


def pinned(threshold: int | None) -> DesiredGroup:
    at = Location("a.yaml", 1, 1)
    limits = () if threshold is None else (PinnedLimit(TPM, threshold, "acme", None, at),)
    return replace(declared(), effective=(PinnedModel(MODEL, limits, at),))


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [
        (1_000, 1_000, ChangeStatus.PRE_EXISTING),
        (None, 1_000, ChangeStatus.INTRODUCED),
        (None, None, ChangeStatus.PRE_EXISTING),
        (2_000, 1_000, ChangeStatus.CONFLICTING),
    ],
)
def test_a_broken_pin(base: int | None, head: int | None, status: ChangeStatus) -> None:
    path = EffectiveLimitPath(MODEL, TPM, "acme")
    finding = replace(raised(), rule="effective-limit-changed", path=path)

    judged = DeclaredBaseline("main", None, [pinned(base)], [pinned(head)]).judge([finding], {"acme"})

    assert [entry.status for entry in judged.findings] == [status]


def test_a_limit_that_was_put_right_is_fixed_though_another_of_the_model_still_differs() -> None:
    base, head = declared(models={MODEL: {TPM: 1, TPD: 1}}), declared(models={MODEL: {TPM: 1_000, TPD: 5}})
    findings = compare(head, live(models={MODEL: {TPM: 1_000, TPD: 900}}))

    judged = DeclaredBaseline("main", None, [base], [head]).judge(findings, {"acme"})

    assert [finding.path for finding in judged.findings] == [LimitPath(MODEL, TPD)]
    assert [finding.path for finding in judged.base.settled] == [LimitPath(MODEL, TPM)]
