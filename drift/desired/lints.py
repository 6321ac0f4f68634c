"""Trees that the API accepts and that probably are not meant: oversold pools and models without any limit."""

from collections.abc import Iterator, Sequence

from drift.desired.trees import Trees, warning
from drift.desired.wording import shown
from drift.errors import Problem
from drift.model.effective import predict
from drift.model.forest import MAX_LEVELS
from drift.model.limits import LimitKey
from drift.model.wording import counted, number

OVERSOLD = 10
"""How often a pool may be promised to its children before V17 speaks; some overselling is the point of pools."""


def pools_are_not_oversold(trees: Trees) -> Iterator[Problem]:
    """V17: the children of a CASCADING group together far above one of its limits."""
    forest = trees.forest
    for pool, node in forest.nodes.items():
        children = forest.children(pool)
        # By V16 no child is above the pool, so a few of them cannot get there.
        if len(children) <= OVERSOLD or node.limit_enforcement != "CASCADING":
            continue
        promised: dict[tuple[str, LimitKey], list[int]] = {}
        for child in children:
            for slug, limits in forest.nodes[child].models.items():
                for limit, threshold in limits.items():
                    promised.setdefault((slug, limit), []).append(threshold)
        for (slug, limit), thresholds in promised.items():
            size = node.models.get(slug, {}).get(limit, 0)
            if 0 < size * OVERSOLD < sum(thresholds):
                yield _oversold(trees, pool, slug, limit, thresholds)


def _oversold(trees: Trees, pool: str, slug: str, limit: LimitKey, thresholds: Sequence[int]) -> Problem:
    highest = max(thresholds)
    child = next(key for key in trees.forest.children(pool) if trees.models(key).get(slug, {}).get(limit) == highest)
    place = trees.limit(pool, slug, limit)
    return warning(
        "V17",
        place,
        f"{limit} {number(trees.models(pool)[slug][limit])} of {shown(pool)} on {shown(slug)} is promised more than "
        f"{OVERSOLD} times: its {number(len(thresholds))} children may use {number(sum(thresholds))} together, "
        f"{shown(child)} at {trees.limit(child, slug, limit).location} up to {number(highest)}",
        "the API allows it; with all children busy, each gets a fraction of its limit",
    )


def models_have_a_limit(trees: Trees) -> Iterator[Problem]:
    """V19: a model that neither the group nor an ancestor limits, told at the topmost group that lists it."""
    found: dict[tuple[str, str], int] = {}
    for key in trees.tops:
        own = trees.models(key)
        # Nobody is so deep down (V15), and with chains of any length this would not be linear.
        if all(own.values()) or (trees.forest.depth(key) or 0) > MAX_LEVELS:
            continue
        effective = predict(trees.forest, key)
        for slug, limits in own.items():
            if not limits and not effective[slug]:
                top = _topmost(trees, key, slug)
                if top is not None:
                    found[top, slug] = found.get((top, slug), 0) + 1
    for (key, slug), count in found.items():
        also = f", nor is it for {counted(count - 1, 'group')} below" if count > 1 else ""
        yield warning(
            "V19",
            trees.model(key, slug),
            f"{shown(slug)} is not limited for {shown(key)}, neither here nor by an ancestor{also}",
            "as far as documented, it may be called without limit",
        )


def _topmost(trees: Trees, key: str, slug: str) -> str | None:
    """The topmost group of the chain that lists the model, if the files tell all about the chain."""
    chain = trees.forest.chain(key)
    top = chain.nodes[-1].key
    if not (chain.complete and trees.is_root(top) and all(trees.settles(node.key, slug) for node in chain.nodes)):
        return None
    return next(node.key for node in reversed(chain.nodes) if slug in node.models)
