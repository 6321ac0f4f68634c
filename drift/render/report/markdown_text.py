"""Text from elsewhere as Markdown that shows it and does nothing else, and how much of it there is room for.

Everything goes into code spans: in them GitHub makes no link, mention, issue reference, emoji, formula or HTML,
and a run of backticks longer than any inside cannot be ended from within.
"""

import html
import re

from drift.render.visible import clipped

_MOST = 256
"""Characters of one text; an external id has 255 at most (the API's schema)."""
_BACKTICKS = re.compile("`+")


def code(text: str, most: int = _MOST) -> str:
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


def cell(text: str, most: int = _MOST) -> str:
    r"""The text as a code span in a table, where ``\|`` is a bar and nothing else is escaped."""
    return code(text, most).replace("|", r"\|")


def element(text: str) -> str:
    """The text as an HTML ``code`` element, for places that Markdown does not reach."""
    return f"<code>{html.escape(clipped(text, _MOST)) or '(empty)'}</code>"


class Room:
    """The bytes of UTF-8 that are left of what a receiver takes; pieces are taken complete, or not at all."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, *texts: str) -> bool:
        """Whether there was room for all of these together; then it is theirs."""
        cost = sum(map(size, texts))
        if cost > self.left:
            return False
        self.left -= cost
        return True


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
