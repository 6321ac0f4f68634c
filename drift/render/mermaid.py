"""The tree as a Mermaid flowchart, which GitHub and GitLab draw where a text has a ``mermaid`` block.

Groups go by numbers, so no name can be a keyword; in labels all but letters, digits and harmless punctuation is
written as a character code, which Mermaid shows as text.
"""

from collections.abc import Iterator, Mapping

from drift.render import RenderOptions
from drift.render.tree import below, mark, models, summary
from drift.render.visible import visible
from drift.render.words import titled
from drift.report.report import Status
from drift.tree import Tree, TreeNode

_LOOK: Mapping[Status, tuple[str, str]] = {
    Status.IN_SYNC: ("insync", "stroke:#2e7d32,stroke-width:2px"),
    Status.DRIFT: ("drift", "stroke:#c62828,stroke-width:3px"),
    Status.MISSING: ("missing", "stroke:#c62828,stroke-width:3px,stroke-dasharray:4"),
    Status.UNREAD: ("unread", "stroke:#f9a825,stroke-width:3px,stroke-dasharray:4"),
    Status.ACCEPTED: ("accepted", "stroke:#f9a825,stroke-width:2px"),
    Status.UNMANAGED: ("unmanaged", "stroke:#6a1b9a,stroke-width:2px,stroke-dasharray:4"),
}
"""Class and style of a node."""
_HARMLESS = frozenset(" -_./,()")


def render(tree: Tree, options: RenderOptions) -> str:
    """One flowchart, from the roots down."""
    return "".join(f"{line}\n" for line in _lines(tree, options.depth))


def _lines(tree: Tree, depth: int | None) -> Iterator[str]:
    yield "flowchart TD"
    way: list[int] = []
    for index, node in enumerate(tree.groups):
        if depth is not None and node.level > depth:
            continue
        del way[node.level - 1 :]
        shown_as = f":::{_LOOK[node.status][0]}" if node.status is not None else ""
        yield f'  g{index}["{_label(node, top=not way)}"]{shown_as}'
        if way:
            yield f"  g{way[-1]} --> g{index}"
        way.append(index)
    yield f'  summary["{"<br/>".join(map(_escape, summary(tree)))}"]'
    used = {node.status for node in tree.groups}
    for status, (name, style) in _LOOK.items():
        if status in used:
            yield f"  classDef {name} {style}"


def _label(node: TreeNode, *, top: bool) -> str:
    lines = [titled(node.group)]
    if top and node.limit_enforcement is not None:
        lines.append(node.limit_enforcement)
    lines += [line for line in (mark(node), below(node.below), node.note and f"note: {node.note}") if line]
    lines += models(node)
    return "<br/>".join(map(_escape, lines))


def _escape(text: str) -> str:
    """The text as Mermaid takes it between quotes, on one line whatever it holds."""
    shown = visible(text)
    return "".join(
        char if char.isalnum() or char in _HARMLESS or shown[index : index + 2] == ": " else f"#{ord(char)};"
        for index, char in enumerate(shown)
    )
