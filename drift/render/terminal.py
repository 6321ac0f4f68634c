"""Lines of styled text, which become plain text for files and pipes, and wrapped or coloured on a terminal."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Span: TypeAlias = tuple[str, str]
"""Text, safe to show, and style: words of :data:`_CODES`, or nothing."""

_CODES = {
    "bold": "1",
    "dim": "2",
    "underline": "4",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
"""ANSI's Select Graphic Rendition."""
_LEAST_ROOM = 16
"""Columns beside the lead below which a line is left to the terminal to break."""


class Line(NamedTuple):
    """One line; what of it does not fit goes on below its own beginning, so that the outline stays visible."""

    spans: Sequence[Span] = ()
    lead: str = ""
    """Before the line: indentation, or the guides of a tree."""
    hang: str = ""
    """Before what does not fit; at least as wide as the lead."""


def line(indent: int, *spans: str | Span) -> Line:
    """A line so many columns in; text without a style stands for itself."""
    lead = " " * indent
    return Line([(span, "") if isinstance(span, str) else span for span in spans], lead, lead)


def show(lines: Iterable[Line], width: int | None = None, *, colour: bool = False) -> str:
    """The lines as text, none of them wider than ``width`` columns if there is room beside their leads."""
    return "".join(f"{row}\n" for each in lines for row in _rows(each, width, colour=colour))


def _rows(each: Line, width: int | None, *, colour: bool) -> Sequence[str]:
    lead, hang = (_styled(text, "dim" if colour and text.strip() else "") for text in (each.lead, each.hang))
    text = "".join(_styled(part, style if colour else "") for part, style in each.spans)
    if width is None or _fits(each, width) or width - len(each.hang) < _LEAST_ROOM:
        return [f"{lead}{text}".rstrip()]
    from wcwidth import wrap  # noqa: PLC0415 - only a terminal needs it

    first, *others = wrap(text, width - len(each.hang), break_on_hyphens=False) or [""]
    return [f"{lead}{first}", *(f"{hang}{other}" for other in others)]


def _fits(each: Line, width: int) -> bool:
    plain = each.lead + "".join(text for text, _ in each.spans)
    if plain.isascii():
        return len(plain) <= width
    from wcwidth import width as columns  # noqa: PLC0415 - only a terminal needs it

    return columns(plain) <= width


def _styled(text: str, style: str) -> str:
    if not style or not text:
        return text
    return f"\x1b[{';'.join(_CODES[word] for word in style.split())}m{text}\x1b[0m"
