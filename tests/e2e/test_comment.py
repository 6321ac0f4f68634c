"""One comment, or one issue, that follows the newest report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drift.render import render_report
from drift.report.report import Gate, GroupEntry, Report, Status, assemble
from tests.builders import declared
from tests.e2e.conftest import Drift, Run
from tests.e2e.fake_github import REPOSITORY, TOKEN, FakeGitHub, fake_github
from tests.hostile import HOSTILE
from tests.reports import FINISHED, STARTED, full_report, hostile_report, large_report

MARK = "<!-- baseten-drift:drift -->"
AGAIN = MARK + "\nsomething older"


def clean_report() -> Report:
    acme = declared("acme")
    return assemble(
        findings=(),
        unread=(),
        groups=[GroupEntry(acme.ref, Status.IN_SYNC, acme.positions.field("group"))],
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1",
        started_at=STARTED,
        finished_at=FINISHED,
    )


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with fake_github() as served:
        yield served


class Commands:
    """Runs ``drift comment`` and ``drift issue`` on a report."""

    def __init__(self, drift: Drift, github: FakeGitHub) -> None:
        self._drift = drift
        self._github = github

    def comment(self, report: Report, *more: str | Path, token: str = TOKEN) -> Run:
        return self._run("comment", report, "--pr", "7", *more, token=token)

    def issue(self, report: Report, *more: str | Path) -> Run:
        return self._run("issue", report, *more, token=TOKEN)

    def _run(self, command: str, report: Report, *more: str | Path, token: str) -> Run:
        (self._drift.directory / "report.json").write_text(render_report(report, "json"), errors="backslashreplace")
        env = {"GITHUB_API_URL": self._github.url, "GITHUB_TOKEN": token}
        return self._drift(command, "report.json", "--repo", REPOSITORY, *more, key=None, env=env)


@pytest.fixture
def run(drift: Drift, github: FakeGitHub) -> Commands:
    return Commands(drift, github)


def test_a_comment_is_written_edited_on_a_new_push_and_turned_clean(run: Commands, github: FakeGitHub) -> None:
    reports = (full_report(), full_report(), large_report(3), clean_report(), clean_report(), large_report(3))
    said = [run.comment(report) for report in reports]

    assert [done.code for done in said] == [0] * 6
    assert [done.out for done in said] == [
        f"comment: {outcome}\n" for outcome in ("created", "unchanged", "edited", "settled", "unchanged", "edited")
    ]
    assert github.changes() == ["POST", "PATCH", "PATCH", "PATCH"]
    (body,) = github.bodies()
    assert body == f"{MARK}\n{render_report(large_report(3), 'markdown')}"


def test_the_clean_comment_says_so(run: Commands, github: FakeGitHub) -> None:
    run.comment(large_report(3))
    run.comment(clean_report())

    assert github.bodies()[0].startswith(f"{MARK}\n## In sync")


def test_nothing_is_written_where_there_is_nothing_to_tell(run: Commands, github: FakeGitHub) -> None:
    assert run.comment(clean_report()).out == "comment: nothing to say\n"
    assert github.changes() == []


def test_a_long_report_is_cut_on_whole_findings(run: Commands, github: FakeGitHub) -> None:
    report = large_report(1_500)
    assert len(render_report(report, "text")) > 70_000

    assert run.comment(report).code == 0
    (body,) = github.bodies()
    assert 50_000 < len(body.encode()) <= 60_000
    assert "left out** to keep this short" in body


def test_each_leg_of_a_matrix_has_its_own(run: Commands, github: FakeGitHub) -> None:
    for leg in ("eu", "us"):
        run.comment(full_report(), "--marker", leg)
    run.comment(large_report(2), "--marker", "us")

    eu, us = github.bodies()
    assert (eu.splitlines()[0], us.splitlines()[0]) == ("<!-- baseten-drift:eu -->", "<!-- baseten-drift:us -->")
    assert eu.endswith("`eu`\n")
    assert "2 findings" in us


@pytest.mark.parametrize("name", ["", "a b", "a-->b", "a--b", "x" * 65, "-", "é"])
def test_a_marker_cannot_end_the_comment_that_hides_it(run: Commands, github: FakeGitHub, name: str) -> None:
    done = run.comment(full_report(), f"--marker={name}")

    assert (done.code, github.asked) == (4, [])
    assert "cannot be a marker" in done.err


def test_the_comment_is_found_behind_hundreds_of_others(run: Commands, github: FakeGitHub) -> None:
    for number in range(250):
        github.comment(f"comment {number}")
    own = github.comment(AGAIN, login="github-actions[bot]", kind="Bot")

    assert run.comment(full_report()).out == "comment: edited\n"
    assert "## Drift" in github.comments[own]["body"]
    pages = [asked for asked in github.asked if "page=" in asked]
    assert pages == [f"GET /repos/{REPOSITORY}/issues/7/comments?per_page=100&page={page}" for page in (1, 2, 3)]


def test_whoever_quotes_the_marker_is_left_alone(run: Commands, github: FakeGitHub) -> None:
    others = [AGAIN, f"> {AGAIN}", f"See:\n{AGAIN}", f"{MARK} says\n", "<!-- baseten-drift:drift2 -->\n"]
    for body in others:
        github.comment(body)
    github.comment(f"quoted:\n{AGAIN}", login="helper[bot]", kind="Bot")

    assert run.comment(full_report()).out == "comment: created\n"
    assert github.bodies()[: len(others)] == others


def test_with_a_persons_token_only_that_persons_comment_is_edited(run: Commands, github: FakeGitHub) -> None:
    github.login = "mona"
    github.comment(AGAIN, login="github-actions[bot]", kind="Bot")
    own = github.comment(AGAIN, login="mona")

    assert run.comment(full_report()).out == "comment: edited\n"
    assert [key for key, comment in github.comments.items() if comment["body"] != AGAIN] == [own]


@pytest.mark.parametrize("name", ["comment-marker", "comment", "mention", "details-breakout", "newline", "ansi-clear"])
def test_names_cannot_act_in_a_comment(run: Commands, github: FakeGitHub, name: str) -> None:
    done = run.comment(hostile_report(HOSTILE[name]))

    assert (done.code, done.out) == (0, "comment: created\n")
    (body,) = github.bodies()
    assert body.splitlines()[0] == MARK
    assert body == f"{MARK}\n{render_report(hostile_report(HOSTILE[name]), 'markdown')}"


@pytest.mark.parametrize(
    ("method", "status", "hint"),
    [
        ("POST", 403, "a run for a pull request from a fork never gets them"),
        ("GET", 404, "is there this repository and this pull request"),
        ("POST", 401, "wrong or has expired"),
        ("GET", 301, ""),
    ],
)
def test_a_refusal_says_what_to_do(run: Commands, github: FakeGitHub, method: str, status: int, hint: str) -> None:
    github.failing[method] = [status] * 9
    done = run.comment(full_report())

    assert (done.code, done.out) == (1, "")
    assert f"GitHub did not take what was sent: HTTP status {status}" in done.err
    assert hint in done.err
    assert len([asked for asked in github.asked if asked.startswith(method)]) == 1
    assert TOKEN not in done.err
    assert github.url not in done.err


def test_a_forge_that_stumbles_is_asked_again(run: Commands, github: FakeGitHub) -> None:
    github.failing["GET"] = [502, 500]

    assert run.comment(full_report()).code == 0


def test_a_new_comment_whose_answer_was_lost_is_not_written_twice(run: Commands, github: FakeGitHub) -> None:
    github.lost = 1

    assert run.comment(full_report()).out == "comment: created\n"
    assert github.changes() == ["POST"]


def test_a_new_comment_that_did_not_arrive_is_written_once_more(run: Commands, github: FakeGitHub) -> None:
    github.failing["POST"] = [502]
    assert run.comment(full_report()).code == 0
    assert len(github.bodies()) == 1

    github.comments.clear()
    github.failing["POST"] = [502] * 9
    assert run.comment(full_report()).code == 1
    assert github.changes() == ["POST"] * 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--api-url", "http://example.com/T0K3N"), "the GitHub API URL holds no https URL"),
        (("--api-url", "https://u:T0K3N@example.com"), "holds more than scheme, host and path"),
        (("--link", "javascript:T0K3N"), "--link holds no https URL"),
        (("--link", "https://example.com/a)b"), "--link has characters"),
        (("--repo", "acme/limits/../other"), "is not a repository"),
        (("--repo", "acme/.."), "is not a repository"),
        (("--token-file", "none"), "the token file none cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    run: Commands, github: FakeGitHub, arguments: tuple[str, str], said: str
) -> None:
    done = run.comment(full_report(), *arguments)

    assert (done.code, github.asked) == (4, [])
    assert said in done.err
    assert "T0K3N" not in done.err


@pytest.mark.parametrize("token", ["", "two words", "tökén"])
def test_a_token_that_is_none_is_refused(run: Commands, token: str) -> None:
    done = run.comment(full_report(), token=token)

    assert done.code == 4
    assert "token" in done.err


def test_the_token_may_come_from_a_file(run: Commands, drift: Drift, github: FakeGitHub) -> None:
    (drift.directory / "token").write_text(TOKEN + "\n")

    assert run.comment(full_report(), "--token-file", "token", token="stale").code == 0
    assert len(github.bodies()) == 1


def test_a_link_leads_to_the_run(run: Commands, github: FakeGitHub) -> None:
    run.comment(full_report(), "--link", "https://example.com/runs/1")

    assert github.bodies()[0].endswith("\n[Details](https://example.com/runs/1)\n")


def test_an_issue_is_opened_updated_closed_and_opened_anew(run: Commands, github: FakeGitHub) -> None:
    reports = (clean_report(), full_report(), full_report(), large_report(3), clean_report(), clean_report())
    said = [run.issue(report, "--label", "drift").out for report in reports]
    assert said == [
        f"issue: {outcome}\n"
        for outcome in ("nothing to say", "created", "unchanged", "edited", "settled", "nothing to say")
    ]
    (first,) = github.issues.values()
    assert (first["state"], first["state_reason"], first["labels"]) == ("closed", "completed", ["drift"])
    assert first["title"] == "Live gateway groups differ from their declaration"
    assert first["body"].startswith(f"{MARK}\n## In sync")

    run.issue(full_report())
    assert [issue["state"] for issue in github.issues.values()] == ["closed", "open"]


def test_pull_requests_and_other_issues_are_no_issue_of_ours(run: Commands, github: FakeGitHub) -> None:
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    person = {"login": "somebody", "type": "User"}
    others = {
        1: {"id": 9_001, "number": 1, "state": "open", "body": AGAIN, "user": bot, "pull_request": {"url": "x"}},
        2: {"id": 9_002, "number": 2, "state": "open", "body": AGAIN, "user": person},
        3: {"id": 9_003, "number": 3, "state": "open", "body": None, "user": None},
    }
    github.issues |= others
    github.last = 3

    assert run.issue(clean_report()).out == "issue: nothing to say\n"
    assert run.issue(full_report()).out == "issue: created\n"
    assert [issue["body"] for number, issue in github.issues.items() if number <= 3] == [AGAIN, AGAIN, None]
