"""A snapshot answers as the gateway would; what it does not cover is unread."""

from datetime import UTC, datetime

import pytest

from drift.checker.check import check
from drift.errors import Cause, SettingsError
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Missed
from drift.report.report import Report
from drift.snapshot import Snapshot, SnapshotSource, declared_by, encode, parse
from tests.builders import MODEL, TPM, declared, live


def snapshot(*groups: Group, missed: Missed | None = None) -> Snapshot:
    return Snapshot("https://api.example", "2026-01-01T12:00:00Z", groups, missed)


def checked(desired: list[DesiredGroup], taken: Snapshot, *, unmanaged: bool = False) -> Report:
    source = SnapshotSource(taken, "a.json")
    return check(desired, source, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), api_url="x", unmanaged=unmanaged)


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def compared(before: Snapshot, after: Snapshot) -> Report:
    source = SnapshotSource(after, "b.json", may_hold_none=True)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return check(declared_by(before, "a.json"), source, now=lambda: now, api_url="x", unmanaged=True)


def test_a_difference_is_found_and_no_request_is_counted() -> None:
    report = checked([declared("acme")], snapshot(live("acme", models={MODEL: {TPM: 2000}})))

    assert (rules(report), report.exit_code, report.requests) == (["limit-raised"], 2, {})


def test_a_group_that_a_whole_snapshot_does_not_hold_is_missing() -> None:
    report = checked([declared("acme"), declared("globex")], snapshot(live("acme")))

    assert rules(report) == ["group-missing"]


def test_a_group_that_an_incomplete_snapshot_does_not_hold_is_unread() -> None:
    missed = Missed(Cause.TIMED_OUT, "the time was over")
    report = checked([declared("acme"), declared("globex")], snapshot(live("acme"), missed=missed), unmanaged=True)

    assert (rules(report), report.exit_code) == ([], 3)
    assert [(entry.group.label, entry.cause, entry.where) for entry in report.unread] == [
        ("globex", Cause.TIMED_OUT, "a.json")
    ]
    assert report.unseen == "which is incomplete: the time was over"


def test_a_snapshot_of_another_workspace_is_no_mass_deletion() -> None:
    report = checked([declared("acme"), declared("globex")], snapshot(live("initech")), unmanaged=True)

    assert {entry.cause for entry in report.unread} == {Cause.NOT_FOUND_ANYWHERE}
    assert (rules(report), report.exit_code) == (["group-unmanaged"], 2)


def test_two_groups_with_one_external_id_are_told_apart_by_the_pin_alone() -> None:
    taken = snapshot(live("acme", id="old"), live("acme", id="new"))

    assert checked([declared("acme", id="new")], taken).exit_code == 0
    [unread] = checked([declared("acme")], taken).unread
    assert unread.cause is Cause.INCONSISTENT


def test_undeclared_groups_are_told_where_they_are_asked_for() -> None:
    taken = snapshot(live("acme"), live("globex"))

    assert rules(checked([declared("acme")], taken)) == []
    assert rules(checked([declared("acme")], taken, unmanaged=True)) == ["group-unmanaged"]


def test_a_snapshot_is_in_sync_with_itself() -> None:
    root = live("acme", limit_enforcement="CASCADING")
    taken = snapshot(root, live("acme-eu", parent_group_id="id-acme", limit_enforcement="CASCADING"))

    assert compared(taken, parse(encode(taken), "a.json")).exit_code == 0


def test_what_was_added_removed_and_changed_is_told() -> None:
    before = snapshot(live("acme"), live("globex"), live("gone"))
    after = snapshot(live("acme", name="Else"), live("globex", id="again"), live("new"))

    report = compared(before, after)

    assert sorted((finding.group.label, finding.rule) for finding in report.findings) == [
        ("acme", "name-changed"),
        ("globex", "group-recreated"),
        ("gone", "group-missing"),
        ("new", "group-unmanaged"),
    ]


def test_findings_stand_on_the_groups_line_of_the_first_snapshot() -> None:
    before = parse(encode(snapshot(live("acme"), live("globex"))), "a.json")
    [finding] = compared(before, snapshot(live("acme"), live("globex", models={}))).findings

    assert str(finding.source) == "a.json:3:1"


def test_a_group_below_another_parent_is_told() -> None:
    roots = (live("a"), live("b"))
    before = snapshot(*roots, live("child", parent_group_id="id-a"))

    report = compared(before, snapshot(*roots, live("child", id="child-2", parent_group_id="id-b")))

    assert sorted(rules(report)) == ["group-recreated", "parent-changed"]


def test_a_first_snapshot_that_contradicts_itself_declares_nothing() -> None:
    with pytest.raises(SettingsError, match="several groups with the external id 'acme'"):
        declared_by(snapshot(live("acme", id="old"), live("acme", id="new")), "a.json")
