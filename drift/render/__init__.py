"""Results as text: reports, trees, plans and histories. Each format is one module, and one line in the registry here.

A format's module has a pure function ``render(value, options) -> str``. Nothing in this package reads a file, a clock
or the network, or prints. Other packages add report formats as entry points of the group :data:`PLUGINS`.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar, cast

from msgspec import Struct

from drift.errors import OutputError, SettingsError
from drift.render.visible import visible
from drift.report.report import Report

if TYPE_CHECKING:  # a check need not load what plans, trees and histories are made of
    from importlib.metadata import EntryPoint

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
PLUGINS = "baseten_drift.renderers"
"""An entry point's name is the format's name; its value is a function ``render(report, options) -> str``, or a module
that has one. Built-in formats come first."""

Renderer: TypeAlias = Callable[[Report, RenderOptions], str]


def renderer(output_format: str) -> Renderer:
    """The function behind a report format, one of :data:`FORMATS` or of an installed plugin.

    Raises:
        SettingsError: There is no such format, or the plugin that offers it cannot be used.
    """
    return REPORTS.renderer(output_format) if output_format in FORMATS else _plugin(output_format)


def render_report(report: Report, output_format: str, options: RenderOptions | None = None) -> str:
    """The report in ``output_format``, see :func:`renderer`, ending in a newline.

    Raises:
        SettingsError: There is no such format, or the plugin that offers it cannot be used.
        OutputError: The plugin's own code failed.
    """
    return renderer(output_format)(report, options or RenderOptions())


def _plugin(name: str) -> Renderer:
    """The renderer that an installed package offers under this name; its failures are errors of that package.

    Raises:
        SettingsError: No package offers it, several do, a package offers the name of a built-in format, or the
            package's own code cannot be loaded.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - of no use to the formats that are built in

    points = entry_points(group=PLUGINS)
    for point in points:
        if point.name in FORMATS:
            raise SettingsError(
                f"{_package(point)} offers the report format {point.name!r}, which baseten-drift has itself",
                hint="remove that package, or ask its author for another name",
            )
    offers = [point for point in points if point.name == name]
    if not offers:
        others = ", ".join(sorted({visible(point.name) for point in points}))
        raise SettingsError(
            f"{name!r} is not a format; there are {', '.join(FORMATS)}"
            f"{f', and of installed plugins {others}' if others else ''}"
        )
    if len(offers) > 1:
        raise SettingsError(
            f"several packages offer the report format {name!r}: {', '.join(map(_package, offers))}",
            hint="remove all but one",
        )
    what = f"the report format {name!r} of {_package(offers[0])}"
    loaded = _loaded(offers[0], what)

    def render(report: Report, options: RenderOptions) -> str:
        try:
            text: object = loaded(report, options)
        except Exception as error:
            raise OutputError(f"{what} failed: {_shown(error)}") from error
        if not isinstance(text, str):
            raise OutputError(f"{what} failed: it gave {type(text).__name__}, not text")
        return text

    return render


def _loaded(point: "EntryPoint", what: str) -> Renderer:
    try:
        found: object = point.load()
    except Exception as error:  # whatever another package does wrong, people get one line
        raise SettingsError(f"cannot load {what}: {_shown(error)}", hint="repair or remove that package") from error
    function = getattr(found, "render", None) if isinstance(found, ModuleType) else found
    if not callable(function):
        raise SettingsError(
            f"{what} is no function: {visible(point.value)}",
            hint="the entry point must name a function render(report, options) -> str, or a module that has one",
        )
    renderer: Renderer = function
    return renderer


def _package(point: "EntryPoint") -> str:
    return f"the package {visible(point.dist.name)}" if point.dist else "an installed package"


def _shown(error: Exception) -> str:
    return visible(f"{type(error).__name__}: {error}")
