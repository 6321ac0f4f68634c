"""A folder of saved reports, told as one story."""

import json
from collections.abc import Callable
from pathlib import Path

import html5lib
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from drift.render import HISTORIES
from drift.report.history import history
from tests.e2e.conftest import EXAMPLE, Drift, SandboxFactory
from tests.hostile import with_every_hostile_text
from tests.reports import hostile_report
from tests.unit.report.test_history import raised, report


def test_a_folder_of_reports(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox()
    (drift.directory / "reports").mkdir()
    (drift.directory / "reports" / "other.json").write_text("[]")
    for number, name in enumerate(["Acme", "Other", "Acme"]):
        live.patch("acme", metadata={"name": name})
        drift("check", EXAMPLE, "--api-url", live.url, "--output", f"json=reports/{number}.json")

    run = drift("history", "reports", "--output", "text", "--output", "json=story.json", key=None)

    assert run.code == 0
    assert run.err.startswith("left out: reports/other.json is not a JSON report")
    assert run.out.splitlines()[:3] == [
        "resolved:",
        "  acme: low name-changed [neutral]",
        '    name "Acme" -> "Other"',
    ]
    assert run.out.endswith("3 runs: 0 open, 1 resolved\n")
    story = json.loads((drift.directory / "story.json").read_text())
    assert [run["verdict"] for run in story["runs"]] == ["in-sync", "drift", "in-sync"]
    assert story["runs"][0]["digest"] == story["runs"][2]["digest"] != story["runs"][1]["digest"]


@pytest.mark.parametrize("output_format", HISTORIES.names)
def test_it_looks_as_reviewed(golden: Callable[[str, str], None], output_format: str) -> None:
    runs = [report(1), report(2, raised()), report(9, raised(1_600), accepted=()), report(10), report(12, raised())]

    golden(f"history.{output_format}", HISTORIES.render(history(runs), output_format))


def shown(text: str, output_format: str) -> str:
    """The history of a report that has the text everywhere."""
    return HISTORIES.render(history([hostile_report(text)]), output_format)


@with_every_hostile_text
def test_a_hostile_name_stays_text(text: str) -> None:
    lines = shown(text, "text")

    assert all(char.isprintable() or char == "\n" for char in lines)
    assert lines.count("\n") == shown("harmless", "text").count("\n")


@with_every_hostile_text
def test_a_hostile_name_is_no_markup_in_the_page(text: str) -> None:
    page, harmless = (
        html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(shown(name, "html"))
        for name in (text, "harmless")
    )

    assert [element.tag for element in page.iter()] == [element.tag for element in harmless.iter()]


def test_the_age_of_the_oldest_drift_is_a_metric() -> None:
    text = HISTORIES.render(history([report(1, raised()), report(3, raised())]), "openmetrics")

    families = {
        family.name: family.samples[0].value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    }
    assert families["baseten_drift_oldest_open_drift_seconds"] == 2 * 86_400


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "cannot read nowhere.json"),
        (["empty"], "there is no report to read"),
        (["empty", "--output", "pdf"], "'pdf' is not a format"),
    ],
)
def test_bad_input_is_told(drift: Drift, arguments: list[str | Path], message: str) -> None:
    (drift.directory / "empty").mkdir()

    run = drift("history", *arguments)

    assert (run.code, run.out) == (4, "")
    assert message in run.err
