"""Text from elsewhere as Markdown that shows it and does nothing else.

Everything goes into code spans: in them GitHub makes no link, mention, issue reference, emoji, formula or HTML,
and a run of backticks longer than any inside cannot be ended from within.
"""

import html
import re

from drift.model.wording import number
from drift.render.visible import clipped
from drift.report.finding import Value

MOST = 256
"""Characters of one text; an external id has 255 at most (the API's schema)."""
_BACKTICKS = re.compile("`+")


def code(text: str, most: int = MOST) -> str:
    """The text as a code span."""
    shown = clipped(text, most)
    if not shown:
        return "(empty)"
    if "`" in shown:
        fence = "`" * (1 + max(map(len, _BACKTICKS.findall(shown))))
        # One space each side is taken off again (CommonMark 6.1).
        return f"{fence} {shown} {fence}"
    if shown[0] == shown[-1] == " " and shown.strip(" "):
        return f"` {shown} `"
    return f"`{shown}`"


def cell(text: str, most: int = MOST) -> str:
    r"""The text as a code span in a table, where ``\|`` is a bar and nothing else is escaped."""
    return code(text, most).replace("|", r"\|")


def element(text: str, most: int = MOST) -> str:
    """The text as an HTML ``code`` element, for places that Markdown does not reach."""
    return f"<code>{html.escape(clipped(text, most)) or '(empty)'}</code>"


def value(side: Value) -> str:
    """One side of a finding for a table: numbers as numbers, all else as code."""
    match side:
        case None:
            return "none"
        case int():
            return number(side)
        case str():
            return cell(side)
        case {"threshold": int(threshold), "unit": unit}:
            return f"{number(threshold)} {cell(f'/{unit}')}"
        case {"rate_limits": _} | {"usage_limits": _}:
            return "a model"
        case _:
            return "a value"
