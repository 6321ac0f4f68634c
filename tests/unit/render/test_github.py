"""Annotations: what GitHub's runner makes of what is printed."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from drift.errors import ExitCode, Level, Location, Problem
from drift.render import render_report
from drift.report.finding import ChangeStatus
from drift.report.report import Failure, Gate, Report, failed_report
from tests.hostile import with_every_hostile_text
from tests.reports import full_report, hostile_report, large_report


class Command(NamedTuple):
    """A workflow command as the runner reads it (``ActionCommand.TryParseV2``)."""

    name: str
    properties: dict[str, str]
    message: str


def unescape(text: str) -> str:
    for token, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(token, char)
    return text


def commands(text: str) -> list[Command]:
    """The commands of a log, line by line; a line that holds an old-style command fails."""
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        if line.lstrip().startswith("::"):
            info, _, data = line.lstrip()[2:].partition("::")
            name, _, properties = info.partition(" ")
            pairs = dict(pair.split("=", 1) for pair in properties.split(",") if pair)
            found.append(Command(name, {key: unescape(value) for key, value in pairs.items()}, unescape(data)))
        else:
            assert "##[" not in line
    return found


def test_the_annotations_look_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.github.txt", render_report(full_report(), "github"))


def test_the_runner_reads_back_what_was_meant() -> None:
    first, *_ = commands(render_report(full_report(), "github"))

    assert first == Command(
        "error",
        {
            "file": "desired/acme.yaml",
            "line": "14",
            "col": "3",
            "title": "threshold-zero [pre-existing, high, restrictive]: acme",
        },
        "org/embed REQUEST/MINUTE: 600 -> 0 (-100 %); no traffic expected",
    )


@pytest.mark.parametrize("report", [full_report(), large_report(100), large_report(7)])
def test_no_kind_has_more_annotations_than_github_keeps_and_all_are_accounted_for(report: Report) -> None:
    found = commands(render_report(report, "github"))
    kinds = Counter(command.name for command in found)
    more = next((int(match[1]) for one in found if (match := re.match(r"(\d+) more", one.properties["title"]))), 0)

    assert set(kinds) <= {"error", "warning", "notice"}
    assert max(kinds.values()) <= 10
    everything = len(report.findings) + len(report.unread) + len(report.lapsed) + report.counts.expiring
    assert len(found) - (1 if more else 0) + more == everything + len(report.problems)


def test_the_last_line_is_the_verdict() -> None:
    assert render_report(large_report(100), "github").splitlines()[-1].startswith("drift: 100 findings in 100 groups")


def test_what_applying_will_change_is_no_error() -> None:
    report = full_report()
    planned = replace(
        report, findings=tuple(replace(finding, status=ChangeStatus.INTRODUCED) for finding in report.findings)
    )

    kinds = {one.name for one in commands(render_report(planned, "github")) if "introduced" in one.properties["title"]}
    assert kinds == {"notice"}


def test_errors_of_the_files_are_on_their_lines() -> None:
    problem = Problem("V09", Level.ERROR, Location("desired/a,b:c.yaml", 4, 2), "groups[0]", "no such key", "remove it")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    report = failed_report(
        Failure("1 error", "see above"), ExitCode.USAGE, gate=Gate(), api_url="", at=at, problems=[problem]
    )

    failure, error = commands(render_report(report, "github"))
    assert (failure.name, failure.message) == ("error", "nothing was compared: 1 error; see above")
    assert error.properties == {"file": "desired/a,b:c.yaml", "line": "4", "col": "2", "title": "V09: groups[0]"}
    assert error.message == "no such key; remove it"


@with_every_hostile_text
def test_no_text_from_elsewhere_becomes_a_command_or_a_property(text: str) -> None:
    shown = render_report(hostile_report(text), "github")
    harmless = commands(render_report(hostile_report("harmless"), "github"))

    def shapes(found: list[Command]) -> Counter[tuple[str, ...]]:
        return Counter((one.name, *one.properties) for one in found)

    assert shapes(commands(shown)) == shapes(harmless)
    assert all(char.isprintable() for line in shown.split("\n") for char in line)
