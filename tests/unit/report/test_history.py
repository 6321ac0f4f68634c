"""When differences came and went, as saved reports tell it."""

from datetime import UTC, datetime

from drift.checker.group import compare, unmanaged
from drift.errors import Cause, ExitCode
from drift.report.acceptance import Accepted
from drift.report.finding import Finding
from drift.report.history import Episode, history, oldest
from drift.report.report import Failure, Gate, GroupEntry, Report, Status, Unread, assemble, failed_report
from tests.builders import MODEL, TPM, declared, live
from tests.unit.report.test_acceptance import ACCEPTANCE

GROUP = declared(models={MODEL: {TPM: 1_000}})
LINE = GROUP.positions.field("group")


def raised(threshold: int = 1_500) -> Finding:
    (finding,) = compare(GROUP, live(models={MODEL: {TPM: threshold}}))
    return finding


def report(
    day: int,
    *findings: Finding,
    status: Status = Status.DRIFT,
    url: str = "http://127.0.0.1",
    shard: str | None = None,
    looked: bool = False,
    accepted: tuple[Finding, ...] = (),
) -> Report:
    at = datetime(2026, 1, day, 12, tzinfo=UTC)
    unread = [Unread(GROUP.ref, Cause.SERVER_ERROR, "503", "/v1/x", LINE)] if status is Status.UNREAD else []
    return assemble(
        findings=findings,
        unread=unread,
        groups=[GroupEntry(GROUP.ref, status, LINE)],
        transient=0,
        gate=Gate(),
        api_url=url,
        started_at=at,
        finished_at=at,
        shard=shard,
        unmanaged=looked,
        accepted=[Accepted(finding, ACCEPTANCE) for finding in accepted],
    )


def told(*reports: Report) -> list[tuple[str, str, str | None, int]]:
    """First seen, last seen and gone as days, and how often seen."""
    return [
        (episode.first_seen[8:10], episode.last_seen[8:10], episode.resolved and episode.resolved[8:10], episode.seen)
        for episode in history(reports).episodes
    ]


def test_a_difference_is_open_from_the_first_to_the_last_run_that_shows_it() -> None:
    assert told(report(1), report(2, raised()), report(5, raised(2_000))) == [("02", "05", None, 2)]


def test_it_is_gone_with_the_first_run_that_looked_and_did_not_see_it() -> None:
    runs = (report(1, raised()), report(2, raised()), report(3, status=Status.IN_SYNC), report(4))

    assert told(*runs) == [("01", "02", "03", 2)]


def test_what_comes_back_is_told_apart() -> None:
    assert told(report(1, raised()), report(2), report(3, raised())) == [("03", "03", None, 1), ("01", "01", "02", 1)]


def test_who_did_not_look_cannot_say_that_it_is_gone() -> None:
    failed = failed_report(
        Failure("no API key", ""), ExitCode.USAGE, gate=Gate(), api_url="", at=datetime(2026, 1, 4, tzinfo=UTC)
    )
    runs = (report(1, raised()), report(2, status=Status.UNREAD), report(3, url="http://127.0.0.2"), failed)

    assert told(*runs) == [("01", "01", None, 1)]


def test_an_undeclared_group_is_gone_only_for_who_looked_for_undeclared_groups() -> None:
    stranger = unmanaged(live("shadow"), None)
    first = report(1, stranger, looked=True)

    assert told(first, report(2)) == [("01", "01", None, 1)]
    assert told(first, report(2, looked=True, shard="1/2")) == [("01", "01", None, 1)]
    assert told(first, report(2, looked=True)) == [("01", "01", "02", 1)]


def test_order_and_repetition_of_reports_do_not_matter() -> None:
    runs = [report(1, raised()), report(2), report(3, raised())]

    assert history(runs) == history([*runs[::-1], runs[0]])


def test_ages_are_in_seconds_up_to_the_last_run_or_the_end() -> None:
    episodes = history([report(1, raised()), report(3), report(4, raised()), report(5, raised())]).episodes

    assert [episode.age for episode in episodes] == [86_400.0, 2 * 86_400.0]


def test_the_oldest_is_open_and_not_accepted() -> None:
    def longest(*runs: Report) -> Episode | None:
        return oldest(history(runs).episodes)

    assert longest(report(1, raised()), report(2)) is None
    assert longest(report(1, raised()), report(2, accepted=(raised(),))) is None
    found = longest(report(1, raised()), report(2, raised()))
    assert found is not None
    assert found.age == 86_400.0
