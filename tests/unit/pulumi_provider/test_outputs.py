"""Outputs are a pure function of the live group and the declaration, and say what ``drift check`` says."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from drift.checker.check import check
from drift.gateway.wire import decode_group
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Found, Reading
from drift.report.report import Verdict
from drift.rules import RULES, DriftRule
from pulumi_provider.declared import canonical_json
from pulumi_provider.outputs import outputs
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared, effective, live

CASES: dict[str, tuple[DesiredGroup, Group]] = {
    "group-recreated": (declared(id="old"), live(id="new")),
    "name-changed": (declared(), live(name=None)),
    "parent-changed": (declared(parent=UNSET, parent_group_id="a"), live(parent_group_id="b")),
    "limit-enforcement-changed": (declared(limit_enforcement="CASCADING"), live()),
    "model-added": (declared(models={}), live()),
    "model-removed": (declared(), live(models={})),
    "limit-raised": (declared(), live(models={MODEL: {TPM: 1500}})),
    "limit-lowered": (declared(), live(models={MODEL: {TPM: 900}})),
    "limit-removed": (declared(models={MODEL: {TPM: 1000, TPD: 5}}), live()),
    "limit-added": (declared(), live(models={MODEL: {TPM: 1000, RPM: 5}})),
    "limit-unit-changed": (declared(), live(models={MODEL: {TPS: 1000}})),
    "threshold-zero": (declared(), live(models={MODEL: {TPM: 0}})),
    "effective-limit-changed": (
        declared(parent=UNSET, parent_group_id="above"),
        live(parent_group_id="above", effective_models=effective((TPM, 1000, "id-acme"), (RPM, 5, "above"))),
    ),
    "response-anomaly": (declared(), live(anomalies=("model 'org/model' is listed 2 times",))),
}
ELSEWHERE = {"group-missing", "group-unmanaged"}
"""An absent group is an error of the read, and a group that nobody declares is in no program."""


class OneGroup:
    """A source that has one live group."""

    list_failure = None
    broken_items = 0

    def __init__(self, group: Group) -> None:
        self.group = group

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        assert not unmanaged
        return (Found(desired, self.group) for desired in wanted)

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        return self.read(suspects, unmanaged=False)

    def notes(self) -> Sequence[str]:
        return ()

    def requests(self) -> Mapping[str, int]:
        return {}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if isinstance(rule, DriftRule)])
def test_findings_are_those_of_the_check(rule: str) -> None:
    if rule in ELSEWHERE:
        return
    desired, group = CASES[rule]
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    report = check([desired], OneGroup(group), now=lambda: clock, api_url="https://api.example")
    found = outputs(group, canonical_json(desired))
    assert rule in {difference["rule"] for difference in found["differences"]}
    assert found["in_sync"] == (report.verdict is Verdict.IN_SYNC)

    def text(value: object) -> str:
        return "" if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))

    expected = sorted(
        (
            list(finding.path.parts),
            finding.rule,
            str(finding.severity),
            str(finding.direction),
            text(finding.desired),
            text(finding.live),
        )
        for finding in report.findings
    )
    assert expected == [
        (
            entry["path"],
            entry["rule"],
            entry["severity"],
            entry["direction"],
            entry.get("declared", ""),
            entry.get("live", ""),
        )
        for entry in found["differences"]
    ]


def test_information_is_shown_and_is_no_drift() -> None:
    desired, group = CASES["effective-limit-changed"]
    found = outputs(group, canonical_json(desired))
    assert found["in_sync"] is True
    assert [entry["severity"] for entry in found["differences"]] == ["info"]


def test_without_a_declaration_nothing_is_compared() -> None:
    found = outputs(live(), None)
    assert "in_sync" not in found
    assert "declared" not in found
    assert found["differences"] == []


def test_the_declaration_is_handed_through_for_the_next_refresh() -> None:
    text = canonical_json(declared())
    assert outputs(live(), text)["declared"] == text


@pytest.mark.parametrize(
    ("parent", "group", "expected"),
    [
        (live("above"), live(parent_group_id="id-above"), None),
        (live("above"), live(parent_group_id="id-other"), ('"above"', '"id-other"')),
        (live("above"), live(), ('"above"', None)),
        (None, live(parent_group_id="id-other"), ('"above (no such group)"', '"id-other"')),
        (None, live(), ('"above (no such group)"', None)),
    ],
)
def test_a_parent_that_is_declared_by_its_external_id(
    parent: Group | None, group: Group, expected: tuple[str, str | None] | None
) -> None:
    found = outputs(group, canonical_json(declared(parent="above")), parent)
    assert [(entry["declared"], entry.get("live")) for entry in found["differences"]] == (
        [expected] if expected else []
    )
    assert {entry["rule"] for entry in found["differences"]} <= {"parent-changed"}


def test_what_is_wrong_with_the_parent_is_not_said_of_the_child() -> None:
    parent = live("above", anomalies=("model 'x' is listed 2 times",))
    found = outputs(live(parent_group_id="id-above"), canonical_json(declared(parent="above")), parent)
    assert found["differences"] == []


def body(shuffle: random.Random) -> bytes:
    def shuffled(items: list[object]) -> list[object]:
        shuffle.shuffle(items)
        return items

    def limits(**more: str) -> dict[str, object]:
        return {
            "rate_limits": shuffled(
                [
                    {"type": "TOKEN", "unit": "MINUTE", "threshold": 5, **more},
                    {"type": "REQUEST", "unit": "SECOND", "threshold": 6, **more},
                    {"type": "REQUEST", "unit": "MINUTE", "threshold": 6, **more},
                ]
            ),
            "usage_limits": [{"type": "TOKEN", "unit": "DAY", "threshold": 7, **more}],
        }

    group = {
        "id": "grp1",
        "created_at": shuffle.choice(["2026-05-13T12:00:00Z", "2026-05-13T14:00:00+02:00", "2026-05-13T12:00:00.000Z"]),
        "metadata": {"external_entity_id": "acme", "name": "Acme"},
        "hierarchy": {"limit_enforcement": "INDEPENDENT", "parent_group_id": None},
        "models": shuffled([{"slug": slug, **limits()} for slug in "abc"]),
        "effective_models": shuffled([{"slug": slug, **limits(source_group="grp1")} for slug in "abc"]),
    }
    return json.dumps(dict(shuffled(list(group.items())))).encode()  # type: ignore[arg-type] # pairs in another order


def test_the_order_of_the_server_changes_no_byte() -> None:
    text = canonical_json(declared())
    seen = [decode_group(body(random.Random(seed)), "/") for seed in range(20)]  # noqa: S311 - shuffles lists
    assert len({json.dumps(outputs(one, text)) for one in seen}) == 1


def test_nothing_that_is_null_is_sent() -> None:
    group = replace(live(name=None, effective_models=None), created_at="no time at all")
    found = outputs(group, None)
    assert None not in found.values()
    assert found["metadata"] == {"external_entity_id": "acme"}
    assert found["hierarchy"] == {"limit_enforcement": "INDEPENDENT"}
    assert found["created_at"] == "no time at all"
