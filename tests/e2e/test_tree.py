"""``drift tree`` through the real command: declared, live, and both."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, PATIENCE, ROOT, Drift, SandboxFactory


def models(threshold: int) -> list[object]:
    limit = {"type": "TOKEN", "unit": "MINUTE", "threshold": threshold}
    return [{"slug": "northwind/chat-large", "rate_limits": [limit]}]


@pytest.fixture
def two_trees(tmp_path: Path) -> Path:
    path = tmp_path / "trees.yaml"
    path.write_text(
        "version: 1\ngroups:\n"
        "  - metadata: {external_entity_id: acme}\n    hierarchy: {limit_enforcement: CASCADING}\n"
        "    models: [{slug: o/m, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1000}]}]\n"
        "  - metadata: {external_entity_id: acme-eu}\n    hierarchy: {parent: acme}\n    models: [{slug: o/m}]\n"
        "  - metadata: {external_entity_id: globex}\n    models: [{slug: o/m}]\n"
    )
    return path


def test_declared_groups_need_neither_key_nor_network(drift: Drift) -> None:
    run = drift("tree", EXAMPLE, key=None, env={"BASETEN_REMOTE_URL": "http://127.0.0.1:9"})

    assert (run.code, run.err) == (0, "")
    assert "└── globex-support (Globex Support)\n" in run.out
    assert "northwind/chat-large: TOKEN/MINUTE 2,000,000; pool of globex: TOKEN/DAY 500,000,000\n" in run.out
    assert run.out.endswith("\n8 declared groups in 3 trees\n")


def test_the_tree_of_the_example_is_the_one_in_the_readme(drift: Drift) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```text\n\$ drift tree desired/globex.yaml\n(.*?)```", readme, flags=re.DOTALL)

    assert drift("tree", EXAMPLE / "globex.yaml", key=None).out == shown


def test_live_groups_are_those_of_the_whole_workspace(drift: Drift, sandbox: SandboxFactory, two_trees: Path) -> None:
    live = sandbox(two_trees)
    live.create("acme-lab", models=[{"slug": "o/m"}], parent_group_id=live.id_of("acme"))

    run = drift("tree", "--live", "--api-url", live.url)

    assert (run.code, run.err) == (0, "")
    assert run.out == (
        "acme CASCADING 2 below\n"
        "│   o/m: TOKEN/MINUTE 1,000\n"
        "├── acme-eu\n"
        "│       o/m: pool of acme: TOKEN/MINUTE 1,000\n"
        "└── acme-lab\n"
        "        o/m: pool of acme: TOKEN/MINUTE 1,000\n"
        "globex INDEPENDENT\n"
        "    o/m: no limits\n"
        f"\n4 live groups in 2 trees\nlive: {live.url}\n"
    )


def test_both_marks_what_a_check_finds_and_shows_what_nobody_declared(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox()
    live.patch("acme", models=models(5))
    live.delete("initech")
    live.create("shadow", models=models(7), parent_group_id=live.id_of("acme"))

    run = drift("tree", "--both", EXAMPLE, "--api-url", live.url)
    check = drift("check", EXAMPLE, "--unmanaged", "--output", "json", "--api-url", live.url)

    counts = json.loads(check.out)["counts"]
    assert (run.code, check.code) == (0, 2)
    assert re.search(r"^acme \(Acme\) INDEPENDENT \[drift: \d findings\] 3 below: .*1 unmanaged", run.out, re.MULTILINE)
    assert "── shadow [unmanaged]\n" in run.out
    assert "initech (Initech) INDEPENDENT [missing] 1 below: 1 missing\n" in run.out
    assert (
        f"8 declared groups in 3 trees: {counts['in_sync']} in sync, {counts['drift']} drifted, 2 missing, 0 unread; "
        f"1 unmanaged; {counts['findings']} findings\n" in run.out
    )


def test_a_list_that_breaks_off_is_shown_as_far_as_it_went_and_exits_3(
    drift: Drift, sandbox: SandboxFactory, two_trees: Path
) -> None:
    live = sandbox(two_trees, faults=["pages=1", "302:from=2"])

    run = drift("tree", "--live", "--api-url", live.url)

    assert run.code == 3
    assert "1 live group in 1 tree\n" in run.out
    assert "not all groups were looked at: HTTP 302" in run.out


def test_where_nothing_could_be_read_no_empty_forest_is_shown(
    drift: Drift, sandbox: SandboxFactory, two_trees: Path
) -> None:
    run = drift("tree", "--live", "--api-url", sandbox(two_trees, faults=["302"]).url, "--output", "json")

    assert run.code == 3
    assert json.loads(run.out)["failure"]["message"].startswith("HTTP 302")
    assert "error: HTTP 302" in run.err


def test_items_of_the_list_that_are_no_groups_are_counted_and_exit_3(
    drift: Drift, sandbox: SandboxFactory, two_trees: Path
) -> None:
    run = drift("tree", "--live", "--api-url", sandbox(two_trees, faults=["threshold=NaN:times=1"]).url)

    assert run.code == 3
    assert "not all groups were looked at: 2 items of the list could not be read as groups\n" in run.out
    assert "note: an item of the list ('acme') is not a group as documented" in run.err


def test_a_declared_group_that_cannot_be_read_is_marked_and_exits_3(
    drift: Drift, sandbox: SandboxFactory, two_trees: Path
) -> None:
    run = drift("tree", "--both", two_trees, "--api-url", sandbox(two_trees, faults=['threshold="5"']).url)

    assert run.code == 3
    assert re.search(r"^acme CASCADING \[unread\] 1 below: 1 unread\n│   note: not a group", run.out)


def test_an_undeclared_item_that_cannot_be_read_makes_both_incomplete(
    drift: Drift, sandbox: SandboxFactory, two_trees: Path
) -> None:
    live = sandbox(two_trees)
    live.create("shadow", models=models(7))
    declared = drift.directory / "globex.yaml"
    declared.write_text("version: 1\ngroups:\n  - metadata: {external_entity_id: globex}\n    models: [{slug: o/m}]\n")
    broken = sandbox(two_trees, faults=['threshold="5"'])

    whole = drift("tree", "--both", declared, "--api-url", live.url)
    part = drift("tree", "--both", declared, "--api-url", broken.url)

    assert (whole.code, part.code) == (0, 3)
    assert "not all groups were looked at: 2 items of the list" in part.out


def test_an_interrupted_reading_shows_what_was_seen_so_far(
    drift: Drift, sandbox: SandboxFactory, two_trees: Path
) -> None:
    live = sandbox(two_trees, faults=["pages=1", "latency=600s:from=2"])
    process = subprocess.Popen(
        [sys.executable, "-m", "drift", "tree", "--live", "--api-url", live.url],
        env=drift.environment("sandbox-key"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while len(live.targets()) < 2 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert "1 live group in 1 tree\n" in out.decode()
    assert "not all groups were looked at:" in out.decode()
    assert "Traceback" not in err.decode()


@pytest.mark.parametrize("view", ["--live", "--both"])
def test_a_wrong_key_exits_5(drift: Drift, sandbox: SandboxFactory, view: str) -> None:
    paths = [EXAMPLE] if view == "--both" else []

    run = drift("tree", view, *paths, "--api-url", sandbox().url, key="wrong")

    assert run.code == 5
    assert "[in sync]" not in run.out
    assert "wrong" not in run.out + run.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--live", "desired"], "--live shows the whole workspace"),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["--both", "nowhere.yaml"], "nowhere.yaml"),
        (["--output", "dot"], "mermaid"),
        (["--depth", "0"], "--depth"),
    ],
)
def test_a_wrong_command_line_exits_4(drift: Drift, arguments: list[str], said: str) -> None:
    run = drift("tree", *arguments)

    assert (run.code, run.out) == (4, "")
    assert said in run.err


@pytest.mark.parametrize("view", ["--live", "--both"])
def test_without_a_key_there_is_still_one_json_document(drift: Drift, view: str) -> None:
    paths = [EXAMPLE] if view == "--both" else []

    run = drift("tree", view, *paths, "--output", "json", key=None)

    assert run.code == 4
    assert json.loads(run.out)["failure"]["message"] == "no API key"


def test_formats_and_depth(drift: Drift, two_trees: Path) -> None:
    diagram = drift("tree", two_trees, "--output", "mermaid", "--depth", "1")
    document = drift("tree", two_trees, "--output", "json", "--depth", "1")
    text = drift("tree", two_trees, "--depth", "1")

    assert diagram.out.startswith('flowchart TD\n  g0["acme<br/>CASCADING<br/>1 below<br/>')
    assert "-->" not in diagram.out
    assert [group["group"]["external_entity_id"] for group in json.loads(document.out)["groups"]] == [
        "acme",
        "acme-eu",
        "globex",
    ]
    assert "└── ... 1 more\n" in text.out


def test_standard_input_is_a_path_too(drift: Drift, two_trees: Path) -> None:
    assert drift("tree", "-", stdin=two_trees.read_bytes()).out == drift("tree", two_trees).out


@pytest.mark.parametrize(("view", "absent"), [("--desired", {"httpx", "deepdiff", "rich"}), ("--live", {"deepdiff"})])
def test_a_tree_imports_what_it_needs(sandbox: SandboxFactory, view: str, absent: set[str]) -> None:
    arguments = ["tree", view, "--api-url", sandbox().url] + ([str(EXAMPLE)] if view == "--desired" else [])
    script = f"import sys; from drift.cli import run; run({arguments!r}); print('LOADED', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, env=Drift.environment("sandbox-key")
    )

    assert not set(done.stdout.decode().rpartition("LOADED")[2].split()) & absent
