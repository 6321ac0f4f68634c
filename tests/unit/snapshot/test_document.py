"""The file itself: the same for the same groups, and refused where it is not one."""

from collections.abc import Callable

import pytest

from drift.errors import Cause, SettingsError
from drift.model.limits import LimitKey
from drift.model.readings import Missed
from drift.snapshot import Snapshot, encode, parse
from tests.builders import MODEL, RPM, TPD, TPM, effective, live
from tests.hostile import HOSTILE

ACME = live("acme", models={MODEL: {TPM: 1000, RPM: 5, TPD: 0}}, effective_models=effective((TPM, 1000, "id-acme")))
GLOBEX = live("globex", name=None, parent_group_id="id-acme", limit_enforcement="LATER", models={"org/none": {}})


def snapshot(*groups: object, missed: Missed | None = None) -> Snapshot:
    taken = groups or (ACME, GLOBEX)
    return Snapshot("https://api.example", "2026-01-01T12:00:00Z", taken, missed)  # type: ignore[arg-type]


def test_what_was_written_is_read_back() -> None:
    assert parse(encode(snapshot()), "a.json") == snapshot()


def test_neither_order_of_groups_nor_of_limits_changes_a_byte() -> None:
    turned = live("acme", models={MODEL: {TPD: 0, RPM: 5, TPM: 1000}}, effective_models=ACME.effective_models)

    assert encode(snapshot(GLOBEX, turned)) == encode(snapshot(ACME, GLOBEX))


def test_each_group_has_its_line() -> None:
    lines = encode(snapshot(GLOBEX, ACME)).decode().splitlines()

    assert [("id-acme" in line, '"globex"' in line) for line in lines[1:3]] == [(True, False), (True, True)]


def test_an_empty_workspace_is_a_snapshot_too() -> None:
    empty = Snapshot("https://api.example", "2026-01-01T12:00:00Z", ())

    assert parse(encode(empty), "a.json") == empty


def test_why_it_is_incomplete_is_kept() -> None:
    missed = Missed(Cause.TIMED_OUT, "the time was over")

    assert parse(encode(snapshot(missed=missed)), "a.json").missed == missed


def test_keys_that_look_alike_stay_apart() -> None:
    models = {"a": {LimitKey("rate_limits", "A/B", "C"): 1, LimitKey("rate_limits", "A", "B/C"): 10**30}}

    assert parse(encode(snapshot(live(models=models))), "a.json").groups[0].models == models


@pytest.mark.parametrize("text", [text for name, text in HOSTILE.items() if name != "lone-surrogate"])
def test_hostile_names_are_kept_on_their_line(text: str) -> None:
    group = live(text or "x", name=text, models={text: {LimitKey("rate_limits", text, text): 1}})
    data = encode(snapshot(group))

    assert parse(data, "a.json").groups == (group,)
    assert data.count(b"\n") == 3


BREAKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "damaged"),
    "cut off": (lambda data: data[:-20], "damaged"),
    "no JSON": (lambda _: b"groups: []", "damaged"),
    "another document": (lambda _: b'{"verdict": "drift"}', "`format`"),
    "another format": (lambda data: data.replace(b"drift/snapshot", b"drift/plan"), "not a snapshot"),
    "a later version": (lambda data: data.replace(b'"1.0"', b'"2.0"'), "schema 2.0"),
    "no UTF-8": (lambda data: data.replace(b"Acme", b"\xff\xfe"), "UTF-8"),
    "endless nesting": (lambda _: b"[" * 100_000, "damaged"),
    "nested where it is skipped": (lambda data: data.replace(b"{", b'{"x":' + b"[" * 100_000, 1), "damaged|deeply"),
    "a threshold below zero": (lambda data: data.replace(b"1000", b"-1"), "damaged"),
    "a threshold as text": (lambda data: data.replace(b'"MINUTE":5', b'"MINUTE":"5"'), "damaged"),
    "a threshold as truth": (lambda data: data.replace(b'"MINUTE":5', b'"MINUTE":true'), "damaged"),
    "half a surrogate pair": (lambda data: data.replace(b"Acme", b"\\ud800"), "damaged"),
    "an empty id": (lambda data: data.replace(b'"id":"id-acme"', b'"id":""'), "damaged"),
    "an id twice": (lambda data: data.replace(b'"id":"id-globex"', b'"id":"id-acme"'), "same id"),
    "complete and not": (lambda data: data.replace(b'"complete":true', b'"complete":false'), "contradicts"),
    "no time zone": (lambda data: data.replace(b"12:00:00Z", b"12:00:00"), "time zone"),
    "no time": (lambda data: data.replace(b"2026-01-01T12:00:00Z", b"yesterday"), "damaged"),
    "a group without models": (lambda data: data.replace(b'"models":{', b'"model":{'), "damaged"),
}


@pytest.mark.parametrize(("broken", "said"), BREAKS.values(), ids=BREAKS)
def test_what_is_no_snapshot_is_refused_by_name(broken: Callable[[bytes], bytes], said: str) -> None:
    data = broken(encode(snapshot()))

    assert data != encode(snapshot())
    with pytest.raises(SettingsError, match=said) as refused:
        parse(data, "a.json")
    assert refused.value.message.startswith("a.json ")
    assert refused.value.hint


def test_members_of_a_later_minor_version_are_skipped() -> None:
    later = encode(snapshot()).replace(b'"1.0"', b'"1.7"').replace(b'"models":{', b'"priority":[1],"models":{')

    assert parse(later, "a.json").groups == snapshot().groups
