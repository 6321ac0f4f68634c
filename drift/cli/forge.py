"""``drift comment`` and ``drift issue``: one entry on a forge that follows the newest report."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from drift.cli.console import environment, write_result
from drift.cli.files import read_report, read_secret
from drift.cli.options import FILE, SAVED, timeout_option
from drift.errors import SettingsError
from drift.forge import FORGES, Forge
from drift.forge.http import TIMEOUT, checked_url
from drift.forge.sticky import Repository, Thread, keep, marker
from drift.render import RenderOptions, render_report
from drift.report.report import Report, Verdict

_DEFAULT_MARKER = "drift"
_REST = 2_000
"""Bytes of an entry that the marker, its name and the link may take."""
_LONGEST_LINK = 1_000
_TITLE = "Live gateway groups differ from their declaration"


def forge_options(function: Callable[..., int]) -> Callable[..., int]:
    """Which repository, by whose token and in what time, as ``repository``; ``--marker`` as ``name``; ``--link``."""
    forges = FORGES.values()
    apis = " ".join(f"{one.title}'s API. [default: ${one.api_url_variable}, else {one.api_url}]" for one in forges)
    tokens = " or ".join(f"${one.token_variable}" for one in forges)

    @click.option(
        "--forge",
        type=click.Choice(list(FORGES)),
        default=next(iter(FORGES)),
        show_default=True,
        hidden=len(FORGES) == 1,  # one is no choice
        help="Where the repository is.",
    )
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
    @click.option("--api-url", metavar="URL", help=apis)
    @click.option("--token-file", type=FILE, help=f"File with the token on its only line. [default: {tokens}]")
    @timeout_option(TIMEOUT, "Time for all calls together; what is not written by then is not.")
    @wraps(function)
    def collected(
        *,
        forge: str,
        repo: str,
        api_url: str | None,
        token_file: Path | None,
        timeout: float,
        name: str,
        **others: object,
    ) -> int:
        marker(name)
        chosen = FORGES[forge]
        url = api_url or environment().get(chosen.api_url_variable) or chosen.api_url
        repository = chosen.open(url, repo, _token(chosen, token_file), timeout=timeout)
        return function(repository=repository, name=name, **others)

    return collected


@click.command()
@click.argument("report", type=SAVED)
@click.option("--pr", "number", required=True, type=click.IntRange(min=1), help="Number of the pull request.")
@forge_options
def comment(report: Path, *, number: int, repository: Repository, name: str, link: str | None) -> int:
    """Keep one comment on a GitHub pull request up to date with the JSON REPORT.

    It is written when there is something to tell, edited when that changes, and says so when all is in sync again.
    Exits 0 whatever the report says, 1 if GitHub did not take it.
    """
    return _keep("comment", repository.comments(number), report, name, link)


@click.command()
@click.argument("report", type=SAVED)
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="For a new issue; may be repeated.")
@forge_options
def issue(report: Path, *, labels: tuple[str, ...], repository: Repository, name: str, link: str | None) -> int:
    """Keep one GitHub issue up to date with the JSON REPORT of a scheduled check.

    It is opened when there is something to tell, edited when that changes, and closed when all is in sync again;
    drift after that opens a new one. Exits 0 whatever the report says, 1 if GitHub did not take it.
    """
    title = _TITLE if name == _DEFAULT_MARKER else f"{_TITLE} ({name})"
    return _keep("issue", repository.issues(title, labels), report, name, link)


def _keep(what: str, thread: Thread, path: Path, name: str, link: str | None) -> int:
    report = read_report(path)
    clean = report.verdict is Verdict.IN_SYNC and not report.failure
    done = keep(thread, marker(name), _text(report, name, link), clean=clean)
    write_result(f"{what}: {done}\n")
    return 0


def _text(report: Report, name: str, link: str | None) -> str:
    """The report as an entry shows it, within what forges take."""
    parts = [render_report(report, "markdown", RenderOptions(max_bytes=RenderOptions().max_bytes - _REST))]
    if name != _DEFAULT_MARKER:
        parts.append(f"`{name}`\n")
    if link is not None:
        checked_url(link, what="--link")
        if len(link) > _LONGEST_LINK or not link.isascii() or set(link) & set("()<>[]\\`\"'"):
            raise SettingsError("--link has characters that an address in Markdown cannot have")
        parts.append(f"[Details]({link})\n")
    return "\n".join(parts)


def _token(forge: Forge, file: Path | None) -> str:
    if file:
        return read_secret(file, "the token file")
    token = environment().get(forge.token_variable, "").strip()
    if not token:
        raise SettingsError(f"no {forge.title} token", hint=f"set {forge.token_variable}, or give --token-file PATH")
    return token
