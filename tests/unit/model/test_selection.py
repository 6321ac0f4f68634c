"""Parts of the declared groups: stable, disjoint, complete; and what patterns and trees select."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.errors import SettingsError
from drift.model.declaration import Declaration
from drift.model.groups import GroupRef
from drift.model.selection import Selection, Shard
from tests.builders import declared


@given(st.text(min_size=1), st.integers(1, 50))
def test_every_group_belongs_to_exactly_one_part(external_entity_id: str, count: int) -> None:
    group = GroupRef(None, external_entity_id)

    assert sum(Shard(index, count).owns(group) for index in range(1, count + 1)) == 1


def test_the_part_of_a_group_never_changes() -> None:
    """CI matrices compute it on different machines and versions; these are promises."""
    assert [Shard.parse("1/3").owns(GroupRef("x", name)) for name in ("acme", "globex", "initech")] == [
        True,
        False,
        False,
    ]


def test_the_internal_id_does_not_matter_where_there_is_an_external_one() -> None:
    """A re-created group stays in its part."""
    assert Shard(1, 2).owns(GroupRef("a", "acme")) == Shard(1, 2).owns(GroupRef("b", "acme"))


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "\uff11/\uff12", " 1/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a shard"):
        Shard.parse(text)


def test_a_shard_is_written_as_it_is_read() -> None:
    assert str(Shard.parse("2/8")) == "2/8"


NAMES = ("acme", "acme-eu", "acme-eu-1", "globex")
DECLARATION = Declaration(
    [
        declared("acme"),
        declared("acme-eu", parent="acme"),
        declared("acme-eu-1", parent="acme-eu"),
        declared("globex"),
    ]
)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(), NAMES),
        (Selection(("acme*", "!*-1")), ("acme", "acme-eu")),
        (Selection(below=("acme-eu",)), ("acme-eu", "acme-eu-1")),
        (Selection(("*-1", "globex"), ("acme-eu",)), ("acme-eu-1",)),
        (Selection(("ACME",)), ()),
        (Selection(below=("nobody",)), ()),
        (Selection(shard=Shard(1, 3)), ("acme", "acme-eu-1")),
    ],
    ids=str,
)
def test_a_group_must_be_in_all_that_is_asked_for(selection: Selection, names: tuple[str, ...]) -> None:
    selected = selection.positions(DECLARATION)

    assert tuple(NAMES[position] for position in sorted(selected)) == names
    assert selection.is_all is (names == NAMES)
