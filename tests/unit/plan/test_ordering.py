"""The order of updates in one tree, where the order matters."""

from drift.model.forest import Forest, Node
from drift.model.limits import Models
from drift.plan.ordering import Ordering, order
from tests.builders import MODEL, RPM, TPM, TPS


def models(**limits: int) -> Models:
    keys = {"tpm": TPM, "rpm": RPM, "tps": TPS}
    return {MODEL: {keys[name]: threshold for name, threshold in limits.items()}}


def tree(*levels: Models, mode: str = "CASCADING") -> Forest[str]:
    """One group below the other: ``0`` is the root."""
    return Forest(Node(str(at), str(at - 1) if at else None, mode, of) for at, of in enumerate(levels))


def way(ordering: Ordering) -> list[tuple[str, Models, bool]]:
    assert not ordering.refused
    return [(move.key, move.models, move.completes) for move in ordering.moves]


def test_raises_go_root_first() -> None:
    ordering = order(tree(models(tpm=1), models(tpm=1)), {"1": models(tpm=5), "0": models(tpm=9)})

    assert way(ordering) == [("0", models(tpm=9), True), ("1", models(tpm=5), True)]


def test_what_is_lowered_goes_leaf_first() -> None:
    ordering = order(tree(models(tpm=9), models(tpm=9)), {"0": models(tpm=5), "1": models(tpm=5)})

    assert way(ordering) == [("1", models(tpm=5), True), ("0", models(tpm=5), True)]


def test_what_goes_both_ways_goes_half_of_the_way_first() -> None:
    live = tree(models(tpm=1, rpm=9), models(tpm=1, rpm=9))
    ordering = order(live, {"0": models(tpm=9, rpm=1), "1": models(tpm=9, rpm=1)})

    assert way(ordering) == [
        ("1", models(tpm=1, rpm=1), False),
        ("0", models(tpm=9, rpm=1), True),
        ("1", models(tpm=9, rpm=1), True),
    ]


def test_a_changed_unit_is_never_left_without_any_limit_if_the_new_one_fits() -> None:
    live = tree(models(tpm=60, rpm=1), models(tpm=60, rpm=1))
    ordering = order(live, {"0": models(tpm=6, rpm=9), "1": models(tps=1, rpm=9)})

    assert way(ordering)[0] == ("1", models(tps=1, rpm=1), False)


def test_independent_groups_need_one_update_each() -> None:
    live = tree(models(tpm=1, rpm=9), models(tpm=1, rpm=9), mode="INDEPENDENT")

    assert len(way(order(live, {"0": models(tpm=9, rpm=1), "1": models(tpm=9, rpm=1)}))) == 2


def test_a_group_that_an_undeclared_one_stands_against_is_refused() -> None:
    ordering = order(tree(models(tpm=9), models(tpm=9)), {"0": models(tpm=5)})

    assert not ordering.moves
    assert ordering.refused["0"].key == "1"


def test_live_limits_that_break_the_rules_already_let_nothing_pass() -> None:
    ordering = order(tree(models(tpm=1), models(tpm=9), models(rpm=9)), {"2": models(rpm=5)})

    assert not ordering.moves
    assert ordering.refused["2"].ancestor == "0"


def test_an_update_that_repairs_broken_limits_is_taken() -> None:
    assert way(order(tree(models(tpm=1), models(tpm=9)), {"1": models(tpm=1)})) == [("1", models(tpm=1), True)]


def test_ten_thousand_children_are_put_in_order() -> None:
    many = [str(at) for at in range(1, 10_001)]
    forest = Forest([Node("0", None, "CASCADING", models(tpm=1, rpm=9))] + [
        Node(key, "0", "CASCADING", models(tpm=1, rpm=9)) for key in many
    ])  # fmt: skip

    assert len(way(order(forest, dict.fromkeys(["0", *many], models(tpm=9, rpm=1))))) == 20_001
