"""Trees through the real command: what an ancestor does to those below it is told once."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Drift, SandboxFactory

PARENT = """\
version: 1
groups:
  - metadata: {{external_entity_id: acme}}
    hierarchy: {{limit_enforcement: {mode}}}
    models:
      - slug: org/model
        rate_limits: [{{type: TOKEN, unit: MINUTE, threshold: 100_000}}]
"""
CHILD = """\
  - metadata: {{external_entity_id: acme-{number}}}
    hierarchy: {{parent: acme}}
    models: [{{slug: org/model}}]
"""


@pytest.fixture(params=["INDEPENDENT", "CASCADING"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tree(mode: str, tmp_path: Path) -> Path:
    return declare(tmp_path / "acme.yaml", mode, children=300)


def declare(path: Path, mode: str, *, children: int) -> Path:
    path.write_text(PARENT.format(mode=mode) + "".join(CHILD.format(number=number) for number in range(children)))
    return path


def limit(threshold: int) -> list[object]:
    return [{"slug": "org/model", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": threshold}]}]


def test_one_change_of_a_parent_under_300_children_is_one_finding(
    drift: Drift, sandbox: SandboxFactory, tree: Path
) -> None:
    live = sandbox(tree)
    live.patch("acme", models=limit(150_000))

    run = drift("check", tree.name, "--api-url", live.url, "--output", "text", "--output", "json=report.json")

    report = json.loads((drift.directory / "report.json").read_text())
    [finding] = report["findings"]
    assert run.code == 2
    assert "org/model TOKEN/MINUTE: 100,000 -> 150,000 (+50 %)\n    loosens 300 descendants: acme-0, acme-1" in run.out
    assert " and 280 more\n" in run.out
    assert len(finding["affected"]) == 300
    assert finding["affected"][0]["live"] == 150_000
    assert (report["counts"]["drift"], report["counts"]["in_sync"]) == (1, 300)


def test_a_deleted_parent_is_one_finding_too(drift: Drift, sandbox: SandboxFactory, mode: str) -> None:
    """With few children: each is looked up by name, twice, no faster than the gateway allows."""
    tree = declare(drift.directory / "acme.yaml", mode, children=30)
    tree.write_text(tree.read_text() + "  - metadata: {external_entity_id: globex}\n    models: [{slug: org/model}]\n")
    live = sandbox(tree)
    live.delete("acme")

    run = drift("check", tree.name, "--api-url", live.url)

    assert run.code == 2
    assert run.out.count("group-missing") == 1
    assert "takes with it 30 descendants: acme-0" in run.out
    assert "32 declared groups: 1 in sync, 0 drifted, 31 missing" in run.out


def test_a_tree_that_is_as_declared_is_in_sync_in_both_modes(drift: Drift, sandbox: SandboxFactory, tree: Path) -> None:
    run = drift("check", tree, "--api-url", sandbox(tree).url)

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("in-sync: nothing differs")


def test_an_undeclared_parent_that_sets_limits_is_named_and_is_no_drift(drift: Drift, sandbox: SandboxFactory) -> None:
    path = drift.directory / "a.yaml"
    path.write_text(
        "version: 1\ngroups:\n  - metadata: {external_entity_id: acme-eu}\n"
        "    hierarchy: {parent_group_id: root1, limit_enforcement: INDEPENDENT}\n    models: [{slug: org/model}]\n"
    )
    live = sandbox(path)
    live.ask("PATCH", "/v1/gateway/groups/root1", {"models": limit(5000)})

    run = drift("check", path, "--api-url", live.url)

    assert run.code == 0
    assert "unmanaged ancestor root1 sets org/model TOKEN/MINUTE 5,000 for 1 declared group" in run.out


@pytest.mark.parametrize(("lowered", "severity"), [(False, "medium"), (True, "info")])
def test_a_limit_above_its_pool_is_an_anomaly_unless_drift_explains_it(
    drift: Drift, sandbox: SandboxFactory, *, lowered: bool, severity: str
) -> None:
    """The API refuses such a limit, so the sandbox does too; only an answer of its own can hold one."""
    path = drift.directory / "acme.yaml"
    child = "  - {id: id-eu, metadata: {external_entity_id: acme-eu}, hierarchy: {parent: acme}}\n"
    path.write_text(PARENT.format(mode="CASCADING").replace("- metadata", "- id: id-acme\n    metadata") + child)
    body = {
        "id": "id-eu",
        "metadata": {"external_entity_id": "acme-eu"},
        "models": limit(120_000),
        "hierarchy": {"limit_enforcement": "CASCADING", "parent_group_id": "id-acme"},
        "created_at": "2026-05-13T12:00:00Z",
    }
    live = sandbox(path, faults=[f"200:path=/v1/gateway/groups/id-eu,body={json.dumps(body)}"])
    if lowered:
        live.patch("acme", models=limit(80_000))

    run = drift("check", path.name, "--api-url", live.url)

    ceiling = "80,000" if lowered else "100,000"
    assert run.code == 2
    assert f"acme.yaml:9:5: {severity} response-anomaly [neutral]\n" in run.out
    assert f"org/model TOKEN/MINUTE 120,000 is above the {ceiling} of its ancestor acme, which the API" in run.out
    assert ("it follows from the drift of acme" in run.out) == lowered
    assert "2 declared groups: 1 in sync, 1 drifted" in run.out


PRICES = """\
prices:
  currency: USD
  models: {org/model: {input: 3.00, output: 15.00}}
"""


@pytest.mark.parametrize(("mode", "groups"), [("INDEPENDENT", 301), ("CASCADING", 1)])
def test_what_a_change_exposes_is_told_in_tokens_and_money(
    drift: Drift, sandbox: SandboxFactory, mode: str, groups: int
) -> None:
    path = declare(drift.directory / "acme.yaml", mode, children=300)
    path.write_text(path.read_text() + PRICES)
    live = sandbox(path)
    live.patch("acme", models=limit(150_000))

    run = drift("check", path.name, "--api-url", live.url, "--output", "text", "--output", "json=report.json")

    report = json.loads((drift.directory / "report.json").read_text())
    tokens = groups * 50_000 * 1_440
    money = groups * 1_080
    text = f"up to {tokens:,} TOKEN/day more (at most USD {money:,}.00/day)\n"
    assert f"    exposes {text}" in run.out
    assert f"  exposure: {text}" in run.out
    assert (
        report["exposure"]
        == report["findings"][0]["exposure"]
        == {
            "token_per_day": tokens,
            "request_per_day": 0,
            "cost": {"currency": "USD", "per_day": f"{money}.00", "unpriced": []},
        }
    )
