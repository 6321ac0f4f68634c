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
    """The renderer that an installed package offers under this name.

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
    return _guarded(offers[0], _loaded(offers[0]))


def _loaded(point: EntryPoint) -> Renderer:
    try:
        found: object = point.load()
    except Exception as error:  # whatever another package does wrong, people get one line
        raise SettingsError(
            f"cannot load the report format {point.name!r} of {_package(point)}: {_what(error)}",
            hint="repair or remove that package",
        ) from error
    function = getattr(found, "render", None) if isinstance(found, ModuleType) else found
    if not callable(function):
        raise SettingsError(
            f"the report format {point.name!r} of {_package(point)} is no function: {visible(point.value)}",
            hint="the entry point must name a function render(report, options) -> str, or a module that has one",
        )
    renderer: Renderer = function
    return renderer


def _guarded(point: EntryPoint, renderer: Renderer) -> Renderer:
    """The renderer, whose failures are reported as errors of the package that they come from."""

    def render(report: Report, options: RenderOptions) -> str:
        try:
            text: object = renderer(report, options)
        except Exception as error:
            raise OutputError(
                f"the report format {point.name!r} of {_package(point)} failed: {_what(error)}"
            ) from error
        if not isinstance(text, str):
            raise OutputError(
                f"the report format {point.name!r} of {_package(point)} failed: it gave {type(text).__name__}, not text"
            )
        return text

    return render


def _package(point: EntryPoint) -> str:
    return f"the package {visible(point.dist.name)}" if point.dist else "an installed package"


def _what(error: Exception) -> str:
    return visible(f"{type(error).__name__}: {error}")
