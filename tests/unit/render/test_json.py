"""The JSON report: one document, the published schema, and back again."""

import json
from collections.abc import Callable

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from drift.render import render_report
from drift.render.json import parse, schema
from drift.render.visible import visible
from drift.report.report import SCHEMA_VERSION, Report
from tests.hostile import HOSTILE
from tests.reports import all_hostile_texts, full_report, large_report
from tests.unit.render.test_text import sample


def test_the_document_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("report.json", render_report(sample(), "json").replace('"version": "0.1.0"', '"version": "X"'))


def test_the_document_validates_against_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())

    validator.validate(json.loads(render_report(sample(), "json")))


def test_the_schema_refuses_what_is_no_report() -> None:
    document = json.loads(render_report(sample(), "json"))
    document["verdict"] = "fine"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(document)


def test_a_report_read_back_is_the_same_report() -> None:
    assert parse(render_report(sample(), "json")) == sample()


def test_members_of_a_later_minor_version_are_ignored() -> None:
    document = json.loads(render_report(sample(), "json")) | {"added_later": 1}

    assert parse(json.dumps(document)) == sample()


def test_hostile_names_survive_unchanged() -> None:
    name = "\x1b[31m\u202e\"'</script>"

    assert name in [
        entry["group"]["name"] for entry in json.loads(render_report(sample(unmanaged_id=name), "json"))["findings"]
    ]


def test_a_report_from_before_exposure_can_still_be_read() -> None:
    document = json.loads(render_report(sample(), "json"))
    del document["exposure"]
    for finding in document["findings"]:
        del finding["exposure"]

    report = parse(json.dumps(document))

    assert report.exposure is None
    assert {finding.exposure for finding in report.findings} == {None}


def test_a_name_is_no_workflow_command_in_a_log_and_comes_back_as_it_was() -> None:
    shown = render_report(sample(unmanaged_id="##[stop-commands]x"), "json")

    assert "##[" not in shown
    assert parse(shown) == sample(unmanaged_id="##[stop-commands]x")


def test_everything_that_a_report_can_have_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.json", render_report(full_report(), "json").replace('"version": "0.1.0"', '"version": "X"'))


def test_hostile_text_is_valid_json_and_comes_back() -> None:
    report = all_hostile_texts()
    document = render_report(report, "json")

    jsonschema.Draft202012Validator(schema()).validate(json.loads(document.encode("utf-8")))
    back = parse(document)
    # A lone surrogate has no encoding; it is written out.
    assert back.warnings == tuple(visible(text) if "\ud800" in text else text for text in HOSTILE.values())
    assert len(back.findings) == len(report.findings)


@pytest.mark.parametrize("report", [full_report(), large_report(20)], ids=["full", "large"])
def test_reports_of_tests_validate_and_come_back(report: Report) -> None:
    document = render_report(report, "json")

    jsonschema.Draft202012Validator(schema()).validate(json.loads(document))
    assert parse(document) == report


def test_the_version_is_that_of_the_members_written() -> None:
    document = json.loads(render_report(replace(sample(), schema_version="1.0"), "json"))

    assert document["schema_version"] == SCHEMA_VERSION
    assert "accepted" in document


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01T12:00:00", ""])
def test_a_report_whose_times_are_none_is_not_read(moment: str) -> None:
    for member in ("started_at", "finished_at"):
        document = render_report(replace(full_report(), **{member: moment}), "json")

        with pytest.raises(msgspec.ValidationError, match=member):
            parse(document)
