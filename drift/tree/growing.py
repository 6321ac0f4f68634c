"""A forest becomes a :class:`Tree`: each group before those below it, with its level.

Nothing here recurses, and each step is linear: a forest may be huge, and a broken one is shown like any other.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from drift.model.effective import predict
from drift.model.forest import Forest
from drift.model.groups import GroupRef
from drift.model.limits import EffectiveModels, LimitKey
from drift.report.report import Status
from drift.tree.values import SCHEMA_VERSION, BindingLimit, Tally, Tree, TreeModel, TreeNode, View

_UNKNOWN = {
    View.DESIRED: "not declared",
    View.LIVE: "not among the live groups",
    View.BOTH: "neither declared nor seen",
}

_WAY = 6
"""Groups of a cycle that its note names."""


class Fact(Struct, frozen=True):
    """What the forest does not know about a group."""

    group: GroupRef
    mode_known: bool = True
    complete: bool = True
    effective: EffectiveModels | None = None
    """As the API reports them; sources are forest keys."""
    status: Status | None = None
    findings: int = 0
    note: str | None = None


def grow(
    view: View,
    forest: Forest[str],
    facts: Mapping[str, Fact],
    *,
    names: Mapping[str, str] | None = None,
    api_url: str | None = None,
    unseen: str | None = None,
) -> Tree:
    """The tree of a forest; there is a fact for each of its groups.

    Args:
        view: What the forest was made of.
        forest: The groups and their links.
        facts: What else is known of each group, by forest key.
        names: How to call ids that are no group of the forest; else by themselves.
        api_url: Where live groups were read.
        unseen: Why live groups may be left out.
    """
    labels = {**(names or {}), **{key: fact.group.label for key, fact in facts.items()}}
    places = list(depth_first(forest))
    below, total = _tallies([(facts[key], level) for key, level in places])
    notes = _notes(view, forest, labels)
    nodes = tuple(
        _node(forest, key, level, fact=facts[key], labels=labels, note=notes.get(key), below=tally)
        for (key, level), tally in zip(places, below, strict=True)
    )
    tops = sum(level == 1 for _, level in places)
    return Tree(SCHEMA_VERSION, view, api_url, tops, total, nodes, unseen, None)


def depth_first(forest: Forest[str]) -> Iterator[tuple[str, int]]:
    """Every group once, with its level: each before those below it, and a cycle from one of its groups on."""
    tops = [key for key in forest.nodes if forest.depth(key) == 1]
    tops += [cycle[-1] for cycle in forest.cycles]
    seen: set[str] = set()
    for top in tops:
        todo = [(top, 1)]
        while todo:
            key, level = todo.pop()
            if key not in seen:
                seen.add(key)
                yield key, level
                todo.extend((child, level + 1) for child in reversed(forest.children(key)))


def _notes(view: View, forest: Forest[str], labels: Mapping[str, str]) -> Mapping[str, str]:
    notes = {
        key: f"its parent {labels.get(parent, parent)} is {_UNKNOWN[view]}"
        for key, parent in forest.missing_parents.items()
    }
    for cycle in forest.cycles:
        way = [labels[key] for key in (cycle[-1], *cycle)]
        if len(way) > _WAY:
            way[_WAY - 1 : -1] = ["..."]
        notes[cycle[-1]] = f"a cycle without a root: {' below '.join(way)}"
    for key in forest.repeated:
        notes[key] = "; ".join((*((notes[key],) if key in notes else ()), "of several groups with this id the first"))
    return notes


def _tallies(places: Sequence[tuple[Fact, int]]) -> tuple[list[Tally], Tally]:
    """What is below each group, and all together; from the last group to the first, so that it is one pass."""
    below: list[Tally] = []
    open_: list[Counter[str]] = [Counter()]
    for fact, level in reversed(places):
        while len(open_) <= level:
            open_.append(Counter())
        # What is one level down and was met since the last group of this level, hangs below this group.
        mine = open_.pop()
        below.append(Tally(**mine))
        mine["groups"] += 1
        if fact.findings:
            mine["findings"] += fact.findings
        if fact.status is not None:
            mine[fact.status.replace("-", "_")] += 1
        open_[level - 1].update(mine)
    below.reverse()
    return below, Tally(**open_[0])


def _node(
    forest: Forest[str], key: str, level: int, *, fact: Fact, labels: Mapping[str, str], note: str | None, below: Tally
) -> TreeNode:
    node = forest.nodes[key]
    return TreeNode(
        group=fact.group,
        level=level,
        parent=None if node.parent is None else labels.get(node.parent, node.parent),
        limit_enforcement=node.limit_enforcement if fact.mode_known else None,
        complete=fact.complete,
        models=tuple(_models(forest, key, fact.effective, labels)),
        status=fact.status,
        findings=fact.findings,
        note="; ".join(part for part in (note, fact.note) if part) or None,
        below=below,
    )


def _models(
    forest: Forest[str], key: str, effective: EffectiveModels | None, labels: Mapping[str, str]
) -> Iterator[TreeModel]:
    node = forest.nodes[key]
    cascading = node.limit_enforcement == "CASCADING"
    models = effective
    if models is None:
        models = predict(forest, key)
    elif cascading:
        predicted = predict(forest, key)
        models = {slug: {**predicted.get(slug, {}), **models.get(slug, {})} for slug in {**predicted, **models}}
    for slug in sorted(models):
        own = node.models.get(slug, {})
        tightest: dict[LimitKey, tuple[int, str]] = {}
        for (kind, type_, unit, source), threshold in models[slug].items():
            limit = LimitKey(kind, type_, unit)
            # The nearest comes first, so that of equal limits the nearest binds.
            if limit not in tightest or threshold < tightest[limit][0]:
                tightest[limit] = (threshold, source)
        yield TreeModel(
            slug,
            tuple(
                BindingLimit(
                    *limit,
                    threshold,
                    "own" if source == key else "pool" if cascading else "inherited",
                    labels.get(source, source),
                    own.get(limit),
                )
                for limit, (threshold, source) in sorted(tightest.items())
            ),
        )
