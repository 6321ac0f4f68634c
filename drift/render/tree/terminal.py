"""The tree on a terminal, as rich draws it; imported only when there is one, because rich is slow to import."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text
from rich.tree import Tree as Outline

from drift.render.terminal import terminal
from drift.render.tree.formats import TreeOptions
from drift.render.tree.lines import PASS, SPACE, Line, body, headings, more
from drift.tree import TreeNode


def draw(shown: Sequence[TreeNode], summary: Iterable[str], options: TreeOptions, width: int) -> str:
    """The forest, wrapped to the width, then the summary, which is safe to show."""
    console, out = terminal(width, colour=options.colour)
    way: list[Outline] = []
    tops: list[Outline] = []
    for node, heading in headings(shown):
        del way[node.level - 1 :]
        label = _label(node, heading, console)
        if way:
            way.append(way[-1].add(label))
        else:
            tops.append(Outline(label, guide_style="dim"))
            way.append(tops[-1])
        if node.level == options.depth and node.below.groups:
            way[-1].add(Text(more(node), style="dim"))
    for top in tops:
        console.print(top)
    if shown:
        console.print()
    for line in summary:
        console.print(Text("\n").join(_wrapped(((line, ""),), width, console)))
    return out.getvalue()


def _label(node: TreeNode, heading: Line, console: Console) -> Text:
    # What does not fit goes on below its own beginning.
    room = console.width - len(PASS) * node.level
    parts = [Text(SPACE if index else "") + part for index, part in enumerate(_wrapped(heading, room, console))]
    for line in body(node):
        for index, part in enumerate(_wrapped(line, room - len(SPACE), console)):
            parts.append(Text(f"{SPACE}{'  ' if index else ''}") + part)
    return Text("\n").join(parts)


def _wrapped(line: Line, room: int, console: Console) -> list[Text]:
    parts = list(_styled(line).wrap(console, room))
    for part in parts:
        part.rstrip()
    return parts


def _styled(line: Line) -> Text:
    return Text.assemble(*line, overflow="fold")
