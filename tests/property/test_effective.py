"""Effective limits against an oracle that is written from the prose alone."""

from hypothesis import given
from hypothesis import strategies as st

from drift.model.effective import cascading_violations
from drift.model.forest import Forest, Node
from drift.model.limits import EffectiveKey, Kind, LimitKey, Models
from tests.builders import predict

SLUGS = ["a/one", "a/two"]
LIMITS = [
    LimitKey("rate_limits", "TOKEN", "SECOND"),
    LimitKey("rate_limits", "TOKEN", "MINUTE"),
    LimitKey("rate_limits", "REQUEST", "MINUTE"),
    LimitKey("usage_limits", "TOKEN", "DAY"),
]
KEYS = [str(number) for number in range(8)]

models = st.dictionaries(
    st.sampled_from(SLUGS), st.dictionaries(st.sampled_from(LIMITS), st.integers(0, 3)), max_size=2
)


@st.composite
def trees(draw: st.DrawFn) -> list[Node[str]]:
    """Sound trees of one mode, in any order: each group's parent is one that was drawn before it."""
    mode = draw(st.sampled_from(["INDEPENDENT", "CASCADING"]))
    size = draw(st.integers(1, len(KEYS)))
    nodes = [
        Node(key, draw(st.sampled_from([None, *KEYS[:at]])), mode, draw(models)) for at, key in enumerate(KEYS[:size])
    ]
    return draw(st.permutations(nodes))


any_nodes = st.lists(
    st.builds(
        Node,
        key=st.sampled_from(KEYS),
        parent=st.none() | st.sampled_from(KEYS),
        limit_enforcement=st.sampled_from(["INDEPENDENT", "CASCADING", "LATER"]),
        models=models,
    ),
    max_size=12,
)


def ancestors(nodes: list[Node[str]], node: Node[str]) -> list[Node[str]]:
    """Parent first, root last, by searching the whole list at each step."""
    above = [other for other in nodes if other.key == node.parent]
    return above + [far for near in above for far in ancestors(nodes, near)]


def expected(nodes: list[Node[str]], node: Node[str]) -> dict[str, dict[EffectiveKey, int]]:
    """For every slug and every limit that exists, ask the rules whether it applies and who sets it."""
    line = [node, *ancestors(nodes, node)]
    result: dict[str, dict[EffectiveKey, int]] = {}
    for slug in SLUGS:
        if slug in node.models:
            result[slug] = {}
            for limit in LIMITS:
                setters = [one for one in line if limit in one.models.get(slug, {})]
                if node.limit_enforcement == "INDEPENDENT":
                    setters = setters[:1]
                for one in setters:
                    result[slug][EffectiveKey(*limit, one.key)] = one.models[slug][limit]
    return result


@given(trees())
def test_prediction_agrees_with_the_oracle(nodes: list[Node[str]]) -> None:
    """Every group of every tree has the effective limits that the prose gives it."""
    forest = Forest(nodes)
    for node in nodes:
        assert predict(forest, node.key) == expected(nodes, node)


@given(trees())
def test_violations_are_the_limits_above_any_ancestor(nodes: list[Node[str]]) -> None:
    """A limit is reported exactly if some ancestor's is lower, and with the lowest of those."""
    wanted = {}
    for node in nodes:
        for slug, limits in node.models.items():
            for limit, threshold in limits.items():
                above = [one.models[slug][limit] for one in ancestors(nodes, node) if limit in one.models.get(slug, {})]
                if node.limit_enforcement == "CASCADING" and above and threshold > min(above):
                    wanted[node.key, slug, limit] = (threshold, min(above))
    found = list(cascading_violations(Forest(nodes)))
    assert {(one.key, one.slug, one.limit): (one.threshold, one.ceiling) for one in found} == wanted
    assert len(found) == len(wanted)


@given(trees())
def test_roots_have_their_own_limits(nodes: list[Node[str]]) -> None:
    """A root's effective limits are its models with itself as the source, whatever the mode."""
    forest = Forest(nodes)
    for key in forest.roots:
        own: Models = forest.nodes[key].models
        assert predict(forest, key) == {
            slug: {EffectiveKey(*limit, key): threshold for limit, threshold in limits.items()}
            for slug, limits in own.items()
        }


@given(any_nodes)
def test_broken_forests_are_data(nodes: list[Node[str]]) -> None:
    """Nothing raises, and every group is either in order or explained by a cycle above it."""
    forest = Forest(nodes)
    downward = list(forest.downward())
    on_cycles = {key for cycle in forest.cycles for key in cycle}
    assert len(set(downward)) == len(downward)
    for key in forest.nodes:
        chain = forest.chain(key)
        assert chain.nodes[0].key == key
        assert (forest.depth(key) is None) == chain.cyclic == (key not in downward)
        assert chain.cyclic == any(node.key in on_cycles for node in chain.nodes)
        assert (chain.nodes[-1].key in forest.missing_parents) == (chain.missing is not None)
        assert set(predict(forest, key)) >= set(forest.nodes[key].models)
    kinds: set[Kind] = {found.limit.kind for found in cascading_violations(forest)}
    assert kinds <= {"rate_limits", "usage_limits"}
