"""``drift notify``: tell a webhook what is new since the previous report, and nothing else."""

from pathlib import Path

import click
import msgspec

from drift.cli.console import write_result
from drift.cli.saved import read_report
from drift.errors import SettingsError
from drift.forge.http import Secret, Service, checked_url
from drift.render.visible import visible
from drift.report.notice import Item, Notice, notice
from drift.report.report import Report

_SLACK_LINES = 10


@click.command()
@click.argument("report", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--since",
    "previous",
    required=True,
    type=click.Path(path_type=Path),
    help="The JSON report of the run before; if there is no such file, this is the first run.",
)
@click.option(
    "--webhook-url-file",
    required=True,
    type=click.Path(path_type=Path),
    help="File with the webhook's URL on its only line. It is never printed.",
)
@click.option("--slack", is_flag=True, help="Send a Slack message instead of the JSON notice.")
@click.option("--heartbeat", is_flag=True, help="Send also when there is nothing new.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
def command(
    report: Path, *, previous: Path, webhook_url_file: Path, slack: bool, heartbeat: bool, dry_run: bool
) -> int:
    """Send a notice of the JSON REPORT if it says something new: drift detected, changed, gone, or a check that failed.

    Exits 0 if it was sent or there was nothing to send, 1 if the webhook did not take it.
    """
    url = _url(webhook_url_file)
    told = notice(_previous(previous), read_report(report), heartbeat=heartbeat)
    if told is None:
        write_result("nothing new: nothing sent\n")
        return 0
    payload = msgspec.json.encode({"text": _slack(told)} if slack else told)
    if dry_run:
        write_result(msgspec.json.format(payload, indent=2).decode() + "\n")
        return 0
    Service("the webhook", url).send("POST", payload=payload)
    write_result(f"sent ({told.occasion.value}): {visible(told.summary)}\n")
    return 0


def _previous(path: Path) -> Report | None:
    return read_report(path) if path.exists() else None


def _url(file: Path) -> Secret:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(f"the webhook URL file {file} cannot be read: {reason}") from None
    return checked_url(text, what=f"the webhook URL file {file}")


def _slack(told: Notice) -> str:
    """Slack's own markup; the three characters that it reads as markup in any text are escaped."""
    lines = [f"*{_escaped(told.summary)}* ({_escaped(told.api_url)})"]
    lines += _listed("new", told.appeared, told.appeared_count)
    lines += _listed("gone", told.gone, told.gone_count)
    return "\n".join(lines)


def _listed(word: str, items: tuple[Item, ...], count: int) -> list[str]:
    lines = [
        f"\u2022 {word}: {_escaped(item.group)} {item.rule} [{item.direction}] {_escaped(item.message)}"
        for item in items[:_SLACK_LINES]
    ]
    more = count - len(lines)
    return [*lines, f"\u2022 and {more} more {word}"] if more else lines


def _escaped(text: str) -> str:
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Slack reads these as formatting only next to a word; a zero-width space takes that away and is not seen.
    return "".join(f"\u200b{char}\u200b" if char in "*_~`" else char for char in shown)
