"""The tree for people, as an outline with guides; wrapped and coloured where a terminal wants it.

What diagrams say in the same words is not yet safe to show: names are as they are.
"""

from collections.abc import Iterator, Sequence

from drift.model.wording import counted, number
from drift.render import RenderOptions
from drift.render.terminal import Line, Span, line, show
from drift.render.visible import visible
from drift.render.words import UNLISTED, nonzero, other_name, spoken
from drift.report.report import Status
from drift.tree import BindingLimit, Tally, Tree, TreeModel, TreeNode, View

_FORK, _LAST, _PASS, _SPACE = "├── ", "└── ", "│   ", "    "
"""Guides, each as wide as a level."""
_STYLE = {
    Status.IN_SYNC: "green",
    Status.DRIFT: "bold red",
    Status.MISSING: "bold red",
    Status.UNREAD: "bold yellow",
    Status.UNMANAGED: "magenta",
    Status.ACCEPTED: "yellow",
}


def render(tree: Tree, options: RenderOptions) -> str:
    """The forest, then what it amounts to."""
    return show(_lines(tree, options.depth), options.width, colour=options.colour)


def _lines(tree: Tree, depth: int | None) -> Iterator[Line]:
    shown = [node for node in tree.groups if depth is None or node.level <= depth]
    modes: list[str | None] = []
    for node, (fork, lead) in zip(shown, _guides(shown), strict=True):
        del modes[node.level - 1 :]
        guide = lead + (_PASS if node.below.groups else _SPACE)
        yield Line(_heading(node, modes[-1] if modes else None), fork, guide)
        if node.note:
            yield Line([(visible(f"note: {node.note}"), "yellow")], guide, f"{guide}  ")
        for model in models(node):
            yield Line([visible(model)], guide, f"{guide}  ")
        if node.level == depth and node.below.groups:
            yield Line([(f"... {number(node.below.groups)} more", "dim")], lead + _LAST, lead + _SPACE)
        modes.append(node.limit_enforcement)
    if shown:
        yield Line()
    for text in summary(tree):
        yield line(0, visible(text))


def _guides(shown: Sequence[TreeNode]) -> Iterator[tuple[str, str]]:
    """What stands before the first line of each group, and before all that is below it."""
    guides: list[tuple[str, str]] = []
    follows: list[bool] = []
    # From the end, where at each level it is known whether another group follows.
    for node in reversed(shown):
        del follows[node.level :]
        follows += [False] * (node.level - len(follows))
        above = "".join(_PASS if another else _SPACE for another in follows[1:-1])
        fork, lead = ("", "") if node.level == 1 else (_FORK, _PASS) if follows[-1] else (_LAST, _SPACE)
        guides.append((above + fork, above + lead))
        follows[-1] = True
    return reversed(guides)


def _heading(node: TreeNode, above: str | None) -> list[Span]:
    """The group itself; ``above`` is the mode of the group above it."""
    name = other_name(node.group)
    spans: list[Span] = [(visible(node.group.label), "bold"), f" ({visible(name)})" if name else ""]
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


def mark(node: TreeNode) -> str:
    """How the comparison of the group itself ended; empty where there was none."""
    if node.status is None:
        return ""
    found = f": {counted(node.findings, 'finding')}" if node.status is Status.DRIFT and node.findings else ""
    return f"{spoken(node.status)}{found}"


def below(tally: Tally) -> str:
    """``3 below: 1 in sync, 2 drifted; 4 findings``; empty for a group with none below it."""
    if not tally.groups:
        return ""
    ends = nonzero(_ends(tally) | {"unmanaged": tally.unmanaged})
    found = f"; {counted(tally.findings, 'finding')}" if tally.findings else ""
    return f"{number(tally.groups)} below{': ' if ends else ''}{ends}{found}"


def _ends(tally: Tally) -> dict[str, int]:
    """The declared groups by how they ended."""
    ends = {"in sync": tally.in_sync, "drifted": tally.drift, "missing": tally.missing, "unread": tally.unread}
    return ends | ({"accepted": tally.accepted} if tally.accepted else {})


def models(node: TreeNode) -> Iterator[str]:
    """One line for each model with its limits and the groups that set them."""
    for model in node.models:
        yield _model(model)
    if not node.complete:
        yield "(other models are not declared)" if node.models else "(models are not declared)"
    elif not node.models:
        yield "(no models)"


def summary(tree: Tree) -> Iterator[str]:
    """What the forest amounts to, and what may be missing from it."""
    total = tree.total
    trees = f"in {counted(tree.trees, 'tree')}"
    if tree.failure:
        yield f"nothing to show: {tree.failure.message}"
    elif tree.view is View.DESIRED:
        yield f"{counted(total.groups, 'declared group')} {trees}"
    elif tree.view is View.LIVE:
        yield f"{counted(total.groups, 'live group')} {trees}"
    else:
        ends = [f"{number(count)} {word}" for word, count in _ends(total).items()]
        extra = f"; {number(total.unmanaged)} unmanaged" if total.unmanaged else ""
        declared = counted(total.groups - total.unmanaged, "declared group")
        yield f"{declared} {trees}: {', '.join(ends)}{extra}; {counted(total.findings, 'finding')}"
    if tree.api_url is not None:
        yield f"live: {tree.api_url}"
    if tree.unseen is not None:
        yield f"{UNLISTED}: {tree.unseen}"


def _model(model: TreeModel) -> str:
    """``org/model: TOKEN/MINUTE 1,000; inherited from acme: REQUEST/MINUTE 60``."""
    by_source: dict[str, list[str]] = {"": []}
    for limit in model.limits:
        shown = f"{limit.type}/{limit.unit} {number(limit.threshold)}"
        if limit.binds != "own" and limit.own is not None:
            shown += f" (not its own {number(limit.own)})"
        by_source.setdefault(_source(limit), []).append(shown)
    parts = [f"{source}{', '.join(limits)}" for source, limits in by_source.items() if limits]
    return f"{model.slug}: {'; '.join(parts) or 'no limits'}"


def _source(limit: BindingLimit) -> str:
    """Empty for the group itself, whose limits come first."""
    match limit.binds:
        case "own":
            return ""
        case "inherited":
            return f"inherited from {limit.source_group}: "
        case "pool":
            return f"pool of {limit.source_group}: "
