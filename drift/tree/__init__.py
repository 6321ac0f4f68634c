"""Groups as the trees they form, with the limits that bind each group: a plain value for the renderers."""

from drift.tree.growing import compared_tree, desired_tree, failed_tree, live_tree
from drift.tree.values import BindingLimit, Tally, Tree, TreeModel, TreeNode, View

__all__ = [
    "BindingLimit",
    "Tally",
    "Tree",
    "TreeModel",
    "TreeNode",
    "View",
    "compared_tree",
    "desired_tree",
    "failed_tree",
    "live_tree",
]
