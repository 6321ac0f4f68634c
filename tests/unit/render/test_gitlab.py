"""GitLab's Code Quality artifact: the members that GitLab reads, and fingerprints it can follow."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from drift.errors import ExitCode, Location
from drift.render import render_report
from drift.render.visible import visible
from drift.report.report import Failure, Gate, Report, failed_report
from tests.hostile import with_every_hostile_text
from tests.reports import STARTED, full_report, hostile_report, large_report

Issue: TypeAlias = dict[str, Any]


def issues_of(report: Report) -> Sequence[Issue]:
    found: Sequence[Issue] = json.loads(render_report(report, "gitlab"))
    return found


def test_the_document_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.gitlab.json", render_report(full_report(), "gitlab"))


def test_every_issue_has_what_gitlab_demands() -> None:
    for issue in issues_of(full_report()):
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("./", "/"))


def test_severities_are_mapped_and_the_worst_comes_first() -> None:
    issues = issues_of(full_report())
    by_rule = {issue["check_name"]: issue["severity"] for issue in issues}

    assert by_rule["model-added"] == "critical"
    assert by_rule["limit-raised"] == "major"
    assert by_rule["name-changed"] == "minor"
    assert by_rule["group-unread"] == "major"
    order = ["critical", "major", "minor", "info"]
    severities = [issue["severity"] for issue in issues]
    assert severities == sorted(severities, key=order.index)


def test_what_is_accepted_is_no_issue() -> None:
    assert "globex" not in {issue["description"].partition(":")[0] for issue in issues_of(full_report())}


def test_fingerprints_are_unique_and_survive_moved_lines() -> None:
    report = large_report(300)
    moved = replace(
        report,
        findings=tuple(
            replace(finding, source=finding.source and Location(finding.source.file, finding.source.line + 5, 1))
            for finding in report.findings
        ),
    )
    before, after = ([issue["fingerprint"] for issue in issues_of(each)] for each in (report, moved))

    assert len(set(before)) == 300
    assert before == after


def test_a_leading_dot_would_hide_the_issue_from_gitlab() -> None:
    report = full_report()
    first = replace(report.findings[0], source=Location("./desired/a.yaml", 2, 1))

    assert issues_of(replace(report, findings=(first,)))[0]["location"]["path"] == "desired/a.yaml"


def test_a_failed_run_is_an_issue_and_not_an_empty_list() -> None:
    (issue,) = issues_of(
        failed_report(Failure("no API key", "set it"), ExitCode.USAGE, gate=Gate(), api_url="", at=STARTED)
    )

    assert issue["check_name"] == "check-failed"
    assert issue["description"] == "nothing was compared: no API key; set it"
    assert issue["severity"] == "critical"


@with_every_hostile_text
def test_hostile_text_stays_text(text: str) -> None:
    document = render_report(hostile_report(text), "gitlab")
    issues = json.loads(document.encode("utf-8"))

    assert len(issues) == len(issues_of(hostile_report("harmless")))
    assert all(issue["description"].isprintable() for issue in issues)
    # At the beginning of a line less is safe than within one.
    assert all(
        visible(f"x{text}")[1:] in issue["description"] or visible(text) in issue["description"] for issue in issues
    )
