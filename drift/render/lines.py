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
    from rich.cells import cell_len  # noqa: PLC0415 - only a terminal needs it, and it is slow to import
    from rich.color import ColorSystem  # noqa: PLC0415
    from rich.style import Style  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from drift.render.terminal import terminal  # noqa: PLC0415

    console, out = terminal(width, colour=colour)
    styles = {"": Style.null()}
    system = ColorSystem.STANDARD if colour else None

    def styled(span: Span) -> str:
        text, name = span
        if not name or not text or system is None:
            return text
        style = styles.get(name) or styles.setdefault(name, Style.parse(name))
        return style.render(text, color_system=system)

    for line in lines:
        plain = "".join(text for text, _ in line)
        if cell_len(plain) <= width:
            # Most lines fit, and rich takes a hundred times as long to find that out.
            out.write("".join(map(styled, line)).rstrip() + "\n")
            continue
        whole = Text.assemble(*line)
        indent = len(plain) - len(plain.lstrip(" "))
        # What does not fit goes on below its own beginning, so that the outline stays visible.
        for part in whole[indent:].wrap(console, width - indent, overflow="fold"):
            part.rstrip()
            console.print(Text(" " * indent) + part)
    return out.getvalue()
