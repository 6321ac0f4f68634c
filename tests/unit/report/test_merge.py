"""Several reports become one that claims no more than they saw together."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from drift.checker.check import check
from drift.errors import Cause, ExitCode, GatewayError, SettingsError
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Failed, Found, Missing, Reading
from drift.model.selection import Selection, Shard
from drift.render import render_report
from drift.report.exposure import Exposure
from drift.report.merge import merge
from drift.report.report import FailOn, Failure, Gate, Report, Verdict, failed_report
from tests.builders import MODEL, TPM, declared, live

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Workspace:
    """A source over a fixed set of live groups; ``unreadable`` ones fail."""

    def __init__(self, *groups: Group, unreadable: Sequence[str] = ()) -> None:
        self._groups = {group.external_entity_id: group for group in groups}
        self._unreadable = unreadable
        self.list_failure: GatewayError | None = None
        self.broken_items = 0

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        for desired in wanted:
            name = desired.external_entity_id or ""
            if name in self._unreadable:
                yield Failed(desired, Cause.SERVER_ERROR, "503", "/x")
            elif name in self._groups:
                yield Found(desired, self._groups[name])
            else:
                yield Missing(desired)
        names = {desired.external_entity_id for desired in wanted}
        yield from (Found(None, group) for name, group in self._groups.items() if unmanaged and name not in names)

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        return self.read(suspects, unmanaged=False)

    def notes(self) -> Sequence[str]:
        return ()

    def requests(self) -> Mapping[str, int]:
        return {"list": 1}


DESIRED = [declared("root"), *(declared(f"g{number}", parent="root", line=20 * number) for number in range(1, 12))]
LIVE = [live("root"), *(live(f"g{number}", parent_group_id="id-root") for number in range(1, 12))]


def run(source: Workspace, shard: str | None = None, gate: Gate | None = None) -> Report:
    part = None if shard is None else Shard.parse(shard)
    return check(
        DESIRED, source, now=lambda: NOW, api_url="http://127.0.0.1", selection=Selection(shard=part), gate=gate
    )


def sharded(source: Workspace, count: int = 3) -> list[Report]:
    return [run(source, f"{index}/{count}") for index in range(1, count + 1)]


def test_shards_together_find_what_one_run_finds() -> None:
    changed = [
        *LIVE[:3],
        live("g3", parent_group_id="elsewhere"),
        live("g4", parent_group_id="id-root", models={MODEL: {TPM: 7}}),
        *LIVE[6:],
    ]
    whole, merged = run(Workspace(*changed)), merge(sharded(Workspace(*changed)))

    assert merged.findings == whole.findings
    assert sorted(merged.groups, key=repr) == sorted(whole.groups, key=repr)
    assert (merged.verdict, merged.exit_code, merged.counts) == (whole.verdict, whole.exit_code, whole.counts)
    assert merged.requests == {"list": 3}


def test_shards_in_sync_are_in_sync_together() -> None:
    assert merge(sharded(Workspace(*LIVE))).verdict is Verdict.IN_SYNC


def test_a_shard_that_was_not_reported_makes_the_whole_incomplete() -> None:
    merged = merge(sharded(Workspace(*LIVE))[:2])

    assert (merged.verdict, merged.exit_code) == (Verdict.INCOMPLETE, 3)
    assert merged.unseen == "no report of shard 3/3"


def test_one_shard_alone_is_not_the_whole() -> None:
    assert merge([run(Workspace(*LIVE), "1/3")]).verdict is Verdict.INCOMPLETE


def test_an_unread_parent_leaves_its_childrens_shards_incomplete() -> None:
    """Their link to the parent was not compared, though they themselves were read."""
    for report in sharded(Workspace(*LIVE, unreadable=["root"])):
        assert report.exit_code == 3
    assert merge(sharded(Workspace(*LIVE, unreadable=["root"]))).counts.unread == 1


def test_one_report_alone_stays_as_it_is_to_the_byte() -> None:
    report = run(Workspace(*LIVE[1:]))

    assert render_report(merge([report]), "json") == render_report(report, "json")


def test_reports_of_different_gates_cannot_be_one() -> None:
    with pytest.raises(SettingsError, match="different --fail-on"):
        merge([run(Workspace(*LIVE), "1/2"), run(Workspace(*LIVE), "2/2", Gate(FailOn.NEVER))])


@pytest.mark.parametrize("code", [ExitCode.UNEXPECTED, ExitCode.INCOMPLETE, ExitCode.USAGE, ExitCode.AUTH])
def test_a_failed_run_fails_the_whole(code: ExitCode) -> None:
    failed = failed_report(Failure("no key", ""), code, gate=Gate(), api_url="", at=NOW)
    merged = merge([run(Workspace(*LIVE)), failed])

    assert (merged.verdict, merged.exit_code, merged.failure) == (Verdict.INCOMPLETE, code, Failure("no key", ""))


def test_an_interrupted_run_interrupts_the_whole() -> None:
    report = replace(run(Workspace(*LIVE)), exit_code=143, verdict=Verdict.INCOMPLETE)

    assert merge([run(Workspace(*LIVE)), report]).exit_code == 143


def test_workspaces_are_named_side_by_side() -> None:
    other = replace(run(Workspace(*LIVE)), api_url="http://127.0.0.2")

    assert merge([run(Workspace(*LIVE)), other]).api_url == "http://127.0.0.1, http://127.0.0.2"


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(SettingsError, match="no report"):
        merge([])


def test_exposure_adds_up_over_shards_and_counts_no_report_twice() -> None:
    """The root's limit is raised; every heir's own counter gains, in whichever shard it is."""
    heirs = [declared("root"), *(declared(f"g{n}", parent="root", models={MODEL: {}}) for n in range(1, 12))]
    groups = [
        live("root", models={MODEL: {TPM: 2000}}),
        *(live(f"g{n}", parent_group_id="id-root", models={MODEL: {}}) for n in range(1, 12)),
    ]
    shards = [
        check(heirs, Workspace(*groups), now=lambda: NOW, api_url="", selection=Selection(shard=Shard(index, 3)))
        for index in (1, 2, 3)
    ]
    whole = check(heirs, Workspace(*groups), now=lambda: NOW, api_url="")

    assert whole.exposure == Exposure(12 * 1_440_000)
    assert merge(shards).exposure == merge([*shards, shards[0]]).exposure == whole.exposure


def test_reports_that_expose_nothing_do_so_together() -> None:
    assert merge(sharded(Workspace(*LIVE))).exposure is None
