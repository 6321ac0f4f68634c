"""The report as one web page: a file that needs nothing else, for people who were not there.

Every text goes through :func:`~drift.render.visible.visible` and then through autoescape, whatever the template
does with it. The page carries its style and its script with it and allows, by its own Content-Security-Policy,
exactly these two, known by their hashes: nothing from elsewhere is loaded, run or sent.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from drift.render import RenderOptions
from drift.render.html.page import page
from drift.render.visible import visible
from drift.report import Report


def render(report: Report, _options: RenderOptions) -> str:
    """One HTML document; always whole, for the page itself folds and filters."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:"
    # One join over all pieces: a page of 10,000 findings is megabytes.
    return "".join(
        _template().generate(
            page=page(report),
            policy=f"{policy}; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704 - the package's own file, not from the report
            script=Markup(script),  # noqa: S704 - likewise
        )
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(__name__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.jinja")


def _shown(value: object) -> object:
    """What is about to be written, without what a reader could not see; autoescape comes after it."""
    if type(value) is Markup:
        return value
    return visible(value if type(value) is str else str(value))


@cache
def _asset(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")


@cache
def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
