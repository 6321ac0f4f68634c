"""Report formats of other packages: entry points of the group ``baseten_drift.renderers``.

An entry point's name is the format's name; its value is a function ``render(report, options) -> str``, or a module
that has one. Built-in formats come first and never get here.
"""

from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from drift.errors import OutputError, SettingsError
from drift.render import FORMATS, Renderer, RenderOptions
from drift.render.visible import visible
from drift.report.report import Report

GROUP = "baseten_drift.renderers"


def plugin(name: str) -> Renderer:
    """The renderer that an installed package offers under this name; its failures are errors of that package.

    Raises:
        SettingsError: No package offers it, several do, a package offers the name of a built-in format, or the
            package's own code cannot be loaded.
    """
    points = entry_points(group=GROUP)
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


def _loaded(point: EntryPoint, what: str) -> Renderer:
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


def _package(point: EntryPoint) -> str:
    return f"the package {visible(point.dist.name)}" if point.dist else "an installed package"


def _shown(error: Exception) -> str:
    return visible(f"{type(error).__name__}: {error}")
