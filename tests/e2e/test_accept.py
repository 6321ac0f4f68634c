"""Drift that is accepted for a while, from the report that found it to the day on which it is drift again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Drift, Sandbox, SandboxFactory

TODAY = datetime.now(UTC).date()  # noqa: TID251 - a test's clock
NEXT_YEAR = str(TODAY + timedelta(days=365))
GROUPS = """\
version: 1   # the format
groups:
  - metadata: {external_entity_id: acme, name: Acme}
    models:
      - slug: org/model
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1_000}]
  - metadata: {external_entity_id: globex}
    models: [{slug: org/model}]
"""
BECAUSE = ("--reason", "load test", "--owner", "platform team", "--until", NEXT_YEAR)


def limit(threshold: int) -> list[object]:
    return [{"slug": "org/model", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": threshold}]}]


@pytest.fixture
def live(drift: Drift, sandbox: SandboxFactory) -> Sandbox:
    """A sandbox in which a limit was raised and a group deleted, and the report of it."""
    (drift.directory / "desired").mkdir()
    (drift.directory / "desired" / "acme.yaml").write_text(GROUPS)
    live = sandbox(drift.directory / "desired")
    live.patch("acme", models=limit(1_500))
    live.delete("globex")
    assert drift("check", "--api-url", live.url, "--output", "json=report.json").code == 2
    return live


def check(drift: Drift, live: Sandbox, *more: str) -> tuple[int, dict[str, object]]:
    run = drift("check", "--api-url", live.url, "--output", "json", *more)
    report: dict[str, object] = json.loads(run.out)
    return run.code, report


def test_accepting_everything_makes_the_check_pass_and_says_so(drift: Drift, live: Sandbox) -> None:
    accept = drift("accept", "report.json", "--all", *BECAUSE, key=None)

    assert (accept.code, accept.err) == (0, "")
    assert accept.out.endswith("2 differences in desired/accepted.yaml\n")
    code, report = check(drift, live)
    assert (code, report["verdict"], report["findings"]) == (0, "in-sync", [])
    assert {entry["finding"]["rule"] for entry in report["accepted"]} == {"limit-raised", "group-missing"}  # type: ignore[attr-defined]
    assert [entry["status"] for entry in report["groups"]] == ["accepted", "accepted"]  # type: ignore[attr-defined]


def test_the_day_after_it_is_drift_again(drift: Drift, live: Sandbox) -> None:
    drift("accept", "report.json", "--all", *BECAUSE)
    after = str(TODAY + timedelta(days=366))

    assert check(drift, live, "--as-of", NEXT_YEAR)[0] == 0
    code, report = check(drift, live, "--as-of", after)
    assert (code, len(report["findings"])) == (2, 2)  # type: ignore[arg-type]
    assert [entry["lapse"] for entry in report["lapsed"]] == ["expired", "expired"]  # type: ignore[attr-defined]


def test_another_value_is_drift_again(drift: Drift, live: Sandbox) -> None:
    drift("accept", "report.json", "--all", *BECAUSE)
    live.patch("acme", models=limit(1_501))

    code, report = check(drift, live)

    assert (code, len(report["findings"])) == (2, 1)  # type: ignore[arg-type]
    assert [entry["lapse"] for entry in report["lapsed"]] == ["moved"]  # type: ignore[attr-defined]


def test_what_is_in_sync_again_leaves_an_unused_acceptance(drift: Drift, live: Sandbox) -> None:
    drift("accept", "report.json", "--all", *BECAUSE)
    live.patch("acme", models=limit(1_000))

    code, report = check(drift, live)

    assert code == 0
    assert [(entry["acceptance"]["group"], entry["lapse"]) for entry in report["lapsed"]] == [("acme", "unused")]  # type: ignore[attr-defined]


def test_what_ends_soon_is_marked(drift: Drift, live: Sandbox) -> None:
    drift("accept", "report.json", "--all", *BECAUSE)

    def expiring(*more: str) -> object:
        counts = check(drift, live, *more)[1]["counts"]
        assert isinstance(counts, dict)
        return counts["expiring"]

    assert (expiring(), expiring("--warn-expiring", "366d")) == (0, 2)


def test_one_difference_of_one_group_may_be_chosen(drift: Drift, live: Sandbox) -> None:
    accept = drift("accept", "report.json", "--group", "ac*", "--rule", "limit-raised", *BECAUSE)

    assert accept.out.splitlines()[0].startswith(f"accepted until {NEXT_YEAR}: acme limit-raised: org/model TOKEN/MI")
    code, report = check(drift, live)
    assert code == 2
    assert [finding["rule"] for finding in report["findings"]] == ["group-missing"]  # type: ignore[attr-defined]


def test_a_dry_run_prints_the_file_and_writes_nothing(drift: Drift, live: Sandbox) -> None:  # noqa: ARG001 - makes the report
    run = drift("accept", "report.json", "--all", "--dry-run", "--file", "desired/acme.yaml", *BECAUSE)

    assert run.out.startswith(GROUPS + "accepted:\n  - group: globex\n    rule: group-missing\n")
    assert (drift.directory / "desired" / "acme.yaml").read_text() == GROUPS


def test_accepting_again_renews(drift: Drift, live: Sandbox) -> None:
    drift("accept", "report.json", "--all", *BECAUSE)
    live.patch("acme", models=limit(1_501))
    drift("check", "--api-url", live.url, "--output", "json=report.json")

    run = drift("accept", "report.json", "--all", *BECAUSE)

    assert run.out.endswith("1 difference in desired/accepted.yaml, 1 of them instead of older entries\n")
    assert check(drift, live)[0] == 0


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (BECAUSE, "which differences?"),
        (("--all", "--reason", "r", "--owner", "o", "--until", "2020-01-01"), "--until 2020-01-01 is over already"),
        (("--all", "--reason", " ", "--owner", "o", "--until", NEXT_YEAR), "must say something"),
        (("--rule", "name-changed", *BECAUSE), "it has differences of group-missing, limit-raised"),
        (("--all", "--file", "nowhere/a.yaml", *BECAUSE), "there is no directory nowhere"),
        (("--all", "--reason", "r", "--until", NEXT_YEAR), "--owner"),
    ],
)
def test_what_cannot_be_accepted_is_said(drift: Drift, arguments: tuple[str, ...], message: str) -> None:
    run = drift("accept", "report.json", *arguments)

    assert (run.code, run.out) == (4, "")
    assert message in run.err
    assert not (drift.directory / "desired" / "accepted.yaml").exists()


def test_the_report_says_what_it_rests_on(drift: Drift, live: Sandbox) -> None:
    first, second = check(drift, live)[1]["evidence"], check(drift, live)[1]["evidence"]

    assert first == second
    assert isinstance(first, dict)
    assert [Path(file["path"]).name for file in first["files"]] == ["acme.yaml"]
    assert (first["rule_set"], first["git_commit"], first["key_prefix"]) == (1, None, None)
    live.patch("acme", models=limit(1_501))
    third = check(drift, live)[1]["evidence"]
    assert isinstance(third, dict)
    assert third["digest"] != first["digest"]
