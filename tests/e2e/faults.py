"""The fault matrix: what the gateway does wrong, and what the command makes of it in either way of reading."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import jsonschema
import pytest

from drift.errors import HINTS, Cause
from drift.render.json import schema
from tests.e2e.conftest import Drift, FaultText, Sandbox, SandboxFactory

Mode: TypeAlias = Literal["get", "list"]
Requests: TypeAlias = int | tuple[int, int]
"""Exactly so many, or from so many to so many where threads may or may not be stopped in time."""

WORKSPACE = """\
version: 1
groups:
  - {id: grp1, metadata: {external_entity_id: a}, models: &models [{slug: org/model, rate_limits: &limits
      [{type: TOKEN, unit: MINUTE, threshold: 100}]}]}
  - {id: grp2, metadata: {external_entity_id: b}, models: *models}
  - {id: grp3, metadata: {external_entity_id: c}, models: *models}
  - {metadata: {external_entity_id: d}, models: *models}
  - {metadata: {external_entity_id: e}, models: *models}
"""
"""By get, the first three take a request for their id each, the others one for their external id."""
EVERY = "a b c d e"
CHANGED = WORKSPACE.replace("c}, models: *models", "c}, models: [{slug: org/model}]")
"""The same, with a limit less on c."""
LIST = "/v1/gateway/groups"
ONE = "/v1/gateway/groups/*"
LONG = "30s"
"""More than any run here needs, so that something else ends it."""
SHORT = "2s"
"""For runs that only ``--timeout`` ends."""


class Outcome(NamedTuple):
    """What one run is to come to."""

    code: int
    verdict: str
    requests: Requests
    """As the server counted them."""
    unread: str = ""
    """External ids."""
    cause: Cause | None = None
    """Of all that are unread."""
    findings: str = ""
    """Group and rule, e.g. ``c:group-missing``."""
    retries: Requests = 0
    throttled: Requests = 0
    transient: Requests = 0
    says: str = ""
    """What the text on stdout holds besides."""


def in_sync(
    requests: Requests, *, retries: Requests = 0, throttled: Requests = 0, transient: int = 0, says: str = ""
) -> Outcome:
    """Everything was read and nothing differs."""
    return Outcome(0, "in-sync", requests, retries=retries, throttled=throttled, transient=transient, says=says)


def drift_of(findings: str, requests: Requests, *, transient: int = 0) -> Outcome:
    """Everything was read, and this differs."""
    return Outcome(2, "drift", requests, findings=findings, transient=transient)


def unread(
    cause: Cause,
    requests: Requests,
    *,
    groups: str = EVERY,
    code: int = 3,
    retries: Requests = 0,
    throttled: Requests = 0,
    says: str = "",
) -> Outcome:
    """These groups could not be read, the others are in sync."""
    return Outcome(code, "incomplete", requests, groups, cause, retries=retries, throttled=throttled, says=says)


class Row(NamedTuple):
    """One kind of fault."""

    name: str
    faults: Sequence[FaultText]
    get: Outcome | None
    """None: it cannot happen in this way of reading."""
    list: Outcome | None
    timeout: str = LONG
    options: tuple[str, ...] = ()
    declared: str = WORKSPACE
    live: str = WORKSPACE
    """What the workspace holds at first."""
    foreign: tuple[str, ...] = ()


def by_get(row: Row) -> Row:
    """The row in one way of reading, where the other would show nothing new."""
    return row._replace(list=None)


def by_list(row: Row) -> Row:
    """The same for the other way."""
    return row._replace(get=None)


def cells(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Every row in every way of reading that it is for."""
    table = [
        pytest.param(row, mode, outcome, id=f"{row.name}-{mode}")
        for row in rows
        for mode, outcome in _modes(row)
        if outcome is not None
    ]
    return pytest.mark.parametrize(("row", "mode", "outcome"), table)


def _modes(row: Row) -> tuple[tuple[Mode, Outcome | None], ...]:
    return ("get", row.get), ("list", row.list)


def play(drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome) -> Sandbox:
    """Run one cell, and compare it with what it is to come to."""
    seed = drift.directory / "groups.yaml"
    seed.write_text(row.live)
    live = sandbox(seed, faults=row.faults, foreign=row.foreign)
    check(drift, live.url, row, mode, outcome, live)
    return live


def check(
    drift: Drift,
    url: str,
    row: Row,
    mode: Mode,
    outcome: Outcome,
    live: Sandbox | None = None,
    *,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run the command against ``url``; requests are counted by the report alone where there is no sandbox."""
    (drift.directory / "groups.yaml").write_text(row.declared)
    run = drift(
        *("check", "groups.yaml", "--api-url", url, "--read", mode, "--timeout", row.timeout, *row.options),
        *("--output", "text", "--output", "json=report.json"),
        env=env,
    )
    report = json.loads((drift.directory / "report.json").read_text())
    seen = Outcome(
        code=run.code,
        verdict=report["verdict"],
        requests=_within(
            outcome.requests,
            report["requests"]["get"] + report["requests"]["list"] if live is None else len(live.targets()),
        ),
        unread=" ".join(sorted(entry["group"]["external_entity_id"] for entry in report["unread"])),
        cause=_one({Cause(entry["cause"]) for entry in report["unread"]}),
        findings=" ".join(
            sorted(f"{finding['group']['external_entity_id']}:{finding['rule']}" for finding in report["findings"])
        ),
        retries=_within(outcome.retries, report["requests"]["retries"]),
        throttled=_within(outcome.throttled, report["requests"]["throttled"]),
        transient=_within(outcome.transient, report["counts"]["transient"]),
        says=outcome.says if outcome.says in run.out else run.out,
    )
    assert seen == outcome
    assert run.err == ""
    _holds_together(run.out, report, drift.directory)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def _within(wanted: Requests, found: int) -> Requests:
    """What was wanted if what was found is in it, so that the two compare equal; else what was found."""
    low, high = (wanted, wanted) if isinstance(wanted, int) else wanted
    return wanted if low <= found <= high else found


def _one(causes: set[Cause]) -> Cause | None:
    assert len(causes) <= 1, causes
    return causes.pop() if causes else None


def _holds_together(out: str, report: dict[str, dict[str, int]], directory: Path) -> None:
    """What every report promises, whatever happened."""
    _validator().validate(report)
    counts = report["counts"]
    accounted = counts["in_sync"] + counts["drift"] + counts["missing"] + counts["unread"]
    assert accounted == counts["declared"]
    assert counts["unread"] == len(report["unread"])
    assert f"\n{report['verdict']}: " in f"\n{out}"
    assert f"  exit code {report['exit_code']} (" in out
    for cause in {str(entry["cause"]) for entry in report["unread"]}:  # type: ignore[index]
        assert f"unread: {cause} (" in out
        assert Cause(cause) not in HINTS or f"hint: {HINTS[Cause(cause)]}" in out
    assert {path.name for path in directory.iterdir()} == {"groups.yaml", "report.json"}
