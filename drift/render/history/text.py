"""The history for people: what is open, oldest first; what is over; then the runs."""

from collections.abc import Iterator

from drift.model.wording import counted, number
from drift.render import RenderOptions
from drift.render.visible import visible
from drift.report.history import Episode, History, RunEntry, oldest

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def render(history: History, _options: RenderOptions) -> str:
    """Plain lines, the same for terminals, files and pipes."""
    return "".join(f"{line}\n" for line in _lines(history))


def _lines(history: History) -> Iterator[str]:
    several = len({run.api_url for run in history.runs}) > 1
    over = [episode for episode in history.episodes if episode.resolved is not None]
    for heading, episodes in (("open", history.open), ("resolved", over)):
        if episodes:
            yield f"{heading}:"
            for episode in episodes:
                yield from _episode(episode, several=several)
            yield ""
    if history.runs:
        yield "runs:"
        yield from map(_run, history.runs)
        yield ""
    yield _summary(history, len(over))


def _episode(episode: Episode, *, several: bool) -> Iterator[str]:
    accepted = " (accepted)" if episode.accepted else ""
    place = f" at {visible(episode.api_url)}" if several else ""
    yield f"  {visible(episode.group.label)}{place}: {episode.severity} {episode.rule} [{episode.direction}]{accepted}"
    yield f"    {visible(episode.message)}"
    seen = f"first seen {day(episode.first_seen)}, last seen {day(episode.last_seen)} in {counted(episode.seen, 'run')}"
    if episode.resolved is None:
        yield f"    {seen}; open for {span(episode.age)}"
    else:
        yield f"    {seen}; gone {day(episode.resolved)}, after {span(episode.age)}"


def _run(run: RunEntry) -> str:
    parts = [counted(run.findings, "finding")]
    parts += [f"{number(run.accepted)} accepted"] if run.accepted else []
    parts += [f"{number(run.unread)} unread"] if run.unread else []
    parts += [f"failed: {visible(run.failure)}"] if run.failure else []
    shard = f" shard {visible(run.shard)}" if run.shard else ""
    return f"  {day(run.finished_at)}{shard} {run.verdict} (exit code {run.exit_code}): {', '.join(parts)}"


def _summary(history: History, over: int) -> str:
    longest = oldest(history.episodes)
    age = f"; oldest not accepted: {span(longest.age)} ({visible(longest.group.label)})" if longest else ""
    runs, still = counted(len(history.runs), "run"), number(len(history.open))
    return f"{runs}: {still} open, {number(over)} resolved{age}"


def day(text: str) -> str:
    """``2026-01-31 12:00 UTC``, of a time as reports have it."""
    return f"{text[:10]} {text[11:16]} UTC"


def span(seconds: float) -> str:
    """``3d 4h``, ``2h 5m`` or ``7m``: as much as matters."""
    days, rest = divmod(int(seconds), _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes = rest // _MINUTE
    if days:
        return f"{number(days)}d {hours}h"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"
