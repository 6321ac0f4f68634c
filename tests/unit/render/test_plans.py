"""What people review before anything is repaired."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from drift.checker.group import compare
from drift.errors import Cause, Location
from drift.plan import Plan
from drift.render import PLANS
from drift.report.report import Unread
from tests.builders import MODEL, RPM, TPM, declared, live
from tests.hostile import with_every_hostile_text
from tests.unit.plan.test_planner import planned


def full_plan() -> Plan:
    """A pool that is raised with its child, access that goes, groups for hands, and one that nobody read."""
    pool = declared("pool", models={MODEL: {TPM: 2_000}}, limit_enforcement="CASCADING", line=1)
    child = declared("child", models={MODEL: {TPM: 1_500}}, limit_enforcement="CASCADING", parent="pool", line=20)
    extra = declared("extra", models={MODEL: {TPM: 1_000}}, line=40)
    closed = declared("closed", models={}, line=60)
    moved = declared("moved", parent="pool", limit_enforcement="CASCADING", models=pool.models, line=80)
    gone = declared("gone", line=100)
    again = declared("again", id="id-old", models={MODEL: {TPM: 9}}, line=120)
    known = declared("known", models={MODEL: {TPM: 1}}, line=140)
    other = live("known", models={MODEL: {TPM: 2}})
    return planned(
        [pool, child, extra, closed, moved, gone, again, known],
        live("pool", models={MODEL: {TPM: 1_000}}, limit_enforcement="CASCADING"),
        live("child", models={MODEL: {TPM: 900}}, limit_enforcement="CASCADING", parent_group_id="id-pool"),
        live("extra", models={MODEL: {TPM: 1_000}, "org/new": {RPM: 5}, "org/free": {}}),
        live("closed", models={MODEL: {TPM: 5}}),
        live("moved", models={MODEL: {TPM: 1_000}}),
        None,
        live("again", id="id-new", models={MODEL: {TPM: 9}}),
        other,
        unmanaged=[live("shadow", parent_group_id="id-moved"), *(live(f"s{number}") for number in range(3))],
        accepted=compare(known, other),
        unread=[Unread(declared("eu").ref, Cause.SERVER_ERROR, "503", "/v1/x", Location("desired/eu.yaml", 3, 5))],
    )


@pytest.mark.parametrize("output_format", PLANS.names)
def test_it_looks_as_reviewed(golden: Callable[[str, str], None], output_format: str) -> None:
    golden(f"plan.{output_format}", PLANS.render(full_plan(), output_format).replace("0.1.0", "X"))


@with_every_hostile_text
def test_hostile_text_stays_text(text: str) -> None:
    def shown(name: str) -> str:
        plan = full_plan()
        renamed = [replace(entry, group=replace(entry.group, external_entity_id=name)) for entry in plan.by_hand]
        return PLANS.render(replace(plan, by_hand=tuple(renamed), live=name, warnings=(name,)), "text")

    assert all(char.isprintable() or char == "\n" for char in shown(text))
    assert shown(text).count("\n") == shown("harmless").count("\n")
