"""Fault matrix: lists that loop, repeat, skip or shrink, and groups that change between two looks."""

from drift.errors import Cause
from tests.e2e.conftest import Drift, Meanwhile, Sandbox, SandboxFactory
from tests.e2e.faults import (
    CHANGED,
    LIST,
    ONE,
    WORKSPACE,
    Mode,
    Outcome,
    Requests,
    Row,
    cells,
    drift_of,
    in_sync,
    play,
    unread,
)

LIMITED = [{"slug": "org/model", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 100}]}]
UNLIMITED = [{"slug": "org/model"}]
WITHOUT_E = WORKSPACE.replace("  - {metadata: {external_entity_id: e}, models: *models}\n", "")
UNMANAGED = ("--unmanaged",)


def restore_c(live: Sandbox) -> None:
    live.patch("c", models=LIMITED)


def delete_c(live: Sandbox) -> None:
    live.delete("c")


def delete_a(live: Sandbox) -> None:
    live.delete("a")


def delete_e(live: Sandbox) -> None:
    live.delete("e")


def create_e(live: Sandbox) -> None:
    live.create("e", models=LIMITED)


def create_c_anew(live: Sandbox) -> None:
    live.delete("c")
    live.create("c", models=LIMITED)


def create_d_anew(live: Sandbox) -> None:
    """With another limit, and at the list's end."""
    live.delete("d")
    live.create("d", models=UNLIMITED)


def not_all_listed(requests: Requests, says: str) -> Outcome:
    """All declared groups were read, and not all others."""
    return Outcome(3, "incomplete", requests, says=f"not all groups were looked at: {says}")


PAGING = [
    Row("small-pages", ["pages=1"], in_sync(5), in_sync(5)),
    # What is left when the list is given up is asked for one by one: one by id, two by external id.
    Row(
        "loops-for-a-while",
        ["pages=2", f"repeat-cursor:path={LIST},times=2"],
        None,
        in_sync(2 + 3, says="leads in a circle"),
    ),
    Row(
        "loops",
        ["pages=2", "repeat-cursor"],
        unread(Cause.INCONSISTENT, 5, groups="d e", says="the list says that there are more"),
        unread(Cause.INCONSISTENT, 2 + 3, groups="d e", says="leads in a circle"),
    ),
    Row(
        "repeats-for-a-while",
        ["pages=2", f"repeat-page:path={LIST},times=4"],
        None,
        in_sync(4 + 3, says="does not end"),
    ),
    Row("repeats", ["pages=2", "repeat-page"], None, unread(Cause.INCONSISTENT, 4 + 3, groups="d e")),
    Row(
        "says-more-and-not-where",
        [f'200:path={LIST},times=1,body={{"items": [], "pagination": {{"has_more": true}}}}'],
        None,
        in_sync(1 + 5, says="there is more, and not where"),
    ),
    Row("skips-once", ["pages=2", f"skip=1:path={LIST},from=2,times=1"], None, in_sync(3 + 1)),
    Row("skips-on-each-page", ["pages=2", f"skip=1:path={LIST},times=3"], None, in_sync(3 + 3)),
    # The filter skips too: it does not find e, and then not the group that it is tried with.
    Row(
        "skips-always",
        ["pages=2", f"skip=1:path={LIST}"],
        unread(Cause.INCONSISTENT, 5 + 2, groups="d e", says="the list says that this group is absent"),
        unread(Cause.INCONSISTENT, 3 + 3 + 2, groups="e", says="the list says that this group is absent"),
    ),
    Row("shrinks-before", ["pages=2", Meanwhile(delete_a, LIST, 2)], None, in_sync(3)),
    # Twice by external id, once to see that the filter works.
    Row(
        "shrinks-ahead",
        ["pages=2", Meanwhile(delete_e, LIST, 2)],
        None,
        drift_of("e:group-missing", 2 + 2 + 1),
    ),
    Row("all-of-it-loops", ["repeat-cursor"], not_all_listed(2, "the list leads in a circle"), None, options=UNMANAGED),
    Row("all-of-it-repeats", ["repeat-page"], None, not_all_listed((4, 5), "the list does not end"), options=UNMANAGED),
    Row(
        "all-of-it-breaks-off",
        ["pages=3", f"403:path={LIST},from=2"],
        None,
        Outcome(3, "incomplete", 2, "d e", Cause.FORBIDDEN, says="not all groups were looked at"),
        options=UNMANAGED,
    ),
]

MOVING = [
    Row("differs", [], drift_of("c:limit-removed", 6), drift_of("c:limit-removed", 2), live=CHANGED),
    Row("changes-back-by-id", [Meanwhile(restore_c, f"{LIST}/grp3", 2)], in_sync(6, transient=1), None, live=CHANGED),
    Row("changes-back", [Meanwhile(restore_c, ONE)], None, in_sync(2, transient=1), live=CHANGED),
    Row(
        "deleted-by-id",
        [Meanwhile(delete_c, f"{LIST}/grp3", 2)],
        drift_of("c:group-missing", 5 + 2, transient=1),
        None,
        live=CHANGED,
    ),
    # By id, by external id, and once to see that the filter works.
    Row("deleted", [Meanwhile(delete_c, ONE)], None, drift_of("c:group-missing", 1 + 3, transient=1), live=CHANGED),
    Row(
        "created-anew",
        [Meanwhile(create_c_anew, ONE)],
        None,
        drift_of("c:group-recreated", 1 + 2, transient=1),
        live=CHANGED,
    ),
    Row("created-behind-the-list", [Meanwhile(create_e, LIST, 2)], None, in_sync(2), live=WITHOUT_E),
    Row("created-before-the-alarm", [Meanwhile(create_e, LIST, 4)], None, in_sync(4, transient=1), live=WITHOUT_E),
    # The list shows d as it was, in sync, and a page later as it is: only the second is true.
    Row(
        "moves-to-the-end",
        ["pages=2", Meanwhile(create_d_anew, LIST, 3)],
        None,
        drift_of("d:limit-removed", 3 + 1 + 1),
    ),
]


@cells(PAGING)
def test_paging(drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome) -> None:
    play(drift, sandbox, row, mode, outcome)


@cells(MOVING)
def test_groups_that_change_while_they_are_read(
    drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome
) -> None:
    play(drift, sandbox, row, mode, outcome)
