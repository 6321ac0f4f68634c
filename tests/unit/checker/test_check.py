"""The use case, with a scripted source in place of the gateway."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from msgspec import UNSET

from drift.checker.check import check
from drift.errors import Cause, ExitCode, GatewayError, SettingsError
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import EffectiveModels, Models
from drift.model.readings import Failed, Found, Missing, Reading
from drift.model.selection import Selection
from drift.report.report import Gate, Report, Status, Verdict
from tests.builders import MODEL, RPM, TPM, declared, effective, live

DRIFTED = live("acme", models={MODEL: {TPM: 5}})


class ScriptedSource:
    """Answers the first reading and the confirming one from two scripts."""

    def __init__(self, *first: Reading, confirm: Sequence[Reading] | None = None) -> None:
        self.first = first
        self.second = first if confirm is None else confirm
        self.suspects: list[DesiredGroup] = []
        self.list_failure: GatewayError | None = None
        self.broken_items = 0

    def read(self, _wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        yield from (reading for reading in self.first if unmanaged or reading.desired)

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        self.suspects = list(suspects)
        yield from (reading for reading in self.second if any(reading.desired is group for group in suspects))

    def notes(self) -> Sequence[str]:
        return ("unknown member `labels`",)

    def requests(self) -> Mapping[str, int]:
        return {"list": 1}


def run(desired: Sequence[DesiredGroup], source: ScriptedSource, *, unmanaged: bool = False) -> Report:
    return check(
        desired,
        source,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        api_url="http://127.0.0.1",
        gate=Gate(),
        unmanaged=unmanaged,
    )


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def found(desired: DesiredGroup, group: Group) -> Found:
    return Found(desired, group)


def test_all_found_and_equal_is_in_sync_and_nothing_is_read_twice() -> None:
    acme = declared("acme")
    source = ScriptedSource(found(acme, live("acme")))

    report = run([acme], source)

    assert (report.verdict, report.exit_code, source.suspects) == (Verdict.IN_SYNC, 0, [])
    assert report.warnings == ("unknown member `labels`",)
    assert report.requests == {"list": 1}


def test_a_difference_is_reported_once_confirmed() -> None:
    acme, globex = declared("acme"), declared("globex")
    source = ScriptedSource(found(acme, DRIFTED), found(globex, live("globex")))

    report = run([acme, globex], source)

    assert rules(report) == ["limit-lowered"]
    assert source.suspects == [acme]
    assert [entry.status for entry in report.groups] == [Status.DRIFT, Status.IN_SYNC]


def test_a_difference_that_a_second_reading_does_not_show_is_transient() -> None:
    acme = declared("acme")
    source = ScriptedSource(found(acme, DRIFTED), confirm=[found(acme, live("acme"))])

    report = run([acme], source)

    assert (report.verdict, report.exit_code, report.counts.transient) == (Verdict.IN_SYNC, 0, 1)


def test_a_difference_that_could_not_be_read_again_is_unread_not_in_sync() -> None:
    acme = declared("acme")
    source = ScriptedSource(found(acme, DRIFTED), confirm=[Failed(acme, Cause.SERVER_ERROR, "503", "/x")])

    report = run([acme], source)

    assert (report.verdict, report.exit_code) == (Verdict.INCOMPLETE, 3)
    assert report.unread[0].cause is Cause.SERVER_ERROR
    assert report.counts.transient == 0, "nobody saw it go away"


def test_a_group_without_any_reading_is_unread() -> None:
    """Nothing passes as in sync by being forgotten, not even by a faulty source."""
    report = run([declared("acme")], ScriptedSource())

    assert (report.verdict, report.exit_code) == (Verdict.INCOMPLETE, 3)
    assert [entry.status for entry in report.groups] == [Status.UNREAD]


def test_a_missing_group_is_confirmed_too() -> None:
    acme = declared("acme")

    assert rules(run([acme], ScriptedSource(Missing(acme)))) == ["group-missing"]
    assert run([acme], ScriptedSource(Missing(acme), confirm=[found(acme, live("acme"))])).exit_code == 0


def test_one_unread_group_does_not_hide_the_drift_of_another() -> None:
    acme, globex = declared("acme"), declared("globex")
    source = ScriptedSource(found(acme, DRIFTED), Failed(globex, Cause.TIMED_OUT, "too slow", "/x"))

    report = run([acme, globex], source)

    assert (report.verdict, report.exit_code, report.counts.unread) == (Verdict.DRIFT, 2, 1)


def test_parents_are_compared_by_their_present_ids_in_any_order_of_reading() -> None:
    child, parent = declared("acme-prod", parent="acme"), declared("acme")
    in_place = found(child, live("acme-prod", parent_group_id="id-acme"))
    elsewhere = found(child, live("acme-prod", parent_group_id="id-globex"))
    of_parent = found(parent, live("acme"))

    assert rules(run([child, parent], ScriptedSource(in_place, of_parent))) == []
    assert rules(run([child, parent], ScriptedSource(elsewhere, of_parent))) == ["parent-changed"]


def test_a_parent_that_is_gone_is_not_reported_again_at_its_child() -> None:
    child, parent = declared("acme-prod", parent="acme"), declared("acme")
    source = ScriptedSource(found(child, live("acme-prod", parent_group_id="x")), Missing(parent))

    assert rules(run([child, parent], source)) == ["group-missing"]


def test_a_parent_may_be_declared_by_its_internal_id() -> None:
    child = declared("acme-prod", parent_group_id="id-acme", parent=None)

    assert rules(run([child], ScriptedSource(found(child, live("acme-prod", parent_group_id="id-acme"))))) == []
    assert rules(run([child], ScriptedSource(found(child, live("acme-prod"))))) == ["parent-changed"]


def test_unmanaged_groups_are_reported_on_request() -> None:
    acme = declared("acme")
    source = ScriptedSource(
        found(acme, live("acme")),
        Found(None, live("stray")),
        Found(None, live("shadow", parent_group_id="id-acme")),
    )

    report = run([acme], source, unmanaged=True)

    assert [(f.group.label, f.severity.value) for f in report.findings] == [("shadow", "medium"), ("stray", "low")]
    assert report.counts.unmanaged == 2
    assert run([acme], source).findings == ()


def test_a_workspace_that_was_not_seen_whole_is_incomplete_where_all_of_it_was_asked_for() -> None:
    acme = declared("acme")
    source = ScriptedSource(found(acme, live("acme")))
    source.list_failure = GatewayError(Cause.SERVER_ERROR, "503", where="/v1/gateway/groups")

    report = run([acme], source, unmanaged=True)

    assert (report.verdict, report.exit_code, report.unseen) == (Verdict.INCOMPLETE, 3, "503")


def test_items_of_the_list_that_are_no_groups_may_be_undeclared_ones() -> None:
    acme = declared("acme")
    source = ScriptedSource(found(acme, live("acme")))
    source.broken_items = 2

    assert run([acme], source).exit_code == 0
    assert run([acme], source, unmanaged=True).unseen == "2 items of the list could not be read as groups"


def test_a_parent_that_was_created_anew_in_between_is_read_again_with_its_children() -> None:
    """The second look at the child shows another parent id, so the parent is looked at again too."""
    parent, child = declared("acme"), declared("acme-prod", parent="acme", name="Prod")
    renamed = live("acme-prod", name="Else", parent_group_id="id-acme")
    moved = live("acme-prod", name="Prod", parent_group_id="new")

    class Moving(ScriptedSource):
        looks = 0

        def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
            self.looks += 1
            yield from (found(child, moved) if group is child else found(parent, live("acme")) for group in suspects)

    source = Moving(found(parent, live("acme")), found(child, renamed))
    report = run([parent, child], source)

    assert rules(report) == ["parent-changed"]
    assert report.counts.transient == 1


def test_an_interrupted_run_ends_with_the_code_of_its_signal() -> None:
    report = check(
        [declared("acme")],
        ScriptedSource(),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        api_url="",
        interrupted=lambda: ExitCode.TERMINATED,
    )

    assert (report.verdict, report.exit_code) == (Verdict.INCOMPLETE, 143)


def test_a_pinned_parent_keeps_its_name_where_it_is_missing() -> None:
    root, child = declared("root", id="id-root"), declared("child", parent="root")
    source = ScriptedSource(Missing(root), found(child, live("child", parent_group_id="id-root")))

    report = run([root, child], source)

    assert [entry.parent for entry in report.groups] == [None, root.ref]


def test_entries_name_their_parents_as_declared_else_as_found() -> None:
    root = declared("root", name="Acme")
    child = declared("child", parent="root")
    pinned = declared("pinned", parent_group_id="id-root")
    outside = declared("outside", parent_group_id="id-elsewhere")
    silent = declared("silent", parent=UNSET)
    lost = declared("lost", parent="root")
    source = ScriptedSource(
        found(root, live("root")),
        found(child, live("child", parent_group_id="id-root")),
        found(pinned, live("pinned", parent_group_id="id-root")),
        found(outside, live("outside", parent_group_id="id-elsewhere")),
        found(silent, live("silent", parent_group_id="id-child")),
        Missing(lost),
        Found(None, live("stranger", parent_group_id="id-silent")),
    )

    report = run([root, child, pinned, outside, silent, lost], source, unmanaged=True)

    assert {entry.group.label: entry.parent and entry.parent.label for entry in report.groups} == {
        "root": None,
        "child": "root",
        "pinned": "root",
        "outside": "id-elsewhere",
        "silent": "child",
        "lost": "root",
        "stranger": "silent",
    }


def test_what_a_look_makes_doubtful_is_looked_at_again() -> None:
    """Limits are lowered during the check: each look shows a limit whose source was read before that."""
    top = declared("top", models={MODEL: {RPM: 100}})
    middle = declared("middle", parent="top", models={MODEL: {TPM: 1000}})
    bottom = declared("bottom", parent="middle", models={MODEL: {}})
    looks: list[list[DesiredGroup]] = []

    def answers(requests: int, tokens: int, name: str = "Acme") -> list[Found]:
        from_top, from_middle = (RPM, requests, "id-top"), (TPM, tokens, "id-middle")
        own = {MODEL: {TPM: tokens}}
        return [
            found(top, live("top", models={MODEL: {RPM: requests}}, effective_models=effective(from_top))),
            found(middle, heir("middle", "id-top", own, effective(from_top, from_middle))),
            found(bottom, heir("bottom", "id-middle", {MODEL: {}}, effective(from_top, from_middle), name)),
        ]

    class Lowered(ScriptedSource):
        def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
            looks.append(list(suspects))
            now = answers(100, 5) if len(looks) == 1 else answers(10, 5)
            yield from (reading for reading in now if any(reading.desired is group for group in suspects))

    report = run([top, middle, bottom], Lowered(*answers(100, 1000, "Else")))

    assert looks == [[bottom], [middle], [top]]
    lowered = [finding.group.label for finding in report.findings if finding.rule == "limit-lowered"]
    assert sorted(lowered) == ["middle", "top"]


def heir(label: str, parent: str, models: Models, effective_models: EffectiveModels, name: str = "Acme") -> Group:
    return live(label, name=name, models=models, parent_group_id=parent, effective_models=effective_models)


def test_unmanaged_groups_cannot_be_looked_for_below_a_group() -> None:
    with pytest.raises(SettingsError, match="not below a group"):
        check(
            [declared("acme")],
            ScriptedSource(),
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            api_url="",
            unmanaged=True,
            selection=Selection(below=("acme",)),
        )
