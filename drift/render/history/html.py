"""The history as one web page: a bar for each run, then what is open, what is over, and the runs as tables.

Without scripts: nothing folds, nothing filters. Texts are made safe as in the report's page.
"""

from msgspec import Struct

from drift.model.wording import counted
from drift.render import RenderOptions
from drift.render.history.text import day, span
from drift.render.pages import allowed, asset, template
from drift.report.history import Episode, History, RunEntry, oldest

_HEIGHT = 120
_BAR = 10
_FEWEST = 30
"""Bars that the trend has room for at least, so that few runs are no wall."""
_LEAST = 3
"""Units of a bar for a run that found nothing, so that it can be seen."""


class _Bar(Struct, frozen=True):
    """One run in the trend; ``x`` is its place, in bars."""

    x: int
    height: float
    kind: str
    label: str


def render(history: History, _options: RenderOptions) -> str:
    """One HTML document."""
    style = asset(__package__, "history.css")
    longest = oldest(history.episodes)
    return template(__package__, "history.html.jinja").render(
        policy=f"default-src 'none'; style-src {allowed(style)}; base-uri 'none'; form-action 'none'",
        style=style,
        headline=_headline(history),
        oldest=f"{span(longest.age)} ({longest.group.label})" if longest else "nothing",
        bars=_bars(history.runs),
        width=_BAR * max(_FEWEST, len(history.runs)),
        height=_HEIGHT,
        still=history.open,
        over=[episode for episode in history.episodes if episode.resolved is not None],
        runs=history.runs[::-1],
        several=len({run.api_url for run in history.runs}) > 1,
        day=day,
        span=span,
        seen=_seen,
    )


def _headline(history: History) -> str:
    over = len(history.episodes) - len(history.open)
    return f"{counted(len(history.runs), 'run')}: {len(history.open)} open, {over} resolved"


def _seen(episode: Episode) -> str:
    return counted(episode.seen, "run")


def _bars(runs: tuple[RunEntry, ...]) -> list[_Bar]:
    most = max((run.findings for run in runs), default=0) or 1
    return [
        _Bar(
            x=position,
            height=max(_LEAST, _HEIGHT * run.findings / most),
            kind="failed" if run.failure else run.verdict,
            label=f"{day(run.finished_at)}: {run.verdict}, {counted(run.findings, 'finding')}",
        )
        for position, run in enumerate(runs)
    ]
