"""The tree for programs: the members of :class:`drift.tree.Tree` in their order, whole whatever the depth."""

import msgspec

from drift.render.tree.formats import TreeOptions
from drift.tree import Tree


def render(tree: Tree, _options: TreeOptions) -> str:
    """One JSON document."""
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"
