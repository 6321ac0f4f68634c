"""Reports as text. Each format is one module with one pure function, and one line in the registry.

Nothing here reads a file, a clock or the network, or prints.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, cast

from msgspec import Struct

from drift.report import Report


class RenderOptions(Struct, frozen=True):
    """How much to show and for what medium."""

    verbosity: int = 0
    """-1 for the summary alone, 0 for the findings, 1 for everything."""
    width: int | None = None
    """Columns of the terminal; None for a file or a pipe, where no line is wrapped."""
    colour: bool = False


class _Module(Protocol):
    render: Callable[[Report, RenderOptions], str]


_MODULES: Mapping[str, str] = {
    "text": "drift.render.text",
    "json": "drift.render.json_v1",
    "html": "drift.render.html",
}

FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The names that ``--output`` takes."""


def render_report(report: Report, output_format: str, options: RenderOptions | None = None) -> str:
    """The report in ``output_format``, one of :data:`FORMATS`, ending in a newline."""
    module = cast("_Module", import_module(_MODULES[output_format]))
    return module.render(report, options or RenderOptions())
