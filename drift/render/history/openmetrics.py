"""The history as metrics: how old the oldest drift is, and how much is open; no group's name is a label."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from drift.render import RenderOptions
from drift.render.report.openmetrics import Family, exposition
from drift.report.history import History, oldest
from drift.rules import Severity


def render(history: History, _options: RenderOptions) -> str:
    """Families of gauges, then ``# EOF``."""
    return exposition(_families(history))


def _families(history: History) -> Iterator[Family]:
    longest = oldest(history.episodes)
    counted = [episode for episode in history.open if not episode.accepted]
    found = Counter(episode.severity for episode in counted)
    last = history.runs[-1] if history.runs else None
    yield (
        "oldest_open_drift_seconds",
        "Age of the oldest difference that is open and not accepted; 0 if there is none.",
        longest.age if longest else 0,
    )
    yield (
        "open_drift",
        "Differences that are open and not accepted, by severity.",
        [({"severity": severity.value}, found[severity.value]) for severity in reversed(Severity)],
    )
    yield "open_accepted_drift", "Accepted differences that are open.", len(history.open) - len(counted)
    yield "resolved_drift", "Differences that are over.", len(history.episodes) - len(history.open)
    yield "history_runs", "Runs in this history.", len(history.runs)
    yield (
        "history_last_run_timestamp_seconds",
        "When the last of these runs ended; 0 if there is none.",
        datetime.fromisoformat(last.finished_at).timestamp() if last else 0,
    )
