"""Excess against an oracle that tries out every use of a day; one model, limits per day, small numbers."""

from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from drift.checker.excess import Excess
from drift.model.forest import Forest, Node
from drift.model.limits import Models
from tests.builders import MODEL, TPD

KEYS = ["a", "b", "c", "d"]
MOST = 3
"""One more than any threshold, to stand for any larger use."""

models: st.SearchStrategy[Models] = st.sampled_from(
    [{}, {MODEL: {}}, *({MODEL: {TPD: threshold}} for threshold in range(MOST))]
)
modes = st.sampled_from(["INDEPENDENT", "CASCADING"])


@st.composite
def forests(draw: st.DrawFn) -> list[Node[str]]:
    """Some of the keys, each below one of the keys before it; one mode."""
    mode, nodes = draw(modes), list[Node[str]]()
    for key in KEYS:
        if draw(st.integers(0, 3)):
            nodes.append(Node(key, draw(st.sampled_from([None, *(node.key for node in nodes)])), mode, draw(models)))
    return nodes


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[Node[str]], list[Node[str]]]:
    """Live and base: the same tree with other models, or any two."""
    base = draw(forests())
    if draw(st.booleans()):
        return draw(forests()), base
    return [replace(node, models=draw(models)) for node in base], base


def total(live: list[Node[str]], base: list[Node[str]]) -> int | None:
    """Over all trees, as a run adds them up."""
    one, other = Forest(live), Forest(base)
    tops = [*other.roots, *(key for key in one.roots if key not in other.nodes)]
    amounts = [Excess(one, other, top).of(MODEL, "TOKEN") for top in tops]
    return None if None in amounts else sum(amount for amount in amounts if amount is not None)


def lineage(nodes: list[Node[str]], node: Node[str]) -> list[Node[str]]:
    """The group, its parent, and so on, by searching the list."""
    return [node] + [far for other in nodes if other.key == node.parent for far in lineage(nodes, other)]


def uses(nodes: list[Node[str]]) -> list[tuple[int, ...]]:
    """Every use of a day, in the order of KEYS, that the limits let through."""
    return [use for use in product(range(MOST + 1), repeat=len(KEYS)) if fits(nodes, dict(zip(KEYS, use, strict=True)))]


def fits(nodes: list[Node[str]], use: dict[str, int]) -> bool:
    """Nobody without the model uses it, and every counter that is charged stays within its limit."""
    charged: dict[str, int] = {}
    for node in nodes:
        if MODEL not in node.models and use[node.key]:
            return False
        setters = [one for one in lineage(nodes, node) if TPD in one.models.get(MODEL, {})]
        if node.limit_enforcement == "CASCADING":
            for one in setters:
                charged[one.key] = charged.get(one.key, 0) + use[node.key]
        elif setters and use[node.key] > setters[0].models[MODEL][TPD]:
            return False
    known = {node.key: node for node in nodes}
    if any(use[key] for key in KEYS if key not in known):
        return False
    return all(amount <= known[key].models[MODEL][TPD] for key, amount in charged.items())


def refused(live: list[Node[str]], base: list[Node[str]]) -> int:
    """The most of any day under live that base cannot have let through."""
    allowed = uses(base)
    return max(
        sum(use) - max(sum(part) for part in allowed if all(a <= b for a, b in zip(part, use, strict=True)))
        for use in uses(live)
    )


@given(pairs())
def test_the_total_is_an_upper_bound(forests: tuple[list[Node[str]], list[Node[str]]]) -> None:
    live, base = forests
    amount = total(live, base)

    assert amount is None or amount >= refused(live, base)


@given(pairs())
def test_the_total_is_exact_where_nothing_is_shared(forests: tuple[list[Node[str]], list[Node[str]]]) -> None:
    live, base = ([replace(node, limit_enforcement="INDEPENDENT") for node in nodes] for nodes in forests)
    amount = total(live, base)
    assume(amount is not None)

    assert amount == refused(live, base)


@given(forests(), st.integers(0, len(KEYS)), models)
def test_the_total_is_exact_where_one_group_changed(base: list[Node[str]], which: int, changed: Models) -> None:
    live = [replace(node, models=changed) if at == which else node for at, node in enumerate(base)]
    amount = total(live, base)
    assume(amount is not None and amount < MOST)

    assert amount == refused(live, base)


@given(forests())
def test_equal_sides_have_none(nodes: list[Node[str]]) -> None:
    assert total(nodes, nodes) == 0


@given(pairs(), st.data())
def test_a_higher_live_limit_never_exposes_less(
    forests: tuple[list[Node[str]], list[Node[str]]], data: st.DataObject
) -> None:
    live, base = forests
    raised = [
        replace(node, models={MODEL: {TPD: node.models[MODEL][TPD] + data.draw(st.integers(0, 3))}})
        if node.models.get(MODEL)
        else node
        for node in live
    ]
    before, after = total(live, base), total(raised, base)

    assert before is None or before >= 0
    assert after is None or (before is not None and after >= before)
