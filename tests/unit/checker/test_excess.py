"""What may be used in a day, by hand, in both modes."""

import pytest

from drift.checker.excess import Excess, permitted
from drift.model.forest import Forest, Node
from drift.model.limits import LimitKey, Models
from tests.builders import MODEL, RPM, TPD, TPM, TPS

RPD = LimitKey("usage_limits", "REQUEST", "DAY")
OUTPUT = LimitKey("rate_limits", "OUTPUT_TOKEN", "MINUTE")
HOURLY = LimitKey("rate_limits", "TOKEN", "HOUR")


def chain(mode: str, *models: Models) -> list[Node[str]]:
    """The group first, its root last."""
    return [
        Node(str(level), str(level + 1) if level + 1 < len(models) else None, mode, of_level)
        for level, of_level in enumerate(models)
    ]


@pytest.mark.parametrize(
    ("limits", "type_", "most"),
    [
        ({TPS: 2}, "TOKEN", 172_800),
        ({TPM: 1_000}, "TOKEN", 1_440_000),
        ({TPD: 7}, "TOKEN", 7),
        ({TPM: 1_000, TPD: 1_000_000}, "TOKEN", 1_000_000),
        ({TPM: 1_000, TPD: 2_000_000}, "TOKEN", 1_440_000),
        ({TPM: 0}, "TOKEN", 0),
        ({RPM: 60}, "REQUEST", 86_400),
        ({RPM: 60}, "TOKEN", None),
        ({}, "TOKEN", None),
        ({OUTPUT: 5, HOURLY: 5}, "TOKEN", None),
    ],
    ids=str,
)
def test_the_smallest_limit_of_a_day_binds(limits: dict[LimitKey, int], type_: str, most: int | None) -> None:
    for mode in ("INDEPENDENT", "CASCADING"):
        assert permitted(chain(mode, {MODEL: limits}), MODEL, type_) == most


@pytest.mark.parametrize(
    ("mode", "own", "parent", "root", "most"),
    [
        ("INDEPENDENT", {TPM: 200}, {TPM: 100}, {TPM: 50}, 288_000),
        ("CASCADING", {TPM: 200}, {TPM: 100}, {TPM: 50}, 72_000),
        ("INDEPENDENT", {}, {TPM: 100}, {TPM: 50}, 144_000),
        ("CASCADING", {}, {TPM: 100}, {}, 144_000),
        # Another unit is inherited beside the group's own limit.
        ("INDEPENDENT", {TPM: 200}, {TPD: 1_000}, {TPS: 1}, 1_000),
        ("INDEPENDENT", {TPM: 200}, {}, {TPS: 1}, 86_400),
    ],
)
def test_ancestors_are_templates_or_pools(
    mode: str, own: dict[LimitKey, int], parent: dict[LimitKey, int], root: dict[LimitKey, int], most: int
) -> None:
    assert permitted(chain(mode, {MODEL: own}, {MODEL: parent}, {MODEL: root}), MODEL, "TOKEN") == most


def test_a_model_that_is_not_listed_may_not_be_used() -> None:
    assert permitted(chain("INDEPENDENT", {}, {MODEL: {}}), MODEL, "TOKEN") == 0
    assert permitted([], MODEL, "TOKEN") == 0


def tree(mode: str, root: Models, *children: Models, **elsewhere: Node[str]) -> Forest[str]:
    """A root and children named 0, 1, ..."""
    below = [Node(str(number), "root", mode, models) for number, models in enumerate(children)]
    return Forest([Node("root", None, mode, root), *below, *elsewhere.values()])


def excess(live: Forest[str], base: Forest[str], type_: str = "TOKEN", top: str = "root") -> int | None:
    return Excess(live, base, top).of(MODEL, type_)


def day(threshold: int) -> Models:
    return {MODEL: {TPD: threshold}}


def test_equal_forests_have_none() -> None:
    forest = tree("CASCADING", day(100), day(70), {MODEL: {}}, {})

    assert excess(forest, forest) == 0


def test_a_raised_template_counts_for_every_heir() -> None:
    heirs: list[Models] = [{MODEL: {}}] * 300
    live, base = tree("INDEPENDENT", day(150), *heirs, day(5)), tree("INDEPENDENT", day(100), *heirs, day(5))

    assert excess(live, base) == 301 * 50


def test_a_raised_pool_counts_once() -> None:
    members: list[Models] = [{MODEL: {}}] * 300
    live, base = tree("CASCADING", day(150), *members), tree("CASCADING", day(100), *members)

    assert excess(live, base) == 50


def test_raised_children_count_up_to_their_pool() -> None:
    base = tree("CASCADING", day(100), day(50), day(50), day(50))

    assert excess(tree("CASCADING", day(100), day(70), day(50), day(50)), base) == 20
    assert excess(tree("CASCADING", day(100), day(100), day(100), day(100)), base) == 100


def test_raised_children_and_a_raised_pool_count_as_the_larger_of_both() -> None:
    base = tree("CASCADING", day(100), day(50), day(50))

    assert excess(tree("CASCADING", day(130), day(60), day(60)), base) == 30
    assert excess(tree("CASCADING", day(110), day(60), day(60)), base) == 20


def test_what_was_lowered_does_not_make_up_for_what_was_raised() -> None:
    for mode in ("INDEPENDENT", "CASCADING"):
        base = tree(mode, day(100), day(50), day(50))
        assert excess(tree(mode, day(100), day(90), day(10)), base) == 40


def test_a_lost_limit_exposes_without_limit_unless_another_binds() -> None:
    base = tree("CASCADING", day(100), day(50))

    assert excess(tree("CASCADING", {MODEL: {}}, day(50)), base) is None
    assert excess(tree("CASCADING", day(100), {MODEL: {}}), base) == 50


def test_a_model_that_is_new_to_a_group_exposes_its_share_of_the_pool() -> None:
    live, base = tree("CASCADING", day(100), day(70)), tree("CASCADING", day(100), {})

    assert excess(live, base) == 70


def test_a_pool_that_no_longer_lists_the_model_holds_nobody() -> None:
    live, base = tree("CASCADING", {}, day(70), day(80)), tree("CASCADING", day(100), day(70), day(80))

    assert excess(live, base) == 50


def test_counters_that_are_no_longer_shared_add_up() -> None:
    live, base = tree("INDEPENDENT", day(100), day(70), day(80)), tree("CASCADING", day(100), day(70), day(80))

    assert excess(live, base) == 150


def test_a_group_that_left_its_pool_comes_beside_it() -> None:
    live = Forest([Node("root", None, "CASCADING", day(100)), Node("0", None, "CASCADING", day(70))])

    assert excess(live, tree("CASCADING", day(100), day(70))) == 70


def test_a_group_that_moved_under_a_larger_pool_gains_the_difference_by_itself() -> None:
    big = Node("big", None, "CASCADING", day(1_000))
    live = Forest([Node("root", None, "CASCADING", day(100)), big, Node("0", "big", "CASCADING", {MODEL: {}})])
    base = tree("CASCADING", day(100), {MODEL: {}}, big=big)

    assert excess(live, base, top="0") == 900


def test_only_what_is_asked_for_counts() -> None:
    live, base = tree("INDEPENDENT", day(150), {MODEL: {}}), tree("INDEPENDENT", day(100), {MODEL: {}})

    assert Excess(live, base, "root", "0".__eq__).of(MODEL, "TOKEN") == 50


def test_cycles_end() -> None:
    ring = Forest([Node("a", "b", "CASCADING", day(9)), Node("b", "a", "CASCADING", day(9))])

    assert Excess(ring, Forest([]), "a").of(MODEL, "TOKEN") == 9
