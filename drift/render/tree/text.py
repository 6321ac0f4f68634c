"""The tree for people: guides of our own for files and pipes, rich's tree on a terminal."""

from collections.abc import Iterator, Sequence

from drift.render.tree.formats import TreeOptions
from drift.render.tree.lines import FORK, LAST, PASS, SPACE, Line, body, headings, more
from drift.render.tree.words import summary
from drift.render.visible import visible
from drift.tree import Tree, TreeNode

_LEAST_WIDTH = 24
"""Columns beside the guides below which a group cannot be wrapped; no tree that the API accepts is that deep."""
_MOST_IN_COLOUR = 10_000
"""Groups from which on even a terminal gets plain lines: rich takes 0.2 ms for each, and nobody reads them all."""


def render(tree: Tree, options: TreeOptions) -> str:
    """The forest, then what it amounts to."""
    shown = [node for node in tree.groups if options.depth is None or node.level <= options.depth]
    told = [visible(line) for line in summary(tree)]
    if options.width is not None and _suits(shown, options.width):
        from drift.render.tree.terminal import draw  # noqa: PLC0415 - brings in rich, which is slow to import

        return draw(shown, told, options, options.width)
    lines = [*_plain(shown, options.depth), *([""] if shown else []), *told]
    return "".join(f"{line}\n" for line in lines)


def _suits(shown: Sequence[TreeNode], width: int) -> bool:
    deepest = max((node.level for node in shown), default=0)
    return len(shown) <= _MOST_IN_COLOUR and len(PASS) * deepest + _LEAST_WIDTH <= width


def _plain(shown: Sequence[TreeNode], depth: int | None) -> Iterator[str]:
    leads: list[str] = []
    for (node, heading), last in zip(headings(shown), _lasts(shown), strict=True):
        del leads[node.level - 1 :]
        lead = leads[-1] if leads else ""
        if node.level > 1:
            fork, lead = lead + (LAST if last else FORK), lead + (SPACE if last else PASS)
        else:
            fork = ""
        leads.append(lead)
        yield f"{fork}{_text(heading)}"
        guide = PASS if node.below.groups else SPACE
        for line in body(node):
            yield f"{lead}{guide}{_text(line)}"
        if node.level == depth and node.below.groups:
            yield f"{lead}{LAST}{more(node)}"


def _lasts(shown: Sequence[TreeNode]) -> list[bool]:
    """Of each group, whether no sibling follows it."""
    lasts: list[bool] = []
    follows: list[bool] = []
    for node in reversed(shown):
        del follows[node.level :]
        follows += [False] * (node.level - len(follows))
        lasts.append(not follows[-1])
        follows[-1] = True
    lasts.reverse()
    return lasts


def _text(line: Line) -> str:
    return "".join(text for text, _ in line)
