"""The terminal as rich knows it; imported only when there is one, because rich is slow to import."""

from io import StringIO

from rich.console import Console


def terminal(width: int, *, colour: bool) -> tuple[Console, StringIO]:
    """A console that takes text as it is, and where it writes."""
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
    return console, out
