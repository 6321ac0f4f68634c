"""Metrics: one file that the old Prometheus text format and OpenMetrics both read."""

import math
from collections.abc import Callable, Iterable, Mapping

import pytest
from msgspec.structs import replace
from prometheus_client import parser as prometheus
from prometheus_client.core import Metric
from prometheus_client.openmetrics import parser as openmetrics

from drift.errors import Cause, ExitCode
from drift.render import render_report
from drift.render.visible import visible
from drift.report.report import Failure, Gate, GroupEntry, Report, Status, assemble, failed_report
from tests.hostile import with_every_hostile_text
from tests.reports import FINISHED, STARTED, full_report, hostile_report, large_report

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def samples(families: Iterable[Metric]) -> Samples:
    found = [sample for family in families for sample in family.samples]
    assert all(sample.timestamp is None for sample in found)  # node_exporter skips files that have any
    return {
        (sample.name.removeprefix("baseten_drift_"), frozenset(sample.labels.items())): sample.value for sample in found
    }


def metrics_of(report: Report) -> Samples:
    """What OpenMetrics readers see, which must be what readers of the older format see."""
    text = render_report(report, "openmetrics")
    new = samples(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    old = samples(prometheus.text_string_to_metric_families(text))
    assert new == old
    return new


def value(report: Report, name: str, **labels: str) -> float:
    return metrics_of(report)[name, frozenset(labels.items())]


def in_sync() -> Report:
    return assemble(
        findings=[],
        unread=[],
        groups=[GroupEntry(full_report().groups[0].group, Status.IN_SYNC, None)],
        transient=0,
        gate=Gate(),
        api_url="",
        started_at=STARTED,
        finished_at=FINISHED,
    )


def failed() -> Report:
    return failed_report(Failure("no key", ""), ExitCode.USAGE, gate=Gate(), api_url="", at=STARTED)


def test_the_document_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.prom", render_report(full_report(), "openmetrics").replace('version="0.1.0"', 'version="X"'))


def test_the_file_ends_as_openmetrics_demands() -> None:
    assert render_report(full_report(), "openmetrics").endswith("\n# EOF\n")


def test_the_numbers_are_those_of_the_report() -> None:
    report = full_report()

    assert value(report, "findings", severity="high", direction="permissive") == 2
    assert value(report, "groups", status="missing") == 1
    assert value(report, "groups", status="accepted") == 1
    assert value(report, "declared_groups") == 7
    assert value(report, "unread_groups", cause="forbidden") == 1
    assert value(report, "accepted_findings") == 1
    assert value(report, "expiring_acceptances") == 1
    assert value(report, "lapsed_acceptances", reason="expired") == 1
    assert value(report, "problems", level="warning") == 1
    assert value(report, "transient_findings") == 1
    assert value(report, "exit_code") == 2
    assert value(report, "duration_seconds") == 1.5
    assert value(report, "api_requests") == 4
    assert value(report, "last_run_timestamp_seconds") == FINISHED.timestamp()
    assert value(report, "exposed_tokens_per_day") == math.inf


def test_findings_add_up() -> None:
    total = sum(number for (name, _), number in metrics_of(large_report(50)).items() if name == "findings")

    assert total == 50


def test_every_series_is_there_in_every_report() -> None:
    """An alert must tell "none" from "no report"."""

    def series(report: Report) -> set[object]:
        return {key for key in metrics_of(report) if key[0] != "info"}

    assert series(in_sync()) == series(full_report()) == series(failed()) == series(large_report(200))
    assert value(in_sync(), "findings", severity="high", direction="neutral") == 0
    assert {value(in_sync(), "unread_groups", cause=cause.value) for cause in Cause} == {0}


@pytest.mark.parametrize(
    ("report", "success"),
    [
        (in_sync(), 1),
        (large_report(5), 1),
        (full_report(), 0),
        (failed(), 0),
        (replace(large_report(5), unseen="503"), 0),
        (replace(in_sync(), exit_code=130), 0),
    ],
    ids=["in sync", "drift", "drift and unread", "failed", "undeclared unseen", "interrupted"],
)
def test_drift_is_a_result_and_anything_unread_is_no_success(report: Report, success: int) -> None:
    assert value(report, "success") == success
    assert value(report, "last_success_timestamp_seconds") == (FINISHED.timestamp() if success else 0)


@with_every_hostile_text
def test_hostile_text_adds_no_series_and_stays_a_label(text: str) -> None:
    report = hostile_report(text)
    info = [dict(labels) for name, labels in metrics_of(report) if name == "info"]

    assert len(metrics_of(report)) == len(metrics_of(hostile_report("harmless")))
    assert len(info) == 1
    if text.isprintable():
        assert info[0]["api_url"] == visible("http://127.0.0.1/" + text)
    render_report(report, "openmetrics").encode("utf-8")
