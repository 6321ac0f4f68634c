"""Fault matrix: statuses other than 200."""

import pytest

from drift.errors import Cause
from drift.gateway.retry import TRIES
from tests.e2e.conftest import Drift, SandboxFactory
from tests.e2e.faults import (
    LIST,
    LONG,
    ONE,
    WORKSPACE,
    Mode,
    Outcome,
    Row,
    cells,
    drift_of,
    in_sync,
    play,
    unread,
)

FOREIGN = WORKSPACE.replace("id: grp3", "id: theirs")
ABSENT = WORKSPACE.replace("id: grp3", "id: gone").replace("entity_id: c", "entity_id: f")
OTHERS = WORKSPACE.replace("grp", "other").replace("entity_id: ", "entity_id: other-")
EVERY_OTHER = "other-a other-b other-c other-d other-e"
BY_ID_ALONE = "version: 1\ngroups:\n  - {id: grp1, models: [{slug: org/model}]}\n  - {id: grp2}\n"

ROWS = [
    Row("nothing", [], in_sync(5), in_sync(1)),
    # A key that is not accepted: the first 401 ends the run, and what is on its way already is not waited for.
    Row("401", ["401"], unread(Cause.UNAUTHORIZED, (1, 5), code=5), unread(Cause.UNAUTHORIZED, 1, code=5)),
    Row("403-all", ["403"], unread(Cause.FORBIDDEN, 5, code=5), unread(Cause.FORBIDDEN, 1, code=5)),
    Row("403-one", [f"403:path={LIST}/grp3"], unread(Cause.FORBIDDEN, 5, groups="c"), in_sync(1)),
    Row("403-ids", [f"403:path={ONE}"], unread(Cause.FORBIDDEN, 5, groups="a b c"), in_sync(1)),
    Row("403-list", [f"403:path={LIST}"], unread(Cause.FORBIDDEN, 5, groups="d e"), unread(Cause.FORBIDDEN, 1, code=5)),
    # The list does not show it and the filter finds none; that it is another workspace's is all that can be said.
    Row(
        "403-foreign",
        [],
        unread(Cause.FORBIDDEN, 5, groups="c"),
        unread(Cause.FORBIDDEN, 2, groups="c"),
        declared=FOREIGN,
        live=WORKSPACE.replace("entity_id: c", "entity_id: z"),
        foreign=("theirs",),
    ),
    # Two looks, each by id and by external id; by get the filter has proven itself with d and e.
    Row(
        "404-one",
        [],
        drift_of("f:group-missing", 4 + 2 * 2),
        drift_of("f:group-missing", 1 + 2 * 2 + 1),
        declared=ABSENT,
    ),
    Row(
        "404-all",
        [],
        unread(Cause.NOT_FOUND_ANYWHERE, 3 * 2 + 2, groups=EVERY_OTHER),
        unread(Cause.NOT_FOUND_ANYWHERE, 1 + 3 * 2, groups=EVERY_OTHER),
        declared=OTHERS,
    ),
    Row("404-everything", ["404"], unread(Cause.UNEXPECTED_STATUS, 8), unread(Cause.UNEXPECTED_STATUS, 9)),
    # Whatever answers there, the external id still leads to the group.
    Row("404-one-id", [f"404:path={LIST}/grp3"], in_sync(6), in_sync(1)),
    Row("404-one-id-by-a-proxy", [f"404:path={LIST}/grp3,type=text/html,body=<p>"], in_sync(6), in_sync(1)),
    Row("404-ids", [f"404:path={ONE}"], in_sync(8), in_sync(1)),
    Row("302", ["302:location=http://127.0.0.1:9/"], unread(Cause.UNEXPECTED_STATUS, 5, says="not followed"), None),
    Row(
        "429-for-longer-than-the-run",
        ["429:retry_after=300"],
        unread(Cause.THROTTLED, (1, 5), throttled=(1, 5), says=" s, and the run has "),
        unread(Cause.THROTTLED, 1, throttled=1, says="the next try would be in"),
    ),
    # In a shorter time than the second that is waited where the answer does not say how long.
    *(
        Row(
            f"429-once-{place}",
            [f"429:retry_after=0,retry_after_in={place},times=1"],
            in_sync(6, retries=1, throttled=1) if place == "body" else None,
            in_sync(2, retries=1, throttled=1),
            timeout="1s",
        )
        for place in ("body", "header", "date")
    ),
    Row("429-once", ["429:times=1"], None, in_sync(2, retries=1, throttled=1)),
    Row(
        "429",
        ["429"],
        unread(Cause.THROTTLED, (2, 10), retries=(1, 9), throttled=(1, 10)),
        unread(Cause.THROTTLED, 2, retries=1, throttled=2, says="the next try would be in"),
        timeout="2s",
    ),
    Row("503-twice", ["503:times=2"], in_sync(7, retries=2), in_sync(3, retries=2)),
    # The list is given up after as many tries as any request, and each group asked for after that.
    Row(
        "500",
        ["500:retry_after=0"],
        None,
        unread(Cause.SERVER_ERROR, 6 * TRIES, retries=6 * (TRIES - 1), says="the list of groups broke off"),
    ),
    Row(
        "502-one",
        [f"502:retry_after=0,path={LIST}/grp3"],
        unread(Cause.SERVER_ERROR, 4 + TRIES, groups="c", retries=TRIES - 1),
        in_sync(1),
    ),
    Row(
        "503-for-longer-than-the-run",
        ["503:retry_after=300,retry_after_in=header"],
        unread(Cause.SERVER_ERROR, (1, 5), says=" s, and the run has "),
        unread(Cause.SERVER_ERROR, 1, says=" s, and the run has "),
    ),
]


@cells(ROWS)
def test_status(drift: Drift, sandbox: SandboxFactory, row: Row, mode: Mode, outcome: Outcome) -> None:
    play(drift, sandbox, row, mode, outcome)


@pytest.mark.parametrize("mode", ["get", "list"])
def test_404_for_ids_that_nothing_else_is_known_of(drift: Drift, sandbox: SandboxFactory, mode: Mode) -> None:
    """Without an external id a 404 is all there is, and one that every group gets is no proof."""
    drift.directory.joinpath("groups.yaml").write_text(BY_ID_ALONE)
    live = sandbox(drift.directory / "groups.yaml", faults=[f"404:path={ONE}"])

    run = drift("check", "groups.yaml", "--api-url", live.url, "--read", mode, "--timeout", LONG)

    assert (run.code, run.err) == ((3, "") if mode == "get" else (0, ""))
    assert ("unread: not-found-anywhere (2 groups)" in run.out) is (mode == "get")
