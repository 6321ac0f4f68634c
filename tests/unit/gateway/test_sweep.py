"""What to ask for next, as pure decisions."""

from collections.abc import Callable

import pytest

from drift.errors import Cause
from drift.gateway.settings import ReadMode
from drift.gateway.source import Patience, begins_with_list
from drift.gateway.sweep import Wanted, makes_up_for_the_list, next_page_is_certain, turns_to_gets
from drift.model.groups import DesiredGroup, Group

Declare = Callable[..., DesiredGroup]


@pytest.mark.parametrize(
    ("mode", "wanted", "unmanaged", "pages", "expected"),
    [
        ("auto", 0, False, None, False),
        ("auto", 5, False, None, False),
        ("auto", 6, False, None, True),
        ("auto", 6, False, 10, False),
        ("auto", 11, False, 10, True),
        ("get", 10_000, False, None, False),
        ("list", 1, False, None, True),
        ("list", 0, False, None, False),
        ("get", 0, True, None, True),
        ("auto", 1, True, None, True),
    ],
)
def test_first_step(mode: ReadMode, wanted: int, pages: int | None, *, unmanaged: bool, expected: bool) -> None:
    """The list is read where that takes fewer calls, where it was asked for, and for unmanaged groups."""
    assert begins_with_list(mode, wanted, unmanaged=unmanaged, pages=pages) is expected


def test_turning() -> None:
    """The rest is asked for one by one as soon as that is cheaper than what the list took so far."""
    assert turns_to_gets("auto", still_wanted=2, pages_read=3)
    assert not turns_to_gets("auto", still_wanted=3, pages_read=3)
    assert not turns_to_gets("list", still_wanted=2, pages_read=3)


def test_reading_ahead() -> None:
    """The next page is asked for early only if no content of this one can make it needless."""
    assert next_page_is_certain("auto", still_wanted=2000, pages_read=1)
    assert not next_page_is_certain("auto", still_wanted=1000, pages_read=1)
    assert not next_page_is_certain("auto", still_wanted=1005, pages_read=50)
    assert next_page_is_certain("list", still_wanted=1005, pages_read=50)


def test_what_gets_can_save() -> None:
    """A broken list can be made up for, a broken network or key cannot."""
    assert makes_up_for_the_list(Cause.INCONSISTENT, 100)
    assert not makes_up_for_the_list(Cause.INCONSISTENT, 101)
    for cause in (Cause.UNAUTHORIZED, Cause.FORBIDDEN, Cause.THROTTLED, Cause.UNREACHABLE, Cause.TIMED_OUT):
        assert not makes_up_for_the_list(cause, 1)


def test_wanted(declare: Declare) -> None:
    """Each group is found by either id, until it is taken out."""
    groups = [declare("a"), declare(pinned="x"), declare("b", pinned="y")]
    wanted = Wanted(groups)
    assert wanted.by_external("a") == 0
    assert wanted.by_external(None) is None
    assert wanted.by_external("c") is None
    assert wanted.by_id("y") == 2
    assert wanted.pop(0) is groups[0]
    assert wanted.by_external("a") is None
    assert list(wanted) == [1, 2]
    assert 0 not in wanted
    wanted.pop(1)
    assert (wanted.by_external("b"), wanted.by_id("x")) == (2, None)


def test_declares(declare: Declare) -> None:
    """A live group is declared by either id, also after it was read."""
    wanted = Wanted([declare("a", pinned="x")])
    wanted.pop(0)
    for id_, external in (("x", "other"), ("other", "a")):
        assert wanted.declares(Group(id_, external, None, "INDEPENDENT", None, {}, "")) == 0
    assert wanted.declares(Group("other", "other", None, "INDEPENDENT", None, {}, "")) is None
    assert 0 not in wanted


def test_patience() -> None:
    """Ten failures of one kind in a row are enough; any answer starts the count again."""
    patience = Patience()
    assert [patience.is_over(Cause.UNREACHABLE) for _ in range(10)] == [False] * 9 + [True]
    patience.answered()
    assert not patience.is_over(Cause.UNREACHABLE)
    for _ in range(9):
        assert not patience.is_over(Cause.SERVER_ERROR)
    assert not patience.is_over(Cause.UNREACHABLE)
    assert patience.is_over(Cause.UNAUTHORIZED)


def test_patience_with_403() -> None:
    """A key that may read some groups only is used for all; one that may read none is not."""
    patience = Patience()
    assert [patience.is_over(Cause.FORBIDDEN) for _ in range(10)][-1]
    patience.answered()
    assert not any(patience.is_over(Cause.FORBIDDEN) for _ in range(100))
