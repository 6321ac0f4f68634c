"""Whatever text a report holds, every format stays a document of its kind with the same structure."""

import json
from collections.abc import Callable, Mapping

from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import parser as prometheus

from drift.render import FORMATS, render_report
from drift.render.json import parse
from tests.reports import hostile_report

TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=60)
"""Lone surrogates, controls and unassigned characters too."""


def json_outline(document: str) -> object:
    def outline(value: object) -> object:
        if isinstance(value, dict):
            # An absolute path has no base.
            return {name: outline(member) for name, member in value.items() if name != "uriBaseId"}
        return [outline(item) for item in value] if isinstance(value, list) else type(value)

    return outline(json.loads(document))


def xml_outline(document: str) -> object:
    return [(element.tag, sorted(element.keys())) for element in ElementTree.fromstring(document.encode()).iter()]


def metrics_outline(document: str) -> object:
    families = prometheus.text_string_to_metric_families(document)
    return [(sample.name, sorted(sample.labels)) for family in families for sample in family.samples]


OUTLINES: Mapping[str, Callable[[str], object]] = {
    "sarif": json_outline,
    "gitlab": json_outline,
    "junit": xml_outline,
    "openmetrics": metrics_outline,
}


@given(TEXT)
def test_text_never_changes_the_structure_of_a_machine_format(text: str) -> None:
    for output, outline in OUTLINES.items():
        document = render_report(hostile_report(text), output)

        document.encode("utf-8")
        assert outline(document) == outline(render_report(hostile_report("harmless"), output))


@given(TEXT)
def test_a_json_report_comes_back_as_it_was(text: str) -> None:
    report = hostile_report(text)

    back = parse(render_report(report, "json"))

    encodable = all(not "\ud800" <= char <= "\udfff" for char in text)
    assert (back == report) is encodable
    assert len(back.findings) == len(report.findings)


@given(TEXT)
def test_every_format_can_be_written_as_utf_8_and_ends_in_a_newline(text: str) -> None:
    for output in FORMATS:
        document = render_report(hostile_report(text), output)

        assert document.endswith("\n")
        document.encode("utf-8")
