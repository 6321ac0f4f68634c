"""Reports as text. Each format is one module with one pure function, and one line in the registry.

Nothing here reads a file, a clock or the network, or prints. Other packages add formats as entry points, see
:mod:`drift.render.plugins`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, TypeAlias, cast

from msgspec import Struct

from drift.report.report import Report

LEAST_BYTES = 4_000
"""What the headline and the totals of a report may need, whatever the names."""


class RenderOptions(Struct, frozen=True):
    """How much to show and for what medium."""

    verbosity: int = 0
    """-1 for the summary alone, 0 for the findings, 1 for everything."""
    width: int | None = None
    """Columns of the terminal; None for a file or a pipe, where no line is wrapped."""
    colour: bool = False
    max_bytes: int = 60_000
    """Most bytes of UTF-8, for formats that somebody else limits (markdown); at least :data:`LEAST_BYTES`."""


Renderer: TypeAlias = Callable[[Report, RenderOptions], str]
"""The whole of a format: a report becomes one document that ends in a newline."""


class _Module(Protocol):
    render: Renderer


_MODULES: Mapping[str, str] = {
    "text": "drift.render.report.text",
    "json": "drift.render.report.json",
    "markdown": "drift.render.report.markdown",
    "github": "drift.render.report.github",
    "sarif": "drift.render.report.sarif",
    "junit": "drift.render.report.junit",
    "gitlab": "drift.render.report.gitlab",
    "openmetrics": "drift.render.report.openmetrics",
    "html": "drift.render.report.html",
}

FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The names that ``--output`` takes, besides those of installed plugins."""


def renderer(output_format: str) -> Renderer:
    """The function behind a format, one of :data:`FORMATS` or of an installed plugin.

    Raises:
        SettingsError: There is no such format, or the plugin that offers it cannot be used.
    """
    if output_format in _MODULES:
        return cast("_Module", import_module(_MODULES[output_format])).render
    from drift.render.plugins import plugin  # noqa: PLC0415 - a built-in format does not look at what is installed

    return plugin(output_format)


def render_report(report: Report, output_format: str, options: RenderOptions | None = None) -> str:
    """The report in ``output_format``, see :func:`renderer`, ending in a newline.

    Raises:
        SettingsError: There is no such format, or the plugin that offers it cannot be used.
        OutputError: The plugin's own code failed.
    """
    return renderer(output_format)(report, options or RenderOptions())
