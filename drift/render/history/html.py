"""The history as one web page: a bar for each run, then what is open, what is over, and the runs as tables.

Without scripts: nothing folds, nothing filters. Texts are made safe as in the report's page.
"""

from collections.abc import Sequence

from drift.model.wording import counted
from drift.render import RenderOptions
from drift.render.history.text import day, span
from drift.render.pages import allowed, asset, template
from drift.report.history import History, RunEntry, oldest

_HEIGHT = 120
_BAR = 10
_FEWEST = 30
"""Bars that the trend has room for at least, so that few runs are no wall."""
_LEAST = 3
"""Units of a bar for a run that found nothing, so that it can be seen."""


def render(history: History, _options: RenderOptions) -> str:
    """One HTML document."""
    style = asset(__package__, "history.css")
    over = [episode for episode in history.episodes if episode.resolved is not None]
    longest = oldest(history.episodes)
    return template(__package__, "history.html.jinja").render(
        policy=f"default-src 'none'; style-src {allowed(style)}; base-uri 'none'; form-action 'none'",
        style=style,
        headline=f"{counted(len(history.runs), 'run')}: {len(history.open)} open, {len(over)} resolved",
        oldest=f"{span(longest.age)} ({longest.group.label})" if longest else "nothing",
        bars=_bars(history.runs),
        width=_BAR * max(_FEWEST, len(history.runs)),
        height=_HEIGHT,
        still=history.open,
        over=over,
        runs=history.runs[::-1],
        several=len({run.api_url for run in history.runs}) > 1,
        day=day,
        span=span,
        counted=counted,
    )


def _bars(runs: Sequence[RunEntry]) -> list[tuple[str, int, float, str]]:
    """Of each run in the trend its kind, where the bar begins, how high it is, and what it says."""
    most = max((run.findings for run in runs), default=0) or 1
    return [
        (
            "failed" if run.failure else run.verdict,
            _BAR * position + 1,
            max(_LEAST, _HEIGHT * run.findings / most),
            f"{day(run.finished_at)}: {run.verdict}, {counted(run.findings, 'finding')}",
        )
        for position, run in enumerate(runs)
    ]
