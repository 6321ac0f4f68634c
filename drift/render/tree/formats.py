"""Trees as text: like reports, each format is one module with one pure function."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, cast

from msgspec import Struct

from drift.tree import Tree


class TreeOptions(Struct, frozen=True):
    """How much to show and for what medium."""

    depth: int | None = None
    """Levels to show; what is below is counted. Machine formats are always whole."""
    width: int | None = None
    """Columns of the terminal; None for a file or a pipe, where no line is wrapped."""
    colour: bool = False


class _Module(Protocol):
    render: Callable[[Tree, TreeOptions], str]


_MODULES: Mapping[str, str] = {
    "text": "drift.render.tree.text",
    "json": "drift.render.tree.json",
    "mermaid": "drift.render.tree.mermaid",
}

TREE_FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The formats that ``drift tree`` writes."""


def render_tree(tree: Tree, output_format: str, options: TreeOptions | None = None) -> str:
    """The tree in ``output_format``, one of :data:`TREE_FORMATS`, ending in a newline."""
    module = cast("_Module", import_module(_MODULES[output_format]))
    return module.render(tree, options or TreeOptions())
