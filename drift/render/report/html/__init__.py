"""The report as one web page: a file that needs nothing else, for people who were not there.

Texts are made safe by :mod:`drift.render.pages`, whatever the template does with them. The page carries its style and
its script with it and allows, by its own Content-Security-Policy, exactly these two, known by their hashes: nothing
from elsewhere is loaded, run or sent.
"""

from drift.render import RenderOptions
from drift.render.pages import allowed, asset, template
from drift.render.report.html.page import page
from drift.report.report import Report


def render(report: Report, _options: RenderOptions) -> str:
    """One HTML document; always whole, for the page itself folds and filters."""
    style, script = asset(__name__, "report.css"), asset(__name__, "report.js")
    policy = f"default-src 'none'; style-src {allowed(style)}; script-src {allowed(script)}; img-src data:"
    # One join over all pieces: a page of 10,000 findings is megabytes.
    return "".join(
        template(__name__, "report.html.jinja").generate(
            page=page(report), policy=f"{policy}; base-uri 'none'; form-action 'none'", style=style, script=script
        )
    )
