"""Histories as text: like reports, each format is one module with one pure function."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, cast

from drift.report.history import History


class _Module(Protocol):
    render: Callable[[History], str]


_MODULES: Mapping[str, str] = {
    "text": "drift.render.history.text",
    "json": "drift.render.history.json",
    "html": "drift.render.history.html",
    "openmetrics": "drift.render.history.openmetrics",
}

HISTORY_FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The formats that ``drift history`` writes."""


def render_history(history: History, output_format: str) -> str:
    """The history in ``output_format``, one of :data:`HISTORY_FORMATS`, ending in a newline."""
    return cast("_Module", import_module(_MODULES[output_format])).render(history)
