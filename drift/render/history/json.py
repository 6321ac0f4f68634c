"""The history for programs: the members of :class:`drift.report.history.History` in their order."""

import msgspec

from drift.report.codec import encode
from drift.report.history import History


def render(history: History) -> str:
    """One JSON document."""
    return msgspec.json.format(encode(history), indent=2).decode() + "\n"
