"""``drift comment`` and ``drift issue``: one entry on a forge that follows the newest report."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from drift.cli.console import environment, write_result
from drift.cli.files import read_report, read_secret
from drift.cli.options import FILE, SAVED, timeout_option
from drift.errors import SettingsError
from drift.forge.github import DEFAULT_URL, GitHub, OpenIssues, PullRequestComments
from drift.forge.http import TIMEOUT, checked_url
from drift.forge.sticky import Thread, keep, marker
from drift.render import RenderOptions, render_report
from drift.report.report import Report, Verdict

_DEFAULT_MARKER = "drift"
_TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - a variable's name
_URL_VARIABLE = "GITHUB_API_URL"
_REST = 2_000
"""Bytes of an entry that the marker, its name and the link may take."""
_LONGEST_LINK = 1_000
_TITLE = "Live gateway groups differ from their declaration"


def forge_options(function: Callable[..., int]) -> Callable[..., int]:
    """Which repository, by whose token and in what time, as ``github``; ``--marker`` as ``name``; ``--link``."""

    @click.option("--repo", required=True, metavar="OWNER/NAME", help="The repository.")
    @click.option(
        "--marker",
        "name",
        default=_DEFAULT_MARKER,
        show_default=True,
        metavar="NAME",
        help="Which of several to keep up to date: give each leg of a matrix its own.",
    )
    @click.option("--link", metavar="URL", help="An https address to point to, such as that of the workflow run.")
    @click.option("--api-url", metavar="URL", help=f"GitHub's API. [default: ${_URL_VARIABLE}, else {DEFAULT_URL}]")
    @click.option(
        "--token-file",
        type=FILE,
        help=f"File with the token on its only line. [default: ${_TOKEN_VARIABLE}]",
    )
    @timeout_option(TIMEOUT, "Time for all calls together; what is not written by then is not.")
    @wraps(function)
    def collected(
        *, repo: str, api_url: str | None, token_file: Path | None, timeout: float, name: str, **others: object
    ) -> int:
        marker(name)
        url = api_url or environment().get(_URL_VARIABLE) or DEFAULT_URL
        return function(github=GitHub(url, repo, _token(token_file), timeout=timeout), name=name, **others)

    return collected


@click.command()
@click.argument("report", type=SAVED)
@click.option("--pr", "number", required=True, type=click.IntRange(min=1), help="Number of the pull request.")
@forge_options
def comment(report: Path, *, number: int, github: GitHub, name: str, link: str | None) -> int:
    """Keep one comment on a GitHub pull request up to date with the JSON REPORT.

    It is written when there is something to tell, edited when that changes, and says so when all is in sync again.
    Exits 0 whatever the report says, 1 if GitHub did not take it.
    """
    return _keep("comment", PullRequestComments(github, number), report, name, link)


@click.command()
@click.argument("report", type=SAVED)
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="For a new issue; may be repeated.")
@forge_options
def issue(report: Path, *, labels: tuple[str, ...], github: GitHub, name: str, link: str | None) -> int:
    """Keep one GitHub issue up to date with the JSON REPORT of a scheduled check.

    It is opened when there is something to tell, edited when that changes, and closed when all is in sync again;
    drift after that opens a new one. Exits 0 whatever the report says, 1 if GitHub did not take it.
    """
    title = _TITLE if name == _DEFAULT_MARKER else f"{_TITLE} ({name})"
    return _keep("issue", OpenIssues(github, title, labels), report, name, link)


def _keep(what: str, thread: Thread, path: Path, name: str, link: str | None) -> int:
    report = read_report(path)
    clean = report.verdict is Verdict.IN_SYNC and not report.failure
    outcome = keep(thread, marker(name), _text(report, name, link), clean=clean)
    write_result(f"{what}: {outcome.value}\n")
    return 0


def _text(report: Report, name: str, link: str | None) -> str:
    """The report as an entry shows it, within what GitHub takes."""
    parts = [render_report(report, "markdown", RenderOptions(max_bytes=RenderOptions().max_bytes - _REST))]
    if name != _DEFAULT_MARKER:
        parts.append(f"`{name}`\n")
    if link is not None:
        checked_url(link, what="--link")
        if len(link) > _LONGEST_LINK or not link.isascii() or set(link) & set("()<>[]\\`\"'"):
            raise SettingsError("--link has characters that an address in Markdown cannot have")
        parts.append(f"[Details]({link})\n")
    return "\n".join(parts)


def _token(file: Path | None) -> str:
    if file:
        return read_secret(file, "the token file")
    token = environment().get(_TOKEN_VARIABLE, "").strip()
    if not token:
        raise SettingsError("no GitHub token", hint=f"set {_TOKEN_VARIABLE}, or give --token-file PATH")
    return token
