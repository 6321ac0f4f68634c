"""Fault matrix: answers with status 200 that are not what is documented."""

import json

from drift.errors import Cause
from drift.gateway.retry import TRIES_TO_READ
from tests.e2e.conftest import Drift, SandboxFactory
from tests.e2e.faults import (
    EVERY,
    LIST,
    ONE,
    Mode,
    Outcome,
    Requests,
    Row,
    by_get,
    cells,
    in_sync,
    play,
    unread,
)

GROUP = {
    "id": "grp3",
    "metadata": {"external_entity_id": "c", "name": None},
    "models": [{"slug": "org/model", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 100}]}],
    "hierarchy": {"limit_enforcement": "INDEPENDENT", "parent_group_id": None},
    "created_at": "2026-05-13T12:00:00Z",
}


def page(*groups: object) -> str:
    return json.dumps({"items": groups, "pagination": {"has_more": False}})


def unreadable(requests: Requests, *, retries: int, groups: str = EVERY, says: str = "") -> Outcome:
    return unread(Cause.UNREADABLE_RESPONSE, requests, groups=groups, retries=retries, says=says)


def never(name: str, fault: str, says: str) -> Row:
    """No answer can be read: each request is sent twice; after the list every group is asked for."""
    once_more = TRIES_TO_READ - 1
    return Row(
        name,
        [fault],
        unreadable(5 * TRIES_TO_READ, retries=5 * once_more, says=says),
        unreadable(6 * TRIES_TO_READ, retries=6 * once_more, says=says),
    )


def contract(name: str, threshold: str, says: str) -> Row:
    """The groups of a list are broken each for itself, so that the list goes on and nothing is asked again."""
    return Row(
        name,
        [f"threshold={threshold}"],
        unreadable((5, 5 * TRIES_TO_READ), retries=5, says=says)._replace(retries=(3, 5)),
        unreadable(1, retries=0, says=says),
    )


def one(name: str, group: object, says: str) -> Row:
    """One group is answered with something else, by its id."""
    fault = f"200:path={LIST}/grp3,body={json.dumps(group)}"
    outcome = unreadable(4 + TRIES_TO_READ, retries=TRIES_TO_READ - 1, groups="c", says=says)
    return Row(name, [fault], outcome, None)


ROWS = [
    never("truncated", "truncate", "Input data was truncated"),
    never("html", "html", "HTTP 200 with 'text/html; charset=utf-8' instead of JSON"),
    by_get(never("another-type", "type=text/plain", "HTTP 200 with 'text/plain' instead of JSON")),
    never("array", "200:body=[]", "Expected `object`, got `array`"),
    Row("not-json-once", ["not-json:times=1"], in_sync(6, retries=1), in_sync(2, retries=1)),
    Row(
        "oversized",
        [f"oversize=70MB:path={LIST}/grp3"],
        unreadable(4 + TRIES_TO_READ, retries=1, groups="c", says="longer than 67,108,864 bytes"),
        None,
    ),
    Row(
        "oversized-list",
        [f"oversize=70MB:path={LIST},times={TRIES_TO_READ}"],
        None,
        in_sync(TRIES_TO_READ + 5, retries=1, says="the list of groups broke off (the answer is longer than"),
    ),
    Row("blanks-behind-it", ["oversize=1MB"], in_sync(5), in_sync(1)),
    # One of each kind; what else is no threshold and no group is the reader's own test.
    contract("NaN", "NaN", "JSON is malformed"),
    contract("integral-fraction", "5.0", "Expected `int`, got `float`"),
    one("without-an-id", {name: value for name, value in GROUP.items() if name != "id"}, "field `id`"),
    # Whose group is it? Not the one that was asked for.
    Row(
        "another-group",
        [f"200:path={LIST}/grp3,body={json.dumps({**GROUP, 'id': 'grp4'})}"],
        unread(Cause.INCONSISTENT, 5, groups="c", says="asked for the group 'grp3', got 'grp4'"),
        None,
    ),
    # A part that is not documented as required is no difference where it says the same.
    Row("the-documented-minimum", [f"200:path={LIST}/grp3,body={json.dumps(GROUP)}"], in_sync(5), None),
    Row(
        "broken-item",
        [f"200:path={LIST},times=1,body=" + page({**GROUP, "models": 5})],
        None,
        unreadable(5, retries=0, groups="c", says="not a group as documented: Expected `array | null`, got `int`"),
    ),
    Row(
        "pagination-of-another-type",
        [f"200:path={LIST},body=" + json.dumps({"items": [], "pagination": {"has_more": "no"}})],
        unreadable(3 + 2 * TRIES_TO_READ, retries=2, groups="d e", says="Expected `bool`, got `str`"),
        unreadable(3 + 3 * TRIES_TO_READ, retries=3, groups="d e", says="Expected `bool`, got `str`"),
    ),
    # An empty list contradicts the groups that are there by id, so it proves nothing about the others.
    Row(
        "a-list-of-nothing",
        [f"200:path={LIST},body=" + page()],
        unread(Cause.INCONSISTENT, 5 + 2, groups="d e", says="the list says that this group is absent"),
        unread(Cause.INCONSISTENT, 6 + 2, groups="d e", says="the list says that this group is absent"),
    ),
    # The filter is ignored, and the first page comes back.
    Row(
        "the-filter-is-ignored",
        [f"200:path={LIST},body=" + page(GROUP)],
        unread(Cause.INCONSISTENT, 5, groups="d e", says="other groups came back"),
        unread(Cause.INCONSISTENT, 5, groups="d e", says="other groups came back"),
    ),
    Row("ids-are-broken", [f"not-json:path={ONE}"], unreadable(2 + 3 * 2, retries=3, groups="a b c"), in_sync(1)),
]


@cells(ROWS)
def test_body(drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome) -> None:
    play(drift, sandbox, row, mode, outcome)
