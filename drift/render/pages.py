"""What all web pages of this package share: templates whose every value is made safe, and who may run on the page."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from drift.render.visible import visible


@cache
def template(package: str, name: str) -> Template:
    """A template of a package. Every value goes through :func:`visible` and then through autoescape."""
    environment = Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


@cache
def asset(package: str, name: str) -> Markup:
    """A file of a package, to be written into its pages as it is."""
    return Markup((files(package) / name).read_text(encoding="utf-8"))  # noqa: S704 - the package's own, not a report's


@cache
def allowed(source: str) -> str:
    """How a Content-Security-Policy names a style or script that stands in the page: by its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _shown(value: object) -> object:
    if type(value) is Markup:
        return value
    return visible(value if type(value) is str else str(value))
