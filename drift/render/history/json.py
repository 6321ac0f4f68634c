"""The history for programs: the members of :class:`drift.report.history.History` in their order."""

import msgspec

from drift.report.history import History


def render(history: History) -> str:
    """One JSON document."""
    return msgspec.json.format(msgspec.json.encode(history), indent=2).decode() + "\n"
