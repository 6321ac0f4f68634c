"""What ``drift comment`` and ``drift issue`` share: their options, and the body that both write."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from drift.cli.console import environment
from drift.errors import SettingsError
from drift.forge.github import DEFAULT_URL, GitHub
from drift.forge.http import checked_url
from drift.forge.sticky import marker
from drift.render import RenderOptions, render_report
from drift.report.report import Report, Verdict

DEFAULT_MARKER = "drift"
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - a variable's name
URL_VARIABLE = "GITHUB_API_URL"
_REST = 2_000
"""Bytes of the budget that the marker, its name and the link may take."""
_LONGEST_LINK = 1_000


def forge_options(function: Callable[..., int]) -> Callable[..., int]:
    """``--repo``, ``--marker``, ``--link``, ``--api-url`` and ``--token-file``, as ``github`` and others."""

    @click.option("--repo", required=True, metavar="OWNER/NAME", help="The repository.")
    @click.option(
        "--marker",
        "name",
        default=DEFAULT_MARKER,
        show_default=True,
        metavar="NAME",
        help="Which of several to keep up to date: give each leg of a matrix its own.",
    )
    @click.option("--link", metavar="URL", help="An https address to point to, such as that of the workflow run.")
    @click.option("--api-url", metavar="URL", help=f"GitHub's API. [default: ${URL_VARIABLE}, else {DEFAULT_URL}]")
    @click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        help=f"File with the token on its only line. [default: ${TOKEN_VARIABLE}]",
    )
    @wraps(function)
    def collected(*, repo: str, api_url: str | None, token_file: Path | None, name: str, **others: object) -> int:
        marker(name)
        url = api_url or environment().get(URL_VARIABLE) or DEFAULT_URL
        return function(github=GitHub(url, repo, _token(token_file)), name=name, **others)

    return collected


def text(report: Report, name: str, link: str | None) -> str:
    """The report as an entry shows it, within what GitHub takes.

    Raises:
        SettingsError: The link is no https URL, or could not stand in Markdown.
    """
    parts = [render_report(report, "markdown", RenderOptions(max_bytes=RenderOptions().max_bytes - _REST))]
    if name != DEFAULT_MARKER:
        parts.append(f"`{name}`\n")
    if link is not None:
        checked_url(link, what="--link")
        if (
            len(link) > _LONGEST_LINK
            or not link.isascii()
            or not link.isprintable()
            or set(link) & set(" ()<>[]\\`\"'")
        ):
            raise SettingsError("--link has characters that an address in Markdown cannot have")
        parts.append(f"[Details]({link})\n")
    return "\n".join(parts)


def is_clean(report: Report) -> bool:
    """Whether there is nothing to tell: all was read, and nothing differs that counts."""
    return report.verdict is Verdict.IN_SYNC and not report.failure


def _token(file: Path | None) -> str:
    if file is None:
        token = environment().get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise SettingsError("no GitHub token", hint=f"set {TOKEN_VARIABLE}, or give --token-file PATH")
        return token
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(f"the token file {file} cannot be read: {reason}") from None
