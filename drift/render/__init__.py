"""Results as text: reports, trees, plans and histories. Each format is one module, and one line in the registry here.

A format's module has a pure function ``render(value, options) -> str``. Nothing in this package reads a file, a clock
or the network, or prints. Other packages add report formats as entry points, see :mod:`drift.render.plugins`.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar, cast

from msgspec import Struct

from drift.report.report import Report

if TYPE_CHECKING:  # a check need not load what plans, trees and histories are made of
    from drift.plan import Plan
    from drift.report.history import History
    from drift.tree import Tree

T = TypeVar("T")

LEAST_BYTES = 4_000
"""What the headline and the totals of a report may need, whatever the names."""


class RenderOptions(Struct, frozen=True):
    """How much to show and for what medium; a format reads what concerns it."""

    verbosity: int = 0
    """-1 for the summary alone, 0 for the findings, 1 for everything."""
    width: int | None = None
    """Columns of the terminal; None for a file or a pipe, where no line is wrapped."""
    colour: bool = False
    max_bytes: int = 60_000
    """Most bytes of UTF-8, for formats that somebody else limits (markdown); at least :data:`LEAST_BYTES`."""
    depth: int | None = None
    """Levels of a tree to show; what is below is counted. JSON always has all."""
    auth_scheme: Literal["bearer", "api-key"] = "bearer"
    """How a repair script announces the key."""


class Formats(Generic[T]):
    """The formats of one kind of result, each with the module whose ``render`` writes it, imported when asked for."""

    def __init__(self, **modules: str) -> None:
        self._modules = modules
        self.names: tuple[str, ...] = tuple(modules)

    def renderer(self, name: str) -> Callable[[T, RenderOptions], str]:
        """The function behind one of :attr:`names`."""
        render = import_module(f"drift.render.{self._modules[name]}").render
        return cast("Callable[[T, RenderOptions], str]", render)

    def render(self, value: T, name: str, options: RenderOptions | None = None) -> str:
        """The value in the format, one of :attr:`names`, as one document that ends in a newline."""
        return self.renderer(name)(value, options or RenderOptions())


REPORTS = Formats[Report](
    text="report.text",
    json="json",
    markdown="report.markdown",
    github="report.github",
    sarif="report.sarif",
    junit="report.junit",
    gitlab="report.gitlab",
    openmetrics="report.openmetrics",
    html="report.html",
)
TREES: "Formats[Tree]" = Formats(text="tree", json="json", mermaid="mermaid")
PLANS: "Formats[Plan]" = Formats(text="plan", json="json", sh="script")
HISTORIES: "Formats[History]" = Formats(
    text="history.text", json="json", html="history.html", openmetrics="history.openmetrics"
)

FORMATS = REPORTS.names
"""The names that ``--output`` takes for reports, besides those of installed plugins."""

Renderer: TypeAlias = Callable[[Report, RenderOptions], str]


def renderer(output_format: str) -> Renderer:
    """The function behind a report format, one of :data:`FORMATS` or of an installed plugin.

    Raises:
        SettingsError: There is no such format, or the plugin that offers it cannot be used.
    """
    if output_format in FORMATS:
        return REPORTS.renderer(output_format)
    from drift.render.plugins import plugin  # noqa: PLC0415 - a built-in format does not look at what is installed

    return plugin(output_format)


def render_report(report: Report, output_format: str, options: RenderOptions | None = None) -> str:
    """The report in ``output_format``, see :func:`renderer`, ending in a newline.

    Raises:
        SettingsError: There is no such format, or the plugin that offers it cannot be used.
        OutputError: The plugin's own code failed.
    """
    return renderer(output_format)(report, options or RenderOptions())
