"""What people see in a terminal and in a log."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from unicodedata import east_asian_width

import pytest
from msgspec.structs import replace

from drift.checker.group import compare, missing, unmanaged
from drift.errors import Cause, ExitCode, Location
from drift.model.groups import GroupRef
from drift.render import RenderOptions, render_report
from drift.report.exposure import Cost, Exposure
from drift.report.finding import Finding
from drift.report.report import Failure, Gate, GroupEntry, Report, Status, Unread, assemble, failed_report
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared, live
from tests.hostile import with_every_hostile_text
from tests.reports import full_report, hostile_report

LINE = Location("desired/acme.yaml", 3, 5)
Golden = Callable[[str, str], None]


def sample(*, unmanaged_id: str = "shadow", unread: int = 7) -> Report:
    """A report with something of everything."""
    acme = declared("acme", models={MODEL: {TPM: 1_000_000, TPD: 50_000_000}, "org/embed": {RPM: 600}})
    moved = live("acme", name="Acme!", models={MODEL: {TPM: 1_500_000}, "org/embed": {RPM: 0}, "org/new": {}})
    prod = declared("acme-prod", models={MODEL: {TPM: 6_000}})
    other_unit = live("acme-prod", models={MODEL: {TPS: 100}})
    exposures = {
        "limit-raised": Exposure(720_000_000, 0, Cost("USD", "10800.00")),
        "model-added": Exposure("unlimited", "unlimited"),
        "group-unmanaged": Exposure(1_440_000, 86_400, Cost("USD", "21.60")),
    }
    findings: list[Finding] = [
        replace(finding, exposure=exposures.get(finding.rule))
        for finding in (
            *compare(acme, moved),
            *compare(prod, other_unit),
            missing(declared("gone")),
            unmanaged(live(unmanaged_id, name=unmanaged_id), acme),
        )
    ]
    failed = [
        Unread(declared(f"eu-{number}").ref, Cause.SERVER_ERROR, "503 Service Unavailable after 4 tries", "/v1/x", LINE)
        for number in range(unread)
    ]
    return assemble(
        findings=findings,
        unread=failed,
        groups=[
            GroupEntry(acme.ref, Status.DRIFT, LINE),
            GroupEntry(prod.ref, Status.DRIFT, LINE),
            GroupEntry(declared("gone").ref, Status.MISSING, LINE),
            GroupEntry(declared("globex").ref, Status.IN_SYNC, LINE),
            *(GroupEntry(entry.group, Status.UNREAD, LINE) for entry in failed),
            GroupEntry(live(unmanaged_id).ref, Status.UNMANAGED, None),
        ],
        transient=1,
        gate=Gate(),
        api_url="http://127.0.0.1:8080",
        started_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        finished_at=datetime(2026, 1, 1, 12, 0, 1, tzinfo=UTC),
        warnings=["the gateway sends a member this version does not know: models[].priority"],
        requests={"get": 3, "list": 1},
        exposure=Exposure("unlimited", "unlimited", Cost("USD", "10821.60", ("org/new",))),
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("report.txt", RenderOptions()),
        ("report-quiet.txt", RenderOptions(verbosity=-1)),
        ("report-verbose.txt", RenderOptions(verbosity=1)),
        ("report-narrow.txt", RenderOptions(width=48)),
        ("report-colour.txt", RenderOptions(width=120, colour=True)),
    ],
)
def test_the_report_looks_as_reviewed(golden: Golden, name: str, options: RenderOptions) -> None:
    golden(name, render_report(sample(), "text", options))


def test_in_sync_is_said_in_words() -> None:
    report = assemble(
        findings=[],
        unread=[],
        groups=[GroupEntry(declared().ref, Status.IN_SYNC, LINE)],
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert render_report(report, "text").splitlines()[0] == "in-sync: nothing differs"


def test_a_failed_run_does_not_claim_that_nothing_differs() -> None:
    report = failed_report(
        Failure("no key", ""), ExitCode.USAGE, gate=Gate(), api_url="", at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert "nothing differs" not in render_report(report, "text")


def test_no_line_is_wider_than_the_terminal() -> None:
    lines = render_report(sample(), "text", RenderOptions(width=48)).splitlines()

    assert max(map(len, lines)) <= 48


def test_wide_characters_count_as_the_two_columns_that_they_take() -> None:
    lines = render_report(sample(unmanaged_id="\u754c" * 60), "text", RenderOptions(width=48)).splitlines()

    columns = [sum(2 if east_asian_width(char) in "WF" else 1 for char in line) for line in lines]
    assert max(columns) <= 48
    assert sum(line.count("\u754c") for line in lines) >= 60


def test_brackets_in_a_name_are_no_markup() -> None:
    assert "[bold]x[/bold] :smile:" in render_report(
        sample(unmanaged_id="[bold]x[/bold] :smile:"), "text", RenderOptions(width=100)
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("full.txt", RenderOptions()),
        ("full-quiet.txt", RenderOptions(verbosity=-1)),
        ("full-verbose.txt", RenderOptions(verbosity=1)),
        ("full-narrow.txt", RenderOptions(width=48)),
        ("full-wide.txt", RenderOptions(width=160, colour=True)),
    ],
)
def test_the_full_report_looks_as_reviewed(golden: Golden, name: str, options: RenderOptions) -> None:
    golden(name, render_report(full_report(), "text", options))


def test_groups_that_ended_in_some_way_add_up_to_those_declared() -> None:
    report = full_report()
    [line] = [line for line in render_report(report, "text").splitlines() if "declared groups:" in line]
    declared_groups, *ends = map(int, re.findall(r"(\d+) (?:declared|in sync|drifted|missing|unread|accepted)", line))

    assert sum(ends) == declared_groups == report.counts.declared


def test_a_tree_is_shown_together_its_root_first() -> None:
    report = replace(full_report(), base=None)
    headings = [line for line in render_report(report, "text").splitlines() if re.match(r"(acme|shadow|gone)", line)]

    assert headings == [
        "acme (Acme!)",
        "shadow (Shadow IT) in tree acme",
        "acme-prod (Acme) in tree acme",
        "gone (Acme)",
    ]


def test_a_report_whose_parents_form_a_cycle_is_shown() -> None:
    report = full_report()
    above = {"acme": GroupRef("id-acme-prod", "acme-prod")}
    groups = tuple(replace(entry, parent=above.get(entry.group.label, entry.parent)) for entry in report.groups)
    cycle = replace(report, groups=groups)

    assert render_report(cycle, "text").count("[permissive]") == render_report(report, "text").count("[permissive]")


def test_all_findings_are_shown_once_with_a_base_and_without() -> None:
    report = full_report()
    for shown in (report, replace(report, base=None)):
        places = re.findall(r"^  (.*): (?:high|medium|low) (\S+) \[", render_report(shown, "text"), flags=re.MULTILINE)
        assert sorted(rule for _, rule in places) == sorted(finding.rule for finding in report.findings)


def test_only_verbose_lists_what_is_accepted_for_long() -> None:
    report = full_report()
    [entry] = report.accepted
    long = replace(report, accepted=(replace(entry, expiring=False),), counts=replace(report.counts, expiring=0))

    assert "owner platform team\n    org/model" in render_report(report, "text")
    assert "accepted: 1 finding;" in render_report(long, "text")
    assert "until 2026-01-10, owner platform team" not in render_report(long, "text")
    assert "until 2026-01-10, owner platform team" in render_report(long, "text", RenderOptions(verbosity=1))


def test_colour_is_kept_where_it_was_demanded_though_nothing_is_wrapped() -> None:
    shown = render_report(full_report(), "text", RenderOptions(colour=True))

    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == render_report(full_report(), "text")
    assert "\x1b[1;31mhigh\x1b[0m" in shown


@with_every_hostile_text
def test_no_text_from_elsewhere_changes_the_outline(text: str) -> None:
    for options in (RenderOptions(verbosity=1), RenderOptions(verbosity=1, width=100_000, colour=True)):
        shown = render_report(hostile_report(text), "text", options)
        harmless = render_report(hostile_report("harmless"), "text", options)

        assert shown.count("\n") == harmless.count("\n") or len(text) > 2_000
        assert shown.count("\x1b") == harmless.count("\x1b") or len(text) > 2_000
        without_colour = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        assert all(char.isprintable() for line in without_colour.split("\n") for char in line)


@with_every_hostile_text
def test_no_line_of_a_log_is_a_workflow_command(text: str) -> None:
    for line in render_report(hostile_report(text), "text", RenderOptions(verbosity=1)).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_a_cost_that_is_no_number_is_shown_as_it_is() -> None:
    report = replace(sample(), exposure=Exposure(5, 0, Cost("USD", "a lot.00")))

    assert "up to 5 TOKEN/day more (at most USD a lot.00/day)" in render_report(report, "text")
