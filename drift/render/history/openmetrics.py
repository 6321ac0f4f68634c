"""The history as metrics: how old the oldest drift is, and how much is open; no group's name is a label."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from drift.render import RenderOptions
from drift.render.report.openmetrics import Family, exposition
from drift.report.history import History, oldest
from drift.rules import Severity

_OLDEST = "Age of the oldest difference that is open and not accepted; 0 if there is none."


def render(history: History, _options: RenderOptions) -> str:
    """Families of gauges, then ``# EOF``."""
    return exposition(_families(history))


def _families(history: History) -> Iterator[Family]:
    longest = oldest(history.episodes)
    open_ = [episode for episode in history.open if not episode.accepted]
    found = Counter(episode.severity for episode in open_)
    severities = [({"severity": severity.value}, found[severity.value]) for severity in reversed(Severity)]
    accepted, over = len(history.open) - len(open_), len(history.episodes) - len(history.open)
    last = datetime.fromisoformat(history.runs[-1].finished_at).timestamp() if history.runs else 0
    age = longest.age if longest else 0
    yield "oldest_open_drift_seconds", _OLDEST, age
    yield "open_drift", "Differences that are open and not accepted, by severity.", severities
    yield "open_accepted_drift", "Accepted differences that are open.", accepted
    yield "resolved_drift", "Differences that are over.", over
    yield "history_runs", "Runs in this history.", len(history.runs)
    yield "history_last_run_timestamp_seconds", "When the last of these runs ended; 0 if there is none.", last
