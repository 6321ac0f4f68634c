"""A forest becomes a :class:`Tree`: each group before those below it, with its level.

Nothing here recurses, and each step is linear: a forest may be huge, and a broken one is shown like any other.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

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
    marked: bool = False,
    api_url: str | None = None,
    unseen: str | None = None,
) -> Tree:
    """The tree of a forest; there is a fact for each of its groups.

    Args:
        view: What the forest was made of.
        forest: The groups and their links.
        facts: What else is known of each group, by forest key.
        marked: Whether each key is an id behind a character that says of which kind.
        api_url: Where live groups were read.
        unseen: Why live groups may be left out.
    """

    def label(key: str) -> str:
        return facts[key].group.label if key in facts else key[marked:]

    places = list(depth_first(forest))
    below, total = _tallies([(facts[key], level) for key, level in places])
    notes = _notes(view, forest, label)
    nodes = tuple(
        TreeNode(
            group=fact.group,
            level=level,
            parent=None if node.parent is None else label(node.parent),
            limit_enforcement=node.limit_enforcement if fact.mode_known else None,
            complete=fact.complete,
            models=tuple(_models(forest, key, fact.effective, label)),
            status=fact.status,
            findings=fact.findings,
            note="; ".join(filter(None, (notes.get(key), fact.note))) or None,
            below=tally,
        )
        for (key, level), tally in zip(places, below, strict=True)
        for node, fact in [(forest.nodes[key], facts[key])]
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


def _notes(view: View, forest: Forest[str], label: Callable[[str], str]) -> Mapping[str, str]:
    notes = {key: f"its parent {label(parent)} is {_UNKNOWN[view]}" for key, parent in forest.missing_parents.items()}
    for cycle in forest.cycles:
        way = [label(key) for key in (cycle[-1], *cycle)]
        if len(way) > _WAY:
            way[_WAY - 1 : -1] = ["..."]
        notes[cycle[-1]] = f"a cycle without a root: {' below '.join(way)}"
    for key in forest.repeated:
        notes[key] = "; ".join(filter(None, (notes.get(key), "of several groups with this id the first")))
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


def _models(
    forest: Forest[str], key: str, effective: EffectiveModels | None, label: Callable[[str], str]
) -> Iterator[TreeModel]:
    node = forest.nodes[key]
    cascading = node.limit_enforcement == "CASCADING"
    reported = effective or {}
    # Pools bind whether they are reported or not.
    predicted = predict(forest, key) if effective is None or cascading else {}
    models = {slug: {**predicted.get(slug, {}), **reported.get(slug, {})} for slug in {**predicted, **reported}}
    for slug in sorted(models):
        own = node.models.get(slug, {})
        tightest: dict[LimitKey, tuple[int, str]] = {}
        for effective_key, threshold in models[slug].items():
            limit, source = LimitKey(*effective_key[:3]), effective_key.source_group
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
                    label(source),
                    own.get(limit),
                )
                for limit, (threshold, source) in sorted(tightest.items())
            ),
        )
