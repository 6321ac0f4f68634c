"""What is said of a group in a tree, the same in text and diagrams. Not yet safe to show: names are as they are."""

from collections.abc import Iterator
from typing import assert_never

from drift.model.wording import counted, number
from drift.render.words import STATUSES, nonzero
from drift.report.report import Status
from drift.tree import BindingLimit, Tally, Tree, TreeModel, TreeNode, View


def mark(node: TreeNode) -> str:
    """How the comparison of the group itself ended; empty where there was none."""
    if node.status is None:
        return ""
    if node.status is Status.DRIFT and node.findings:
        return f"{STATUSES[node.status]}: {counted(node.findings, 'finding')}"
    return STATUSES[node.status]


def below(tally: Tally) -> str:
    """``3 below: 1 in sync, 2 drifted; 4 findings``; empty for a group with none below it."""
    if not tally.groups:
        return ""
    ends = nonzero(_ends(tally) | {"unmanaged": tally.unmanaged})
    found = f"; {counted(tally.findings, 'finding')}" if tally.findings else ""
    return f"{number(tally.groups)} below{': ' if ends else ''}{ends}{found}"


def _ends(tally: Tally) -> dict[str, int]:
    """The declared groups by how they ended."""
    return {"in sync": tally.in_sync, "drifted": tally.drift, "missing": tally.missing, "unread": tally.unread}


def models(node: TreeNode) -> Iterator[str]:
    """One line for each model with its limits and whose they are."""
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
        yield f"unseen: not all live groups: {tree.unseen}"


def _model(model: TreeModel) -> str:
    """``org/model: TOKEN/MINUTE 1,000; inherited from acme: REQUEST/MINUTE 60``."""
    by_source: dict[str, list[str]] = {}
    for limit in sorted(model.limits, key=_own_first):
        by_source.setdefault(_source(limit), []).append(_limit(limit))
    parts = [f"{source}{', '.join(limits)}" for source, limits in by_source.items()]
    return f"{model.slug}: {'; '.join(parts) or 'no limits'}"


def _own_first(limit: BindingLimit) -> bool:
    return limit.binds != "own"


def _source(limit: BindingLimit) -> str:
    match limit.binds:
        case "own":
            return ""
        case "inherited":
            return f"inherited from {limit.source_group}: "
        case "pool":
            return f"pool of {limit.source_group}: "
        case _:
            assert_never(limit.binds)


def _limit(limit: BindingLimit) -> str:
    shown = f"{limit.type}/{limit.unit} {number(limit.threshold)}"
    if limit.binds == "own" or limit.own is None:
        return shown
    return f"{shown} (not its own {number(limit.own)})"
