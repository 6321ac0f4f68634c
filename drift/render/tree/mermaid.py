"""The tree as a Mermaid flowchart, which GitHub and GitLab draw where a text has a ``mermaid`` block.

Groups go by numbers, so no name can be a keyword; in labels all but letters, digits and harmless positions is
written as a character code, which Mermaid shows as text.
"""

from collections.abc import Iterator, Mapping

from drift.render.tree.formats import TreeOptions
from drift.render.tree.words import below, mark, models, summary, title
from drift.render.visible import visible
from drift.report.report import Status
from drift.tree import Tree, TreeNode

_CLASS: Mapping[Status, str] = {
    Status.IN_SYNC: "insync",
    Status.DRIFT: "drift",
    Status.MISSING: "missing",
    Status.UNREAD: "unread",
    Status.UNMANAGED: "undeclared",
}
_LOOK: Mapping[str, str] = {
    "insync": "stroke:#2e7d32,stroke-width:2px",
    "drift": "stroke:#c62828,stroke-width:3px",
    "missing": "stroke:#c62828,stroke-width:3px,stroke-dasharray:4",
    "unread": "stroke:#f9a825,stroke-width:3px,stroke-dasharray:4",
    "undeclared": "stroke:#6a1b9a,stroke-width:2px,stroke-dasharray:4",
}
_HARMLESS = frozenset(" -_./,()")


def render(tree: Tree, options: TreeOptions) -> str:
    """One flowchart, from the roots down."""
    return "".join(f"{line}\n" for line in _lines(tree, options.depth))


def _lines(tree: Tree, depth: int | None) -> Iterator[str]:
    yield "flowchart TD"
    way: list[int] = []
    for index, node in enumerate(tree.groups):
        if depth is not None and node.level > depth:
            continue
        del way[node.level - 1 :]
        shown_as = f":::{_CLASS[node.status]}" if node.status is not None else ""
        yield f'  g{index}["{_label(node, top=not way)}"]{shown_as}'
        if way:
            yield f"  g{way[-1]} --> g{index}"
        way.append(index)
    told = "<br/>".join(map(_escape, summary(tree)))
    yield f'  summary["{told}"]'
    used = {node.status for node in tree.groups}
    for status, name in _CLASS.items():
        if status in used:
            yield f"  classDef {name} {_LOOK[name]}"


def _label(node: TreeNode, *, top: bool) -> str:
    lines = ["".join(title(node))]
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
