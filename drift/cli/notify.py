"""``drift notify``: tell a webhook what is new since the previous report, and nothing else."""

from pathlib import Path

import click
import msgspec

from drift.cli.console import write_result
from drift.cli.files import read_report, read_secret
from drift.cli.options import FILE, SAVED, timeout_option
from drift.forge.http import TIMEOUT, Service, checked_url
from drift.render.visible import visible
from drift.report.notice import Item, Notice, notice

_SLACK_LINES = 10


@click.command()
@click.argument("report", type=SAVED)
@click.option(
    "--since",
    "previous",
    required=True,
    type=FILE,
    help="The JSON report of the run before; if there is no such file, this is the first run.",
)
@click.option(
    "--webhook-url-file",
    required=True,
    type=FILE,
    help="File with the webhook's URL on its only line. It is never printed.",
)
@timeout_option(TIMEOUT, "Time for all tries together; what is not sent by then is not.")
@click.option("--slack", is_flag=True, help="Send a Slack message instead of the JSON notice.")
@click.option("--heartbeat", is_flag=True, help="Send also when there is nothing new.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
def command(
    report: Path,
    *,
    previous: Path,
    webhook_url_file: Path,
    timeout: float,
    slack: bool,
    heartbeat: bool,
    dry_run: bool,
) -> int:
    """Send a notice of the JSON REPORT if it says something new: drift detected, changed, gone, or a check that failed.

    Exits 0 if it was sent or there was nothing to send, 1 if the webhook did not take it.
    """
    what = "the webhook URL file"
    url = checked_url(read_secret(webhook_url_file, what), what=f"{what} {webhook_url_file}")
    before = read_report(previous) if previous.exists() else None
    news = notice(before, read_report(report), heartbeat=heartbeat)
    if news is None:
        write_result("nothing new: nothing sent\n")
        return 0
    payload = msgspec.json.encode({"text": _slack(news)} if slack else news)
    if dry_run:
        write_result(msgspec.json.format(payload, indent=2).decode() + "\n")
        return 0
    Service("the webhook", url, timeout=timeout).send("POST", payload=payload)
    write_result(f"sent ({news.occasion.value}): {visible(news.summary)}\n")
    return 0


def _slack(news: Notice) -> str:
    """Slack's own markup; the three characters that it reads as markup in any text are escaped."""
    lines = [f"*{_escaped(news.summary)}* ({_escaped(news.api_url)})"]
    lines += _listed("new", news.appeared, news.appeared_count)
    lines += _listed("gone", news.gone, news.gone_count)
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
