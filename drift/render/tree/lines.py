"""A tree as styled lines, which files, pipes and terminals show each in their way."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from drift.model.wording import number
from drift.render.tree.words import below, mark, models, title
from drift.render.visible import visible
from drift.report.report import Status
from drift.tree import TreeNode

Span: TypeAlias = tuple[str, str]
"""Text, safe to show, and style; the style is empty or one that rich knows."""
Line: TypeAlias = tuple[Span, ...]

FORK, LAST, PASS, SPACE = "├── ", "└── ", "│   ", "    "
"""Guides, each as wide as a level."""
_STYLE = {
    Status.IN_SYNC: "green",
    Status.DRIFT: "bold red",
    Status.MISSING: "bold red",
    Status.UNREAD: "bold yellow",
    Status.UNMANAGED: "magenta",
}


def headings(shown: Sequence[TreeNode]) -> Iterator[tuple[TreeNode, Line]]:
    """Each group with its first line."""
    modes: list[str | None] = []
    for node in shown:
        del modes[node.level - 1 :]
        yield node, _heading(node, modes[-1] if modes else None)
        modes.append(node.limit_enforcement)


def body(node: TreeNode) -> Iterator[Line]:
    """What is said below a group's heading."""
    if node.note:
        yield ((f"note: {visible(node.note)}", "yellow"),)
    for line in models(node):
        yield ((visible(line), ""),)


def more(node: TreeNode) -> str:
    """In place of the levels that are not shown."""
    return f"... {number(node.below.groups)} more"


def _heading(node: TreeNode, above: str | None) -> Line:
    label, name = title(node)
    spans: list[Span] = [(visible(label), "bold"), (visible(name), "")]
    # All of a tree have one mode, so it is said at the top, and wherever it is another.
    if node.limit_enforcement is None:
        spans.append((" (hierarchy not declared)", "dim"))
    elif node.limit_enforcement != above:
        spans.append((f" {visible(node.limit_enforcement)}", "cyan"))
    if node.status is not None:
        spans.append((f" [{mark(node)}]", _STYLE[node.status]))
    if node.below.groups:
        spans.append((f" {below(node.below)}", "dim"))
    return tuple(spans)
