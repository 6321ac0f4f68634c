"""What people see in a terminal and in a log."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from drift.compare import compare, missing, unmanaged
from drift.errors import Cause, ExitCode, Location
from drift.finding import Cost, Exposure, Finding
from drift.render import RenderOptions, render_report
from drift.report import Failure, Gate, GroupEntry, Report, Status, Unread, assemble, failed_report
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared, live

LINE = Location("desired/acme.yaml", 3, 5)
Golden = Callable[[str, str], None]


def sample(*, stranger: str = "shadow", unread: int = 7) -> Report:
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
            unmanaged(live(stranger, name=stranger), acme),
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
            GroupEntry(live(stranger).ref, Status.UNMANAGED, None),
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


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "a\nb", "\u202eevil", "\x9b2J", "\u200b", "\r", "\x00", "\u2028", "\x07"]
)
@pytest.mark.parametrize("options", [RenderOptions(), RenderOptions(width=100), RenderOptions(width=100, colour=True)])
def test_a_hostile_name_stays_text(text: str, options: RenderOptions) -> None:
    shown = render_report(sample(stranger=text), "text", options)
    plain = render_report(sample(stranger="harmless"), "text", options)

    assert shown.count("\n") == plain.count("\n")
    assert shown.count("\x1b") == plain.count("\x1b")
    assert text.isascii() or text not in shown


def test_brackets_in_a_name_are_no_markup() -> None:
    assert "[bold]x[/bold] :smile:" in render_report(
        sample(stranger="[bold]x[/bold] :smile:"), "text", RenderOptions(width=100)
    )
