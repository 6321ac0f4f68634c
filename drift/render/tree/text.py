"""The tree for people, as an outline with guides; wrapped and coloured where a terminal wants it."""

from collections.abc import Iterator, Sequence

from drift.model.wording import number
from drift.render import RenderOptions
from drift.render.terminal import Line, Span, line, show
from drift.render.tree.words import below, mark, models, summary
from drift.render.visible import visible
from drift.render.words import other_name
from drift.report.report import Status
from drift.tree import Tree, TreeNode

_FORK, _LAST, _PASS, _SPACE = "├── ", "└── ", "│   ", "    "
"""Guides, each as wide as a level."""
_STYLE = {
    Status.IN_SYNC: "green",
    Status.DRIFT: "bold red",
    Status.MISSING: "bold red",
    Status.UNREAD: "bold yellow",
    Status.UNMANAGED: "magenta",
}


def render(tree: Tree, options: RenderOptions) -> str:
    """The forest, then what it amounts to."""
    return show(_lines(tree, options.depth), options.width, colour=options.colour)


def _lines(tree: Tree, depth: int | None) -> Iterator[Line]:
    shown = [node for node in tree.groups if depth is None or node.level <= depth]
    leads: list[str] = []
    modes: list[str | None] = []
    for node, last in zip(shown, _lasts(shown), strict=True):
        del leads[node.level - 1 :], modes[node.level - 1 :]
        above = leads[-1] if leads else ""
        fork, lead = ("", "") if node.level == 1 else (_LAST, above + _SPACE) if last else (_FORK, above + _PASS)
        guide = lead + (_PASS if node.below.groups else _SPACE)
        yield Line(_heading(node, modes[-1] if modes else None), above + fork, guide)
        for text, style in _body(node):
            yield Line([(visible(text), style)], guide, f"{guide}  ")
        if node.level == depth and node.below.groups:
            yield Line([(f"... {number(node.below.groups)} more", "dim")], lead + _LAST, lead + _SPACE)
        leads.append(lead)
        modes.append(node.limit_enforcement)
    if shown:
        yield Line()
    for text in summary(tree):
        yield line(0, visible(text))


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


def _heading(node: TreeNode, above: str | None) -> list[Span]:
    """The group itself; ``above`` is the mode of the group above it."""
    name = other_name(node.group)
    spans = [(visible(node.group.label), "bold"), (f" ({visible(name)})" if name else "", "")]
    # All of a tree have one mode, so it is said at the top, and wherever it is another.
    if node.limit_enforcement is None:
        spans.append((" (hierarchy not declared)", "dim"))
    elif node.limit_enforcement != above:
        spans.append((f" {visible(node.limit_enforcement)}", "cyan"))
    if node.status is not None:
        spans.append((f" [{mark(node)}]", _STYLE[node.status]))
    if node.below.groups:
        spans.append((f" {below(node.below)}", "dim"))
    return spans


def _body(node: TreeNode) -> Iterator[Span]:
    """What is said below a group's heading, not yet safe to show."""
    if node.note:
        yield f"note: {node.note}", "yellow"
    for model in models(node):
        yield model, ""
