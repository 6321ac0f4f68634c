"""Lines of styled text, which become plain text for files and pipes, and wrapped or coloured on a terminal."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

Span: TypeAlias = str | tuple[str, str]
"""Text, safe to show, alone or with its style: words of :data:`_CODES`, or nothing."""

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


def line(indent: int, *spans: Span) -> Line:
    """A line so many columns in."""
    lead = " " * indent
    return Line(spans, lead, lead)


def show(lines: Iterable[Line], width: int | None = None, *, colour: bool = False) -> str:
    """The lines as text, none of them wider than ``width`` columns if there is room beside their leads."""
    if width is None and not colour:
        return "".join(f"{_plain(each).rstrip()}\n" for each in lines)
    return "".join(f"{row}\n" for each in lines for row in _rows(each, width, colour=colour))


def _plain(each: Line) -> str:
    return each.lead + "".join([span if isinstance(span, str) else span[0] for span in each.spans])


def _rows(each: Line, width: int | None, *, colour: bool) -> Sequence[str]:
    lead, hang, text = each.lead, each.hang, _plain(each)[len(each.lead) :]
    fits = width is None or _columns(lead + text) <= width or width - len(hang) < _LEAST_ROOM
    if colour:
        lead, hang = _guide(lead), _guide(hang)
        text = "".join(map(_coloured, each.spans))
    if fits or width is None:
        return [f"{lead}{text}".rstrip()]
    from wcwidth import wrap  # noqa: PLC0415 - only a terminal needs it

    first, *others = wrap(text, width - len(each.hang), break_on_hyphens=False) or [""]
    return [f"{lead}{first}", *(f"{hang}{other}" for other in others)]


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    from wcwidth import width  # noqa: PLC0415 - only a terminal needs it

    return width(text)


def _coloured(span: Span) -> str:
    text, style = (span, "") if isinstance(span, str) else span
    return f"{_code(style)}{text}\x1b[0m" if style and text else text


def _guide(lead: str) -> str:
    return _coloured((lead, "dim" if lead.strip() else ""))


@cache
def _code(style: str) -> str:
    return f"\x1b[{';'.join(_CODES[word] for word in style.split())}m"
