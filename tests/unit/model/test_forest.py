"""The forest of groups, effective limits and cascading violations."""

import pytest

from drift.model.declaration import Declaration
from drift.model.effective import Violation, cascading_violations
from drift.model.forest import Chain, Forest, Node, live_forest
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.limits import EffectiveKey, LimitKey, Models
from tests.builders import named, predict

SLUG = "your-org/your-model"
TOKENS = LimitKey("rate_limits", "TOKEN", "MINUTE")
TOKENS_A_SECOND = LimitKey("rate_limits", "TOKEN", "SECOND")
REQUESTS = LimitKey("rate_limits", "REQUEST", "MINUTE")
TOKENS_A_DAY = LimitKey("usage_limits", "TOKEN", "DAY")
M = 1_000_000


def independent(key: str, parent: str | None, models: Models) -> Node[str]:
    """A group of an INDEPENDENT tree."""
    return Node(key, parent, "INDEPENDENT", models)


def cascading(key: str, parent: str | None, models: Models) -> Node[str]:
    """A group of a CASCADING tree."""
    return Node(key, parent, "CASCADING", models)


def tokens(threshold: int) -> Models:
    """One model with one limit on tokens per minute."""
    return {SLUG: {TOKENS: threshold}}


def effective(limit: LimitKey, source: str) -> EffectiveKey:
    """The limit as it shows in effective_models."""
    return EffectiveKey(*limit, source)


class TestForest:
    def test_chain_leads_from_the_group_to_its_root(self) -> None:
        """A chain starts with the group itself and ends with its root."""
        root, mid, leaf = (
            independent("root", None, {}),
            independent("mid", "root", {}),
            independent("leaf", "mid", {}),
        )
        forest = Forest([leaf, root, mid])
        assert forest.chain("leaf") == Chain((leaf, mid, root))
        assert forest.chain("leaf").complete

    def test_links(self) -> None:
        """Roots, children, descendants and levels follow from the parents, whatever the order given."""
        forest = Forest(
            [
                independent("b", "root", {}),
                independent("a1", "a", {}),
                independent("a", "root", {}),
                independent("root", None, {}),
            ]
        )
        assert forest.roots == ("root",)
        assert forest.children("root") == ("b", "a")
        assert list(forest.descendants("root")) == ["b", "a", "a1"]
        assert [forest.depth(key) for key in ("root", "b", "a", "a1")] == [1, 2, 2, 3]
        assert list(forest.downward()) == ["root", "b", "a", "a1"]
        assert list(forest.depth_first()) == [("root", 1), ("b", 2), ("a", 2), ("a1", 3)]

    def test_missing_parent_is_data(self) -> None:
        """A group whose parent is unknown tops what is known of its tree, and its chain says what is missing."""
        orphan, child = independent("orphan", "gone", {}), independent("child", "orphan", {})
        forest = Forest([orphan, child])
        assert forest.missing_parents == {"orphan": "gone"}
        assert forest.chain("child") == Chain((child, orphan), missing="gone")
        assert not forest.chain("child").complete
        assert forest.depth("child") == 2
        assert forest.roots == ()

    def test_cycle_is_data(self) -> None:
        """A cycle is reported once; groups on or below it have no level."""
        a, b, below = independent("a", "b", {}), independent("b", "a", {}), independent("below", "a", {})
        forest = Forest([below, a, b, independent("root", None, {})])
        assert forest.cycles == (("a", "b"),)
        assert forest.chain("below") == Chain((below, a, b), cyclic=True)
        assert forest.depth("below") is None
        assert list(forest.descendants("a")) == ["below", "b"]
        assert list(forest.downward()) == ["root"]
        assert list(forest.depth_first()) == [("root", 1), ("b", 1), ("a", 2), ("below", 3)]

    def test_group_may_be_its_own_parent(self) -> None:
        """The shortest cycle is one group."""
        forest = Forest([independent("a", "a", {})])
        assert forest.cycles == (("a",),)
        assert list(forest.descendants("a")) == []

    def test_first_of_groups_with_one_id_counts(self) -> None:
        """Repeated ids are reported, and the first group keeps its place."""
        first = independent("a", None, tokens(1))
        forest = Forest([first, independent("a", None, {}), independent("a", None, {})])
        assert forest.repeated == ("a",)
        assert forest.nodes == {"a": first}

    def test_unknown_id_has_an_empty_chain(self) -> None:
        """Asking for a group that is not there is answered, not refused."""
        forest = Forest[str]([])
        assert forest.chain("x") == Chain((), missing="x")
        assert forest.depth("x") is None
        assert predict(forest, "x") == {}


class TestDeclaredAndLive:
    def test_live_groups_are_keyed_by_internal_id(self) -> None:
        """parent_group_id is an internal id, so it is the key on the live side."""
        group = Group("def", "child", None, "CASCADING", "abc", tokens(1), "2026-05-13T12:00:00Z")
        assert live_forest([group]).nodes == {"def": cascading("def", "abc", tokens(1))}

    def test_declared_groups_are_keyed_by_external_id(self) -> None:
        """Declared parents are external ids."""
        positions = Positions("groups.yaml", [(1, 1)] * 7)
        root = DesiredGroup(
            positions,
            id="abc",
            external_entity_id="root",
            parent=None,
            limit_enforcement="CASCADING",
            models=tokens(2),
        )
        child = DesiredGroup(
            positions, external_entity_id="child", parent="root", limit_enforcement="CASCADING", models=tokens(1)
        )
        assert named(Declaration([child, root])).nodes == {
            "child": cascading("child", "root", tokens(1)),
            "root": cascading("root", None, tokens(2)),
        }

    def test_parent_by_internal_id_is_found_through_its_pin(self) -> None:
        """parent_group_id of a declared group leads to the group pinned to it, or stays a missing parent."""
        positions = Positions("groups.yaml", [(1, 1)] * 7)
        declaration = Declaration(
            [
                DesiredGroup(positions, id="abc", external_entity_id="root"),
                DesiredGroup(positions, external_entity_id="child", parent_group_id="abc"),
                DesiredGroup(positions, external_entity_id="other", parent_group_id="zzz"),
            ]
        )
        forest = named(declaration)
        assert forest.nodes["child"].parent == "root"
        assert forest.missing_parents == {"other": "zzz"}

    def test_group_known_by_its_pin_alone(self) -> None:
        """Without an external id the pin is the key; what is undeclared counts as absent."""
        group = DesiredGroup(Positions("groups.yaml", [(1, 1)] * 7), id="abc")
        assert named(Declaration([group])).nodes == {"abc": independent("abc", None, {})}


class TestPredict:
    def test_child_without_limits_has_its_templates(self) -> None:
        """INDEPENDENT: what a group leaves out comes from the nearest ancestor, which keeps being the source."""
        john = independent("john", "free-tier", {SLUG: {}})
        before = Forest([independent("free-tier", None, tokens(100 * M)), john])
        assert predict(before, "john") == {SLUG: {effective(TOKENS, "free-tier"): 100 * M}}
        after = Forest([independent("free-tier", None, tokens(150 * M)), john])
        assert predict(after, "john") == {SLUG: {effective(TOKENS, "free-tier"): 150 * M}}

    def test_own_limit_replaces_the_template(self) -> None:
        """INDEPENDENT: an own limit counts even where it is higher."""
        forest = Forest(
            [
                independent("free-tier", None, tokens(100 * M)),
                independent("sally", "free-tier", tokens(120 * M)),
            ]
        )
        assert predict(forest, "sally") == {SLUG: {effective(TOKENS, "sally"): 120 * M}}

    def test_pools_stand_beside_each_other(self) -> None:
        """CASCADING: own and ancestors' limits all apply, and children may together exceed the pool."""
        forest = Forest(
            [
                cascading("org", None, tokens(100 * M)),
                cascading("finance", "org", tokens(70 * M)),
                cascading("engineering", "org", tokens(70 * M)),
            ]
        )
        for key in ("finance", "engineering"):
            assert predict(forest, key) == {SLUG: {effective(TOKENS, key): 70 * M, effective(TOKENS, "org"): 100 * M}}
        assert list(cascading_violations(forest)) == []

    def test_each_limit_is_inherited_for_itself(self) -> None:
        """INDEPENDENT: an own token limit leaves the template's request and daily limits in force."""
        root = independent("root", None, {SLUG: {TOKENS: M, REQUESTS: 100, TOKENS_A_DAY: 10 * M}})
        forest = Forest([root, independent("child", "root", tokens(700_000))])
        assert predict(forest, "child") == {
            SLUG: {
                effective(TOKENS, "child"): 700_000,
                effective(REQUESTS, "root"): 100,
                effective(TOKENS_A_DAY, "root"): 10 * M,
            }
        }

    @pytest.mark.parametrize("mode", ["INDEPENDENT", "CASCADING"])
    def test_root_has_its_own_limits(self, mode: str) -> None:
        """A root's effective limits are its own in both modes."""
        root = Node("root", None, mode, {SLUG: {TOKENS: M, TOKENS_A_DAY: 0}, "bare/model": {}})
        assert predict(Forest([root]), "root") == {
            SLUG: {effective(TOKENS, "root"): M, effective(TOKENS_A_DAY, "root"): 0},
            "bare/model": {},
        }

    def test_zero_is_a_limit(self) -> None:
        """A threshold of 0 replaces the template like any other number."""
        forest = Forest([independent("root", None, tokens(5)), independent("child", "root", tokens(0))])
        assert predict(forest, "child") == {SLUG: {effective(TOKENS, "child"): 0}}

    def test_units_are_different_limits(self) -> None:
        """INDEPENDENT: a limit per second does not replace one per minute."""
        child = independent("child", "root", {SLUG: {TOKENS_A_SECOND: 2}})
        forest = Forest([independent("root", None, tokens(5)), child])
        assert predict(forest, "child") == {
            SLUG: {effective(TOKENS_A_SECOND, "child"): 2, effective(TOKENS, "root"): 5}
        }

    def test_known_part_of_a_broken_chain_counts(self) -> None:
        """With an unknown root the prediction uses the ancestors that are known."""
        forest = Forest([independent("mid", "gone", tokens(5)), independent("leaf", "mid", {SLUG: {}})])
        assert predict(forest, "leaf") == {SLUG: {effective(TOKENS, "mid"): 5}}

    def test_unknown_mode_predicts_no_limits(self) -> None:
        """A mode newer than this version has unknown effects."""
        assert predict(Forest([Node("a", None, "SHARED", tokens(1))]), "a") == {SLUG: {}}


class TestCascadingViolations:
    def test_limit_above_the_tightest_ancestor(self) -> None:
        """A limit is compared with the smallest on the way up, and reported once."""
        forest = Forest(
            [
                cascading("root", None, tokens(100)),
                cascading("mid", "root", tokens(110)),
                cascading("leaf", "mid", tokens(120)),
            ]
        )
        assert list(cascading_violations(forest)) == [
            Violation("mid", "root", SLUG, TOKENS, 110, 100),
            Violation("leaf", "root", SLUG, TOKENS, 120, 100),
        ]

    def test_grandparent_counts_where_the_parent_is_silent(self) -> None:
        """Any ancestor counts, not only the parent."""
        forest = Forest(
            [
                cascading("root", None, tokens(100)),
                cascading("mid", "root", {}),
                cascading("leaf", "mid", tokens(101)),
            ]
        )
        assert [(found.key, found.ancestor) for found in cascading_violations(forest)] == [("leaf", "root")]

    def test_siblings_do_not_bind_each_other(self) -> None:
        """What one branch is limited to says nothing about another."""
        forest = Forest(
            [
                cascading("root", None, {}),
                cascading("a", "root", tokens(1)),
                cascading("a1", "a", tokens(1)),
                cascading("b", "root", tokens(9)),
                cascading("b1", "b", tokens(8)),
            ]
        )
        assert list(cascading_violations(forest)) == []

    def test_equal_and_incomparable_limits_are_allowed(self) -> None:
        """Equal thresholds fit; other units, types and slugs are not compared."""
        root = cascading("root", None, tokens(100))
        child = cascading("child", "root", {SLUG: {TOKENS: 100, TOKENS_A_SECOND: 999, TOKENS_A_DAY: 999}})
        other = cascading("other", "root", {"b/b": {TOKENS: 999}})
        assert list(cascading_violations(Forest([root, child, other]))) == []

    def test_templates_do_not_bind(self) -> None:
        """INDEPENDENT children may exceed their template."""
        forest = Forest([independent("root", None, tokens(1)), independent("child", "root", tokens(2))])
        assert list(cascading_violations(forest)) == []

    def test_very_deep_tree_is_walked_without_recursion(self) -> None:
        """Declared trees may be far deeper than the API accepts; that is another rule's finding."""
        depth = 20_000
        nodes = [cascading(str(level), str(level - 1) if level else None, tokens(level)) for level in range(depth)]
        forest = Forest(nodes)
        assert forest.depth(str(depth - 1)) == depth
        assert sum(1 for _ in cascading_violations(forest)) == depth - 1
