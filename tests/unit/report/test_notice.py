"""When a notice is sent: on what is new, never on what is the same."""

from datetime import UTC, datetime

import pytest

from drift.checker.group import compare, missing
from drift.errors import Cause, ExitCode
from drift.report.finding import Finding
from drift.report.notice import Occasion, notice
from drift.report.report import Failure, Gate, GroupEntry, Report, Status, Unread, assemble, failed_report
from tests.builders import MODEL, TPM, declared, live

AT = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = declared(models={MODEL: {TPM: 1_000}})


def report(*findings: Finding, unread: Cause | None = None, hour: int = 0) -> Report:
    entries = [Unread(GROUP.ref, unread, "no answer", "/v1/x", GROUP.positions.field("group"))] if unread else []
    return assemble(
        findings=findings,
        unread=entries,
        groups=[GroupEntry(GROUP.ref, Status.DRIFT, GROUP.positions.field("group"))],
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1",
        started_at=AT.replace(hour=hour),
        finished_at=AT.replace(hour=hour),
    )


def raised(threshold: int) -> Finding:
    (finding,) = compare(GROUP, live(models={MODEL: {TPM: threshold}}))
    return finding


BROKEN = failed_report(Failure("no API key", ""), ExitCode.USAGE, gate=Gate(), api_url="", at=AT)
SYNC, DRIFT, WORSE = report(), report(raised(1_500)), report(raised(2_000))
BOTH = report(raised(1_500), missing(declared("gone")))
UNREAD, REFUSED = report(unread=Cause.SERVER_ERROR), report(unread=Cause.UNAUTHORIZED)


@pytest.mark.parametrize(
    ("previous", "now", "occasion", "appeared", "gone"),
    [
        (None, SYNC, None, 0, 0),
        (None, DRIFT, Occasion.DETECTED, 1, 0),
        (None, UNREAD, Occasion.FAILED, 0, 0),
        (SYNC, SYNC, None, 0, 0),
        (SYNC, DRIFT, Occasion.DETECTED, 1, 0),
        (DRIFT, report(raised(1_500), hour=5), None, 0, 0),
        (DRIFT, WORSE, Occasion.CHANGED, 1, 1),
        (DRIFT, BOTH, Occasion.CHANGED, 1, 0),
        (BOTH, DRIFT, Occasion.CHANGED, 0, 1),
        (DRIFT, SYNC, Occasion.RECOVERED, 0, 1),
        (DRIFT, BROKEN, Occasion.FAILED, 0, 0),
        (DRIFT, UNREAD, Occasion.FAILED, 0, 0),
        (BROKEN, BROKEN, None, 0, 0),
        (UNREAD, UNREAD, None, 0, 0),
        (UNREAD, REFUSED, Occasion.FAILED, 0, 0),
        (BROKEN, SYNC, Occasion.RECOVERED, 0, 0),
        (UNREAD, DRIFT, Occasion.DETECTED, 1, 0),
    ],
)
def test_only_what_is_new_is_told(
    previous: Report | None, now: Report, occasion: Occasion | None, appeared: int, gone: int
) -> None:
    told = notice(previous, now)

    assert (told.occasion if told else None) == occasion
    assert ((told.appeared_count, told.gone_count) if told else (0, 0)) == (appeared, gone)
    alive = notice(previous, now, heartbeat=True)
    assert alive is not None
    assert alive.occasion == (occasion or Occasion.HEARTBEAT)


def test_of_very_many_differences_the_first_are_listed_and_all_are_counted() -> None:
    told = notice(None, report(*(missing(declared(f"g{number}")) for number in range(80))))

    assert told is not None
    assert (len(told.appeared), told.appeared_count, told.findings) == (50, 80, 80)
