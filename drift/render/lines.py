"""Lines of styled spans, which become plain text for files and pipes, and wrapped or coloured on a terminal."""

from collections.abc import Iterable
from typing import TypeAlias

Span: TypeAlias = tuple[str, str]
"""Text, safe to show, and style; the style is empty or one that rich knows."""
Line: TypeAlias = tuple[Span, ...]

_UNWRAPPED = 1_000_000
"""Columns of no terminal: colour for a pipe, where no line is wrapped."""


def show(lines: Iterable[Line], width: int | None, *, colour: bool) -> str:
    """The lines as text. Only wrapping and colour bring in rich, which is slow to import."""
    if width is None and not colour:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    return _with_rich(lines, width or _UNWRAPPED, colour=colour)


def _with_rich(lines: Iterable[Line], width: int, *, colour: bool) -> str:
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it, and it is slow to import

    from drift.render.terminal import terminal  # noqa: PLC0415

    console, out = terminal(width, colour=colour)
    for line in lines:
        text = Text()
        for span, style in line:
            text.append(span, style=style)
        indent = len(text.plain) - len(text.plain.lstrip(" "))
        # What does not fit goes on below its own beginning, so that the outline stays visible.
        for part in text[indent:].wrap(console, width - indent, overflow="fold") if text else [text]:
            part.rstrip()
            console.print(Text(" " * indent) + part)
    return out.getvalue()
