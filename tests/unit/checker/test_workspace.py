"""A whole workspace, with a scripted source in place of the gateway: what counts, and what it says of the rest."""

import pytest

from drift.checker.workspace import read_workspace
from drift.errors import Cause, ExitCode, GatewayError
from drift.model.readings import Failed, Found, Missed, Missing, Reading
from tests.builders import declared, live
from tests.unit.checker.test_check import DRIFTED, ScriptedSource

ACME, GLOBEX = declared("acme"), declared("globex")
SHADOW = Found(None, live("shadow"))


def test_every_group_is_there_once_and_the_later_reading_counts() -> None:
    first = (Found(ACME, DRIFTED), SHADOW, Missing(GLOBEX))
    source = ScriptedSource(*first, confirm=[Found(ACME, live("acme"))])
    met: list[Reading] = []

    workspace = read_workspace(
        source, [ACME, GLOBEX], on_reading=lambda _: met.append(SHADOW), suspects=lambda _: [ACME]
    )

    assert workspace.readings == (Found(ACME, live("acme")), SHADOW, Missing(GLOBEX))
    assert workspace.groups == (live("acme"), live("shadow"))
    assert (workspace.missed, workspace.exit_code, workspace.failed) == (None, ExitCode.IN_SYNC, [])
    assert workspace.notes == ("unknown member `labels`",)
    assert (source.suspects, len(met)) == ([ACME], 3)


@pytest.mark.parametrize(
    ("cause", "read", "code"),
    [
        (Cause.UNAUTHORIZED, (), ExitCode.AUTH),
        (Cause.FORBIDDEN, (), ExitCode.AUTH),
        (Cause.UNAUTHORIZED, (SHADOW,), ExitCode.INCOMPLETE),
        (Cause.TIMED_OUT, (), ExitCode.INCOMPLETE),
    ],
)
def test_a_list_that_failed_is_never_whole_and_nothing_is_asked_twice(
    cause: Cause, read: tuple[Reading, ...], code: ExitCode
) -> None:
    failed = Failed(ACME, cause, "no", "/")
    source = ScriptedSource(failed, *read)
    source.list_failure = GatewayError(cause, "no", where="/")

    workspace = read_workspace(source, [ACME], on_reading=lambda _: None, suspects=lambda _: [ACME])

    assert (workspace.missed, workspace.exit_code, workspace.failed) == (Missed(cause, "no"), code, [failed])
    assert source.suspects == []


def test_items_that_are_no_groups_make_it_incomplete() -> None:
    source = ScriptedSource(SHADOW)
    source.broken_items = 2

    workspace = read_workspace(source, on_reading=lambda _: None)

    said = Missed(Cause.UNREADABLE_RESPONSE, "2 items of the list could not be read as groups")
    assert (workspace.missed, workspace.exit_code) == (said, ExitCode.INCOMPLETE)
