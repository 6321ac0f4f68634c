"""Pinned effective limits through the real command."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Drift, SandboxFactory

TREE = """\
version: 1
groups:
  - metadata: {external_entity_id: acme}
    hierarchy: {limit_enforcement: INDEPENDENT}
    models:
      - slug: org/model
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 100_000}]
  - metadata: {external_entity_id: acme-eu}
    hierarchy: {parent: acme}
    models: [{slug: org/model}]
    effective:
      - slug: org/model
        rate_limits:
          - {type: TOKEN, unit: MINUTE, threshold: 100_000, source: acme}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(TREE)
    return path


def limits(*, minute: int | None = None, day: int | None = None) -> list[object]:
    rates = [] if minute is None else [{"type": "TOKEN", "unit": "MINUTE", "threshold": minute}]
    usages = [] if day is None else [{"type": "TOKEN", "unit": "DAY", "threshold": day}]
    return [{"slug": "org/model", "rate_limits": rates, "usage_limits": usages}]


@pytest.mark.parametrize("mode", ["get", "list"])
def test_a_pin_that_holds_is_in_sync(drift: Drift, sandbox: SandboxFactory, tree: Path, mode: str) -> None:
    live = sandbox(tree)

    run = drift("check", tree.name, "--api-url", live.url, "--read", mode)

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("in-sync: nothing differs")
    assert len(live.targets()) == (2 if mode == "get" else 1), "pins take no request of their own"


@pytest.mark.parametrize("mode", ["get", "list"])
def test_a_changed_template_is_drift_where_it_is_declared_and_where_it_is_pinned(
    drift: Drift, sandbox: SandboxFactory, tree: Path, mode: str
) -> None:
    live = sandbox(tree)
    live.patch("acme", models=limits(minute=150_000))

    run = drift("check", tree.name, "--api-url", live.url, "--read", mode)

    assert run.code == 2
    assert "acme.yaml:7:23: medium limit-raised [permissive]" in run.out
    assert "acme.yaml:14:13: medium effective-limit-changed [permissive]" in run.out
    assert "org/model TOKEN/MINUTE in effect: 100,000 -> 150,000 (+50 %) from acme [pinned]" in run.out
    assert "2 declared groups: 0 in sync, 2 drifted" in run.out


def test_the_pins_of_a_group_hold_what_nobody_declares_above_it(
    drift: Drift, sandbox: SandboxFactory, tree: Path
) -> None:
    """The parent stands in no file, so that no other rule would ever fail."""
    tree.write_text(
        "version: 1\ngroups:\n  - metadata: {external_entity_id: acme-eu}\n"
        "    hierarchy: {parent_group_id: root1, limit_enforcement: INDEPENDENT}\n    models: [{slug: org/model}]\n"
        "    effective:\n      - slug: org/model\n        rate_limits:\n"
        "          - {type: TOKEN, unit: MINUTE, threshold: 100_000, source_group: root1}\n"
    )
    live = sandbox(tree)
    check = ("check", tree.name, "--api-url", live.url)

    live.ask("PATCH", "/v1/gateway/groups/root1", {"models": limits(minute=100_000)})
    assert drift(*check).out.startswith("in-sync: nothing differs")
    live.ask("PATCH", "/v1/gateway/groups/root1", {"models": limits(minute=100_000, day=5)})
    added = drift(*check)
    live.ask("PATCH", "/v1/gateway/groups/root1", {"models": limits()})
    gone = drift(*check)

    assert (added.code, gone.code) == (2, 2)
    assert "acme.yaml:7:9: medium effective-limit-changed [restrictive]" in added.out
    assert "TOKEN/DAY in effect: none -> 5 from root1 [pinned]" in added.out
    assert "acme.yaml:9:13: high effective-limit-changed [permissive]" in gone.out
    assert "TOKEN/MINUTE in effect: 100,000 from root1 -> none [pinned]" in gone.out


def test_gates_see_the_direction_of_a_pin(drift: Drift, sandbox: SandboxFactory, tree: Path) -> None:
    """A limit of the group's own, at a third of what is pinned, is no loosening."""
    live = sandbox(tree)
    live.patch("acme-eu", models=limits(minute=30_000))

    for gate, code in (("permissive", 0), ("restrictive", 2), ("high", 2)):
        run = drift("check", tree.name, "--api-url", live.url, "--fail-on", gate, "--output", "json")
        pin = next(f for f in json.loads(run.out)["findings"] if f["rule"] == "effective-limit-changed")
        assert run.code == code
        assert pin["desired"] == {"type": "TOKEN", "unit": "MINUTE", "threshold": 100_000, "source": "acme"}
        assert pin["live"] == {"type": "TOKEN", "unit": "MINUTE", "threshold": 30_000, "source": "acme-eu"}


def test_a_pin_that_cannot_be_is_told_before_any_request(drift: Drift, sandbox: SandboxFactory, tree: Path) -> None:
    live = sandbox(tree)
    tree.write_text(TREE.replace("source: acme", "source: acmee"))

    run = drift("check", tree.name, "--api-url", live.url)

    assert (run.code, live.targets()) == (4, [])
    assert 'acme.yaml:14:13: error[V33] groups[1].effective[0].rate_limits[0].source: the group "acmee" is' in run.err
    assert "did you mean `acme`?" in run.err
