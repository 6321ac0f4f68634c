"""Every way in which groups are known to change behind the files' back, and what one check makes of each.

A row is something that happens to the live groups of one workspace, with the exit code and the findings that it
comes to; a finding is written ``group rule direction``, followed by ``> `` and the descendants it affects.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from tests.e2e.conftest import Drift, Sandbox, SandboxFactory

GROUPS = "/v1/gateway/groups"
WORKSPACE = """\
version: 1
groups:
  - id: id-acme
    metadata: {external_entity_id: acme, name: Acme}
    hierarchy: {limit_enforcement: INDEPENDENT}
    models:
      - slug: org/large
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1_000}]
        usage_limits: [{type: TOKEN, unit: DAY, threshold: 100_000}]
      - slug: org/small
        rate_limits: [{type: REQUEST, unit: MINUTE, threshold: 60}]
  - id: id-eu
    metadata: {external_entity_id: acme-eu}
    hierarchy: {parent: acme}
    models:
      - slug: org/large
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 800}]
      - slug: org/small
  - id: id-lab
    metadata: {external_entity_id: acme-lab}
    hierarchy: {parent: acme-eu}
    models: [{slug: org/large}]
  - id: id-globex
    metadata: {external_entity_id: globex, name: Globex}
    hierarchy: {limit_enforcement: INDEPENDENT}
    models: [{slug: org/large, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 600}]}]
"""
POOLS = WORKSPACE.replace("INDEPENDENT", "CASCADING")
UNPINNED = re.sub(r"- id: \S+\n   ", "-", WORKSPACE)


def config(slug: str, *limits: str) -> dict[str, object]:
    """A model as the API takes it; a limit is written ``TOKEN/MINUTE 100``."""
    split = [re.split("[/ ]", limit) for limit in limits]
    rates, usages = (
        [{"type": type_, "unit": unit, "threshold": int(n)} for type_, unit, n in split if (unit == "DAY") is daily]
        for daily in (False, True)
    )
    return {"slug": slug, "rate_limits": rates, "usage_limits": usages}


LARGE = config("org/large", "TOKEN/MINUTE 1000", "TOKEN/DAY 100000")
SMALL = config("org/small", "REQUEST/MINUTE 60")
GLOBEX = config("org/large", "TOKEN/MINUTE 600")


def patch(group: str, **payload: object) -> Callable[[Sandbox], None]:
    return lambda live: live.patch(group, **payload)


def models(group: str, *configs: object) -> Callable[[Sandbox], None]:
    return patch(group, models=configs)


def add(live: Sandbox, group: str, *configs: object, parent: str | None = None, mode: str | None = None) -> None:
    hierarchy = {"parent_group_id": parent and live.id_of(parent), "limit_enforcement": mode}
    metadata = {"external_entity_id": group, "name": group.title() if parent is None else None}
    live.ask("POST", GROUPS, {"metadata": metadata, "models": configs, "hierarchy": hierarchy})


def delete(*groups: str) -> Callable[[Sandbox], None]:
    def happens(live: Sandbox) -> None:
        for group in groups:
            live.delete(group)

    return happens


def recreate(live: Sandbox, *, parent: str | None = None, mode: str | None = None) -> None:
    live.delete("globex")
    add(live, "globex", GLOBEX, parent=parent, mode=mode)
    live.patch("globex", metadata={"name": "Globex"})


def recreate_the_tree(live: Sandbox) -> None:
    live.delete("acme")
    add(live, "acme", LARGE, SMALL)
    add(live, "acme-eu", config("org/large", "TOKEN/MINUTE 800"), config("org/small"), parent="acme")
    add(live, "acme-lab", config("org/large"), parent="acme-eu")


def move_the_branch(live: Sandbox) -> None:
    live.delete("acme-eu")
    add(live, "acme-eu", config("org/large", "TOKEN/MINUTE 800"), config("org/small"), parent="globex")
    add(live, "acme-lab", config("org/large"), parent="acme-eu")


def rekey(live: Sandbox) -> None:
    live.delete("globex")
    add(live, "globex-inc", GLOBEX)


def nothing(_: Sandbox) -> None:
    """For rows in which an answer is as it is without anybody having changed a group."""


def answers(group: dict[str, object]) -> Sequence[str]:
    """The group with this id is answered so, in these very bytes."""
    return [f"200:path={GROUPS}/{group['id']},body={json.dumps(group)}"]


def globex(**members: object) -> dict[str, object]:
    """The declared group, as the gateway answers it but for the ``members``."""
    return {
        "id": "id-globex",
        "metadata": {"external_entity_id": "globex", "name": "Globex"},
        "models": [GLOBEX],
        "hierarchy": {"limit_enforcement": "INDEPENDENT", "parent_group_id": None},
        "created_at": "2026-05-13T12:00:00Z",
        **members,
    }


class Row(NamedTuple):
    """Something that happens, and what a check is to say of it."""

    name: str
    happens: Callable[[Sandbox], None]
    findings: tuple[str, ...] = ()
    code: int | None = None
    """Left out: 2 with findings, 0 without."""
    says: tuple[str, ...] = ()
    declared: str = WORKSPACE
    options: tuple[str, ...] = ()
    faults: Sequence[str] = ()
    unread: str = ""
    """The cause, of every declared group."""


ROWS = [
    Row(
        "a threshold is raised",
        models("acme", config("org/large", "TOKEN/MINUTE 1500", "TOKEN/DAY 100000"), SMALL),
        ("acme limit-raised permissive",),
        says=("groups.yaml:8:23: medium limit-raised", "TOKEN/MINUTE: 1,000 -> 1,500 (+50 %)"),
    ),
    Row(
        "a threshold is lowered",
        models("acme", config("org/large", "TOKEN/MINUTE 1000", "TOKEN/DAY 50000"), SMALL),
        ("acme limit-lowered restrictive > acme-eu acme-lab",),
        says=("TOKEN/DAY: 100,000 -> 50,000 (-50 %)",),
    ),
    Row(
        "a rate limit moves to another window",
        models("globex", config("org/large", "TOKEN/SECOND 20")),
        ("globex limit-unit-changed permissive",),
        says=("600/MINUTE -> 20/SECOND (per minute 600 -> 1,200 (+100 %))",),
    ),
    Row(
        "a rate limit moves to another window at the same mean rate",
        models("globex", config("org/large", "TOKEN/SECOND 10")),
        ("globex limit-unit-changed neutral",),
        says=("same mean rate, different burst",),
    ),
    Row(
        "a limit is removed, so that an ancestor's applies",
        models("acme-eu", config("org/large"), config("org/small")),
        ("acme-eu limit-removed permissive > acme-lab",),
    ),
    Row(
        "a limit is removed, and no other is left",
        models("globex", config("org/large")),
        ("globex limit-removed permissive",),
        says=("exposes unlimited TOKEN/day",),
    ),
    Row(
        "a limit is added",
        models("globex", config("org/large", "TOKEN/MINUTE 600", "REQUEST/DAY 5")),
        ("globex limit-added restrictive",),
    ),
    Row(
        "a model is granted",
        models("globex", GLOBEX, config("org/secret")),
        ("globex model-added permissive",),
        says=("org/secret may be called, though not declared, with no limits",),
    ),
    Row("a model is withdrawn", models("acme", LARGE), ("acme model-removed restrictive > acme-eu",)),
    Row(
        "all models are cleared",
        models("globex"),
        ("globex model-removed restrictive",),
        says=("the group has no models left",),
    ),
    Row(
        "all models are cleared, and the answer leaves the list out",
        nothing,
        ("globex model-removed restrictive",),
        faults=answers({name: value for name, value in globex().items() if name != "models"}),
    ),
    Row(
        "somebody thinks that an update merges, and sends the one limit that is to change",
        models("acme", config("org/large", "TOKEN/MINUTE 900")),
        (
            "acme limit-lowered restrictive",
            "acme limit-removed permissive > acme-eu acme-lab",
            "acme model-removed restrictive > acme-eu",
        ),
    ),
    Row(
        "a model is retired for its successor",
        models("globex", config("org/larger", "TOKEN/MINUTE 600")),
        ("globex model-added permissive", "globex model-removed restrictive"),
    ),
    Row("a name is changed", patch("acme", metadata={"name": "Acme (old)"}), ("acme name-changed neutral",)),
    Row("a name is cleared", patch("acme", metadata={"name": None}), ("acme name-changed neutral",)),
    Row("a group is deleted", delete("globex"), ("globex group-missing restrictive",)),
    Row(
        "a group is deleted, and all below it with it",
        delete("acme"),
        ("acme group-missing restrictive > acme-eu acme-lab",),
        says=("4 declared groups: 1 in sync, 0 drifted, 3 missing",),
    ),
    Row(
        "a group is deleted and created again as it was",
        recreate,
        ("globex group-recreated neutral",),
        says=("id id-globex -> grp1", "keys of the old group are dead"),
    ),
    Row("the same, and nobody wrote its id down", recreate, declared=UNPINNED),
    Row(
        "a group is created again below another parent",
        lambda live: recreate(live, parent="acme"),
        ("globex group-recreated neutral", "globex parent-changed neutral"),
        says=("parent none (a root group) -> acme",),
    ),
    Row(
        "a branch is created again below another parent",
        move_the_branch,
        ("acme-eu group-recreated neutral > acme-lab", "acme-eu parent-changed neutral > acme-lab"),
        says=("parent acme -> globex",),
    ),
    Row(
        "a group is created again in the other mode",
        lambda live: recreate(live, mode="CASCADING"),
        ("globex group-recreated neutral", "globex limit-enforcement-changed restrictive"),
    ),
    Row(
        "a group is created again under another external id",
        rekey,
        ("globex group-missing restrictive", "globex-inc group-unmanaged permissive"),
        options=("--unmanaged",),
    ),
    Row(
        "a parent is created again, and its children with it",
        recreate_the_tree,
        ("acme group-recreated neutral > acme-eu acme-lab",),
    ),
    Row("the same, and nobody wrote their ids down", recreate_the_tree, declared=UNPINNED),
    Row(
        "the template of a tree is changed",
        models("acme", config("org/large", "TOKEN/MINUTE 1000", "TOKEN/DAY 150000"), SMALL),
        ("acme limit-raised permissive > acme-eu acme-lab",),
        says=("4 declared groups: 3 in sync, 1 drifted", "loosens 2 descendants: acme-eu, acme-lab"),
    ),
    Row(
        "the pool of a tree is changed",
        models("acme", config("org/large", "TOKEN/MINUTE 1500", "TOKEN/DAY 100000"), SMALL),
        ("acme limit-raised permissive",),
        says=("4 declared groups: 3 in sync, 1 drifted",),
        declared=POOLS,
    ),
    Row(
        "somebody creates an unmanaged group",
        lambda live: add(live, "newcomer", LARGE),
        ("newcomer group-unmanaged permissive",),
        says=("low group-unmanaged",),
        options=("--unmanaged",),
    ),
    Row("the same, and nobody asks for such groups", lambda live: add(live, "newcomer", LARGE)),
    Row(
        "somebody creates a group below a declared one",
        lambda live: add(live, "newcomer", config("org/large"), parent="acme"),
        ("newcomer group-unmanaged permissive",),
        says=("medium group-unmanaged", "below the declared group acme"),
        declared=POOLS,
        options=("--unmanaged",),
    ),
    Row(
        "a threshold is set to zero",
        models("globex", config("org/large", "TOKEN/MINUTE 0")),
        ("globex threshold-zero restrictive",),
        says=("600 -> 0 (-100 %); no traffic expected",),
    ),
    Row(
        "a limit of a newer type appears",
        models("globex", config("org/large", "TOKEN/MINUTE 600", "OUTPUT_TOKEN/MINUTE 5")),
        ("globex limit-added restrictive",),
    ),
    Row(
        "a limit of a type appears that this version does not know",
        nothing,
        ("globex limit-added restrictive",),
        says=("org/large EMBEDDING/MINUTE: none -> 7; EMBEDDING is not known to this version of drift",),
        faults=answers(globex(models=[config("org/large", "TOKEN/MINUTE 600", "EMBEDDING/MINUTE 7")])),
    ),
    Row(
        "keys are handed out and endpoints are pointed elsewhere, which leaves no trace in a group",
        nothing,
        says=("in-sync: nothing differs",),
    ),
    Row("the key is withdrawn", nothing, code=5, faults=["401"], unread="unauthorized"),
    Row("the workspace loses its access to the gateway", nothing, code=5, faults=["403"], unread="forbidden"),
    Row(
        "the key is of another workspace, where none of the groups is",
        delete("acme", "globex"),
        code=3,
        says=("is the key of the workspace that the files declare?",),
        unread="not-found-anywhere",
    ),
    Row(
        "lists come in another order",
        models("acme", SMALL, config("org/large", "TOKEN/MINUTE 1000", "TOKEN/DAY 100000")),
    ),
    Row(
        "empty lists are left out or null",
        nothing,
        faults=answers(globex(models=[{**GLOBEX, "usage_limits": None}], effective_models=None)),
    ),
    Row(
        "a name is left out instead of null",
        nothing,
        declared=WORKSPACE.replace("name: Globex", "name: null"),
        faults=answers(globex(metadata={"external_entity_id": "globex"})),
    ),
    Row("a time is written in another way", nothing, faults=answers(globex(created_at="2026-05-13T14:00:00.0+02:00"))),
    Row(
        "an answer has members that nobody knows",
        nothing,
        faults=answers(globex(priority=1, metadata={"external_entity_id": "globex", "name": "Globex", "tags": []})),
    ),
]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_what_happens_to_live_groups_is_reported_as(drift: Drift, sandbox: SandboxFactory, row: Row) -> None:
    (drift.directory / "groups.yaml").write_text(row.declared)
    live = sandbox(drift.directory / "groups.yaml", faults=row.faults)
    row.happens(live)

    outputs = ("--output", "text", "--output", "json=report.json")
    run = drift("check", "groups.yaml", "--api-url", live.url, *row.options, *outputs)

    report = json.loads((drift.directory / "report.json").read_text())
    findings = sorted(
        f"{finding['group']['external_entity_id']} {finding['rule']} {finding['direction']}"
        + (" > " if finding["affected"] else "")
        + " ".join(sorted(below["group"]["external_entity_id"] for below in finding["affected"]))
        for finding in report["findings"]
    )
    code = row.code if row.code is not None else 2 if row.findings else 0
    assert findings == sorted(row.findings)
    assert (run.code, report["exit_code"], run.err) == (code, code, "")
    assert report["verdict"] == {0: "in-sync", 2: "drift"}.get(code, "incomplete")
    assert {entry["cause"] for entry in report["unread"]} == ({row.unread} if row.unread else set())
    assert len(report["unread"]) == (4 if row.unread else 0)
    for text in row.says:
        assert text in run.out
