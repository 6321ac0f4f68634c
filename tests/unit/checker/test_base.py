"""Whose doing it is, where no end-to-end scenario goes: pins."""

import pytest
from msgspec.structs import replace

from drift.checker.base import DeclaredBaseline
from drift.errors import Location
from drift.model.groups import DesiredGroup, PinnedLimit, PinnedModel
from drift.model.paths import EffectiveLimitPath
from drift.report.finding import ChangeStatus
from tests.builders import MODEL, TPM, declared
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
