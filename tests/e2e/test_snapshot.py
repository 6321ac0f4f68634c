"""Workspaces as files: taken, compared with, and compared."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, Drift, SandboxFactory

UNREACHABLE = {"BASETEN_REMOTE_URL": "http://127.0.0.1:9"}


@pytest.mark.parametrize("name", ["live.json", "live.json.gz", "live.json.zst"])
def test_a_snapshot_is_checked_without_key_and_network(drift: Drift, sandbox: SandboxFactory, name: str) -> None:
    live = sandbox()
    live.patch("acme", metadata={"name": "Else"})
    taken = drift("snapshot", name, "--api-url", live.url)
    assert (taken.code, taken.out, taken.err) == (0, "", "")
    assert {target.split()[0] for target in live.targets()} == {"GET"}
    asked = len(live.targets())

    online = drift("check", EXAMPLE, "--api-url", live.url, "--unmanaged")
    offline = drift("check", EXAMPLE, "--live", name, "--unmanaged", key=None, env=UNREACHABLE)

    assert (offline.code, offline.err) == (2, "")
    assert offline.out.splitlines()[:-2] == online.out.splitlines()[:-2]
    assert f"live: snapshot {name} of {live.url}, read 20" in offline.out
    assert len(live.targets()) > asked


def test_the_report_of_an_offline_check_says_of_what_and_when(drift: Drift, sandbox: SandboxFactory) -> None:
    taken = drift("snapshot", "--api-url", sandbox().url)
    (drift.directory / "live.json").write_text(taken.out)

    report = json.loads(drift("check", EXAMPLE, "--live", "live.json", "--output", "json", key=None).out)

    document = json.loads(taken.out)
    assert report["api_url"] == f"snapshot live.json of {document['api_url']}, read {document['read_at']}"
    assert (report["verdict"], report["requests"]) == ("in-sync", {})


def test_a_snapshot_may_come_through_a_pipe(drift: Drift, sandbox: SandboxFactory) -> None:
    taken = drift("snapshot", "--api-url", sandbox().url).out.encode()

    assert drift("check", EXAMPLE, "--live", "-", key=None, stdin=taken).code == 0


def test_the_key_is_in_no_snapshot(drift: Drift, sandbox: SandboxFactory) -> None:
    assert "sandbox-key" not in drift("snapshot", "--api-url", sandbox().url).out


def test_two_snapshots_show_what_happened_between(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox()
    drift("snapshot", "a.json", "--api-url", live.url)
    live.patch("acme", models=[])
    live.delete("globex")
    live.create("hooli", models=[{"slug": "org/model"}])
    drift("snapshot", "b.json.gz", "--api-url", live.url)

    run = drift("diff", "a.json", "b.json.gz", "--output", "json", key=None, env=UNREACHABLE)

    report = json.loads(run.out)
    assert (run.code, run.err) == (2, "")
    assert {(finding["group"]["external_entity_id"], finding["rule"]) for finding in report["findings"]} == {
        ("acme", "model-removed"),
        ("globex", "group-missing"),
        ("hooli", "group-unmanaged"),
    }
    assert drift("diff", "a.json", "a.json", key=None).code == 0


def test_what_could_not_be_read_whole_leaves_the_old_file_alone(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox(faults=["pages=3", "302:from=2"])
    (drift.directory / "live.json").write_text("the old one")

    run = drift("snapshot", "live.json", "--api-url", live.url)

    assert run.code == 3
    assert "no snapshot was written: HTTP 302" in run.err
    assert "3 groups could be read; --partial writes them" in run.err
    assert (drift.directory / "live.json").read_text() == "the old one"


def test_a_partial_snapshot_says_so_wherever_it_is_used(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox(faults=["pages=3", "302:from=2"])
    whole = sandbox()

    assert drift("snapshot", "part.json", "--partial", "--api-url", live.url).code == 3
    drift("snapshot", "whole.json", "--api-url", whole.url)

    check = drift("check", EXAMPLE, "--live", "part.json", key=None)
    assert (check.code, "5 unread" in check.out) == (3, True)
    for order in (("part.json", "whole.json"), ("whole.json", "part.json")):
        assert drift("diff", *order, key=None).code == 3


def test_a_key_that_is_not_accepted_writes_nothing(drift: Drift, sandbox: SandboxFactory) -> None:
    run = drift("snapshot", "live.json", "--partial", "--api-url", sandbox().url, key="wrong-key")

    assert (run.code, (drift.directory / "live.json").exists()) == (5, False)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xff" * 99, b"[" * 99_999])
@pytest.mark.parametrize("command", [("check", str(EXAMPLE), "--live", "x"), ("diff", "x", "x")], ids=["check", "diff"])
def test_a_file_that_is_no_snapshot_is_named(drift: Drift, content: bytes, command: tuple[str, ...]) -> None:
    (drift.directory / "x").write_bytes(content)

    run = drift(*command, "--output", "json", key=None)

    assert run.code == 4
    assert run.err.startswith("error: x is ")
    assert "Traceback" not in run.err
    assert json.loads(run.out)["failure"]["message"].startswith("x is ")


def test_a_file_that_is_not_there_is_named(drift: Drift) -> None:
    assert "error: cannot read x: No such file" in drift("check", EXAMPLE, "--live", "x", key=None).err


@pytest.mark.parametrize("option", ["--api-url", "--api-key-file", "--timeout"])
def test_options_of_the_network_are_refused_offline(drift: Drift, option: str) -> None:
    run = drift("check", EXAMPLE, "--live", "x", option, "1", key=None)

    assert (run.code, f"{option} is of no use with --live" in run.err) == (4, True)


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(drift: Drift, tmp_path: Path) -> None:
    run = drift("snapshot", tmp_path / "no" / "where.json", env=UNREACHABLE)

    assert (run.code, "there is no directory" in run.err) == (4, True)
