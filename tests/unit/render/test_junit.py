"""JUnit XML, read by a parser of its own and by one that knows what CI viewers expect."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from msgspec.structs import replace

from drift.checker.group import missing
from drift.errors import Cause, ExitCode, Level, Location, Problem
from drift.model.groups import GroupRef
from drift.render import render_report
from drift.render.visible import visible
from drift.report.finding import Affected
from drift.report.report import Failure as RunFailure
from drift.report.report import Gate, GroupEntry, Report, Status, Unread, assemble, failed_report
from tests.builders import declared
from tests.hostile import with_every_hostile_text
from tests.reports import FINISHED, STARTED, full_report, hostile_report, large_report


def suite_of(report: Report) -> TestSuite:
    """The one suite, as junitparser reads it."""
    document = JUnitXml.fromstring(render_report(report, "junit").encode())
    (suite,) = document
    assert isinstance(suite, TestSuite)
    return suite


def cases_of(report: Report) -> dict[str, TestCase]:
    return {case.name: case for case in suite_of(report)}


def xml_of(report: Report) -> Element:
    root: Element = ElementTree.fromstring(render_report(report, "junit").encode("utf-8"))
    return root


def test_the_document_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.junit.xml", render_report(full_report(), "junit").replace('value="0.1.0"', 'value="X"'))


def test_each_group_is_one_case() -> None:
    names = [case.name for case in suite_of(full_report())]

    assert names == [
        "V18 groups[0].models[0]",
        *("acme", "acme-prod", "gone", "globex", "initech", "eu-1", "eu-2", "shadow"),
    ]


@pytest.mark.parametrize(
    ("group", "outcome", "kind"),
    [
        ("acme", Failure, "threshold-zero"),
        ("gone", Failure, "group-missing"),
        ("shadow", Failure, "group-unmanaged"),
        ("eu-1", Error, "server-error"),
        ("globex", Skipped, "accepted"),
        ("initech", None, ""),
    ],
)
def test_outcomes(group: str, outcome: type | None, kind: str) -> None:
    results = cases_of(full_report())[group].result

    assert [(type(result), result.type) for result in results] == ([(outcome, kind)] if outcome else [])


def test_a_failure_tells_all_findings_of_the_group_with_their_lines() -> None:
    (failure,) = cases_of(full_report())["acme"].result

    assert "desired/acme.yaml:11:3: medium limit-raised [permissive]" in failure.text
    assert "loosens 30 descendants: acme-eu-0, " in failure.text
    assert "and 10 more" in failure.text
    assert failure.message.endswith("(and 4 more)")


def test_the_counts_are_those_of_the_cases() -> None:
    suite = suite_of(full_report())

    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (9, 4, 2, 1)
    assert suite.time == 1.5


def test_class_names_group_cases_by_file() -> None:
    cases = cases_of(full_report())

    assert cases["acme"].classname == "desired.acme"
    assert cases["shadow"].classname == "baseten-drift.not declared"


def test_a_case_has_the_place_and_the_state_as_properties() -> None:
    case = next(case for case in xml_of(full_report()).iter("testcase") if case.get("name") == "gone")
    properties = {entry.get("name"): entry.get("value") for entry in case.iter("property")}

    assert properties == {"status": "missing", "source": "desired/acme.yaml:40:3", "group_name": "Acme"}


def test_a_group_that_went_with_its_ancestor_fails_and_names_it() -> None:
    below = declared("below", line=9)
    finding = replace(missing(declared("top")), affected=(Affected(below.ref, None, None),))
    place = Location("a.yaml", 1, 1)
    report = assemble(
        findings=[finding],
        unread=[],
        groups=[GroupEntry(declared("top").ref, Status.MISSING, place), GroupEntry(below.ref, Status.MISSING, place)],
        transient=0,
        gate=Gate(),
        api_url="",
        started_at=STARTED,
        finished_at=FINISHED,
    )

    (failure,) = cases_of(report)["below"].result

    assert isinstance(failure, Failure)
    assert failure.message == "gone with top"


def test_a_re_created_group_is_one_case_though_its_id_changed() -> None:
    finding = replace(missing(declared("acme")), group=GroupRef("new-id", "acme", None))
    report = replace(
        full_report(), findings=(finding,), groups=(GroupEntry(declared("acme").ref, Status.MISSING, None),), unread=()
    )

    assert [case.name for case in suite_of(report) if case.name == "acme"] == ["acme"]


def test_the_same_external_id_in_two_workspaces_is_two_cases() -> None:
    here, there = GroupRef("id-1", "acme", None), GroupRef("id-2", "acme", None)
    place = Location("a.yaml", 1, 1)
    report = assemble(
        findings=[replace(missing(declared("acme")), group=there)],
        unread=[],
        groups=[GroupEntry(here, Status.IN_SYNC, place), GroupEntry(there, Status.DRIFT, place)],
        transient=0,
        gate=Gate(),
        api_url="",
        started_at=STARTED,
        finished_at=FINISHED,
    )

    assert [len(case.result) for case in suite_of(report)] == [0, 1]


def test_unread_groups_of_two_workspaces_are_two_cases_though_neither_has_an_id() -> None:
    unread = full_report().unread[0]
    entry = GroupEntry(unread.group, Status.UNREAD, unread.source)
    report = replace(full_report(), groups=(entry, entry), unread=(unread,), findings=(), accepted=())

    assert [case.name for case in suite_of(report)][-2:] == [unread.group.label] * 2


def test_a_group_with_drift_that_could_not_be_read_to_the_end_is_an_error() -> None:
    report = full_report()
    also = Unread(report.groups[0].group, Cause.TIMED_OUT, "no time left", "/v1/x", Location("a.yaml", 1, 1))

    (error,) = cases_of(replace(report, unread=(also,)))["acme"].result

    assert isinstance(error, Error)
    assert "limit-raised" in error.text


def test_a_failed_run_has_an_error_and_is_never_an_empty_green_suite() -> None:
    problem = Problem("V20", Level.ERROR, Location("desired/a.yaml", 4, 5), "groups[0].modls", "unknown", "models?")
    report = failed_report(
        RunFailure("1 error", "look above"), ExitCode.USAGE, gate=Gate(), api_url="", at=STARTED, problems=[problem]
    )
    suite = suite_of(report)

    assert (suite.tests, suite.errors) == (2, 2)
    assert {case.name for case in suite} == {"check", "V20 groups[0].modls"}


def test_groups_that_were_not_listed_completely_are_an_error() -> None:
    (error,) = cases_of(replace(full_report(), unseen="503"))["live groups"].result

    assert isinstance(error, Error)


def test_a_large_report_has_a_case_for_every_group() -> None:
    assert suite_of(large_report(500)).tests == 500


@with_every_hostile_text
def test_hostile_text_stays_text(text: str) -> None:
    report = hostile_report(text)
    cases = list(suite_of(report))
    harmless = list(suite_of(hostile_report("harmless")))

    assert [len(case.result) for case in cases] == [len(case.result) for case in harmless]
    assert sorted(element.tag for element in xml_of(report).iter()) == sorted(
        element.tag for element in xml_of(hostile_report("harmless")).iter()
    )
    assert visible(text) in {case.name for case in cases}
    assert any(visible(text) in result.text for case in cases for result in case.result)
