"""What Pulumi's engine makes of a ``GatewayGroup``: the promises of docs/pulumi.md, each held against the command."""

import json
import math
import shutil
import time
from pathlib import Path

import pytest

from drift.sandbox.wire import GROUPS_PATH
from drift.sandbox.world import DEFAULT_KEY
from tests.e2e.conftest import EXAMPLE, Sandbox, SandboxFactory
from tests.engine.conftest import StackFactory, Workspace

DRIFT = 7
"""Exit code of ``--expect-no-changes`` where there are changes."""
EXAMPLES = Path(__file__).parent.parent.parent / "pulumi_provider" / "examples"
PROGRAM = f"""
import pulumi
from pulumi_provider import GatewayGroup, declared_from_yaml
acme = GatewayGroup("acme", "grp1", declared=declared_from_yaml({str(EXAMPLE)!r}, "acme"))
prod = GatewayGroup.get("prod", "grp-acme-prod")
pulumi.export("acme", {{"in_sync": acme.in_sync, "models": acme.models, "name": acme.metadata["name"]}})
"""
RENAMED = {"name": "Somebody else"}
LOOK_ALIKES = [
    ("preview", "--expect-no-changes"),
    ("refresh", "--preview-only", "--expect-no-changes", "--run-program"),
    ("preview", "--refresh", "--expect-no-changes"),
]


def raw(live: Sandbox) -> bytes:
    return live.world.ask("GET", f"{GROUPS_PATH}/grp1").body


def test_an_update_records_external_resources(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, PROGRAM)
    gateways.up().ok()
    groups = gateways.groups()
    assert {name: (group["external"], group["id"]) for name, group in groups.items()} == {
        "acme": (True, "grp1"),
        "prod": (True, "grp-acme-prod"),
    }
    assert groups["acme"]["outputs"]["in_sync"] is True
    assert groups["acme"]["outputs"]["differences"] == []
    assert gateways.output()["acme"]["name"] == "Acme"


def test_a_second_preview_changes_nothing(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, PROGRAM)
    gateways.up().ok()
    gateways("preview", "--expect-no-changes").ok()
    text = gateways("preview", "--json").ok()
    assert "read" not in json.loads(text[text.index("{") :])["changeSummary"]


def test_a_live_change_is_exit_7_and_writes_nothing(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    gateways.drift().ok()
    before = gateways.state
    live.patch("acme", metadata=RENAMED)
    found = gateways.drift()
    assert found.code == DRIFT, found.said
    assert gateways.state == before
    live.patch("acme", metadata={"name": "Acme"})
    gateways.drift().ok()


def test_another_order_of_the_servers_lists_is_no_change(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    before = raw(live)
    live.patch("acme", models=json.loads(before)["models"][::-1])
    assert raw(live) != before
    gateways.drift().ok()


def test_a_changed_parent_is_a_change_of_its_children(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, "from pulumi_provider import GatewayGroup\nGatewayGroup('prod', 'grp-acme-prod')\n")
    gateways.up().ok()
    models = json.loads(raw(live))["models"]
    for model in models:
        model["usage_limits"] = []
    live.patch("acme", models=models)
    assert gateways.drift().code == DRIFT


@pytest.mark.parametrize("command", LOOK_ALIKES, ids=" ".join)
def test_commands_that_look_alike_do_not_see_a_live_change(
    sandbox: SandboxFactory, stack: StackFactory, command: tuple[str, ...]
) -> None:
    # If one of these fails, Pulumi has become better: correct the documentation.
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    live.patch("acme", metadata=RENAMED)
    gateways(*command).ok()
    assert gateways.drift().code == DRIFT


def test_the_variable_that_blinds_the_job_is_overruled_by_its_flag(
    sandbox: SandboxFactory, stack: StackFactory
) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    live.patch("acme", metadata=RENAMED)
    blind = {"PULUMI_RUN_PROGRAM": "true"}
    gateways("refresh", "--preview-only", "--expect-no-changes", env=blind).ok()
    assert gateways.drift(**blind).code == DRIFT


def test_a_refresh_records_and_an_update_publishes(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    live.patch("acme", metadata=RENAMED)
    gateways("refresh", "--yes", "--skip-preview", "--run-program=false").ok()
    assert gateways.groups()["acme"]["outputs"]["metadata"]["name"] == "Somebody else"
    assert gateways.output()["acme"]["name"] == "Acme"
    gateways.up().ok()
    assert gateways.output()["acme"] | {"models": []} == {"in_sync": False, "models": [], "name": "Somebody else"}


def test_a_deleted_group(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    id_ = live.id_of("initech")
    gateways = stack(live.url, f"from pulumi_provider import GatewayGroup\nGatewayGroup('initech', {id_!r})\n")
    gateways("preview").ok()
    gateways.up().ok()
    live.delete("initech")
    assert gateways.drift().code == DRIFT
    failed = gateways.up()
    assert failed.code not in (0, DRIFT)
    assert f"gateway group '{id_}' was not found in this workspace" in failed.said
    assert "initech" in gateways.groups()
    assert "delete" in gateways("refresh", "--yes", "--skip-preview", "--run-program=false").ok()
    assert gateways.groups() == {}


def test_a_group_that_cannot_be_read_is_no_drift_and_no_success(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, PROGRAM)
    gateways.up().ok()
    before = gateways.groups()
    for fault in ("403", "404:type=text/html"):
        failed = gateways.drift(BASETEN_REMOTE_URL=sandbox(faults=[fault]).url)
        assert failed.code not in (0, DRIFT), failed.said
    gateways("refresh", "--yes", "--skip-preview", env={"BASETEN_REMOTE_URL": sandbox(faults=["403"]).url})
    assert gateways.groups() == before


def test_an_edited_declaration_is_compared_in_the_preview(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, PROGRAM)
    gateways.up().ok()
    edited = "declared={'metadata': {'external_entity_id': 'acme', 'name': 'ACME'}}"
    gateways.write(PROGRAM.replace(f'declared=declared_from_yaml({str(EXAMPLE)!r}, "acme")', edited))
    assert "in_sync: true => false" in " ".join(gateways("preview", "--diff").ok().split())
    gateways.drift().ok()
    gateways.write(gateways.program.read_text(encoding="utf-8") + "acme.require_in_sync()\n")
    failed = gateways("preview")
    assert failed.code not in (0, DRIFT)
    assert 'low name-changed [neutral] metadata.name: "ACME" -> "Acme"' in failed.said
    assert "Traceback" not in failed.said


def test_another_project_reads_what_is_exported(
    sandbox: SandboxFactory, stack: StackFactory, workspace: Workspace
) -> None:
    live = sandbox()
    producer = stack(live.url, (EXAMPLES / "gateways" / "__main__.py").read_text(encoding="utf-8"))
    shutil.copytree(EXAMPLES / "gateways" / "desired", producer.program.parent / "desired")
    ids = {"acme": live.id_of("acme"), "acme-prod": live.id_of("acme-prod")}
    for name, id_ in ids.items():
        producer("config", "set", f"{name}-id", id_).ok()
    producer.up().ok()
    consumer = workspace.stack("consumer", (EXAMPLES / "consumer" / "__main__.py").read_text(encoding="utf-8"))
    assert "acme" in json.dumps(producer.output())
    consumer("config", "set", "gateways", "organization/gateways/dev").ok()
    consumer.up().ok()
    assert consumer.output()["slugs"] == ["northwind/chat-large", "northwind/chat-small", "northwind/embed"]


def test_a_yaml_program_reads_what_is_exported(
    sandbox: SandboxFactory, stack: StackFactory, workspace: Workspace
) -> None:
    if not shutil.which("pulumi-language-yaml"):
        pytest.fail("Pulumi's host for YAML programs is not on PATH: it comes with Pulumi's own installer")
    live = sandbox()
    producer = stack(live.url, (EXAMPLES / "gateways" / "__main__.py").read_text(encoding="utf-8"))
    shutil.copytree(EXAMPLES / "gateways" / "desired", producer.program.parent / "desired")
    for name in ("acme", "acme-prod"):
        producer("config", "set", f"{name}-id", live.id_of(name)).ok()
    producer.up().ok()
    consumer = workspace.stack("consumer-yaml", "", file="unused.py")
    shutil.copy(EXAMPLES / "consumer-yaml" / "Pulumi.yaml", consumer.program.parent)
    consumer("config", "set", "gateways", "organization/gateways/dev").ok()
    consumer.up().ok()
    assert consumer.output()["slug"] == "northwind/chat-large"


@pytest.mark.parametrize("where", ["environment", "configuration"])
def test_the_key_is_nowhere(sandbox: SandboxFactory, stack: StackFactory, where: str) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    if where == "configuration":
        del gateways.env["BASETEN_API_KEY"]
        gateways("config", "set", "--secret", "baseten:apiKey", DEFAULT_KEY).ok()
    gateways.up().ok()
    live.patch("acme", metadata=RENAMED)
    gateways("refresh", "--yes").ok()
    gateways("stack", "export", "--file", "export.json").ok()
    wrong = "prefix.wrong-but-secret"
    gateways("up", "--yes", env={"BASETEN_API_KEY": wrong})
    gateways("destroy", "--yes").ok()
    for file in gateways.workspace.directory.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert DEFAULT_KEY.encode() not in content, file
            assert wrong.encode() not in content, file
    assert DEFAULT_KEY not in gateways.said
    assert wrong not in gateways.said


def test_a_key_configured_as_plain_text_is_refused(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    del gateways.env["BASETEN_API_KEY"]
    gateways("config", "set", "--plaintext", "baseten:apiKey", "plain-text-key").ok()
    failed = gateways.up()
    assert failed.code not in (0, DRIFT)
    assert "baseten:apiKey is configured as plain text" in failed.said
    assert b"plain-text-key" not in gateways.state
    assert live.targets() == []


def test_a_rotated_key_in_the_configuration_needs_an_update_first(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    del gateways.env["BASETEN_API_KEY"]
    gateways("config", "set", "--secret", "baseten:apiKey", DEFAULT_KEY).ok()
    gateways.up().ok()
    live.world._keys = frozenset({"rotated-key"})  # noqa: SLF001 - what happens to a key
    gateways("config", "set", "--secret", "baseten:apiKey", "rotated-key").ok()
    failed = gateways.drift()
    assert failed.code not in (0, DRIFT)
    assert "HTTP 401" in failed.said
    assert "a refresh uses the baseten:apiKey of the last update" in failed.said
    gateways.drift(BASETEN_API_KEY="rotated-key").ok()
    gateways.up().ok()
    gateways.drift().ok()


def test_destroying_a_stack_leaves_the_groups_alone(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    gateways("destroy", "--yes").ok()
    assert gateways.groups() == {}
    assert {target.split()[0] for target in live.targets()} == {"GET"}
    assert live.id_of("acme") == "grp1"


def test_removing_a_group_from_the_program_only_forgets_it(sandbox: SandboxFactory, stack: StackFactory) -> None:
    live = sandbox()
    gateways = stack(live.url, PROGRAM)
    gateways.up().ok()
    gateways.write(PROGRAM.replace('prod = GatewayGroup.get("prod", "grp-acme-prod")', ""))
    gateways.up().ok()
    assert set(gateways.groups()) == {"acme"}
    assert {target.split()[0] for target in live.targets()} == {"GET"}


def test_moving_the_programs_code_changes_nothing(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, PROGRAM)
    gateways.up().ok()
    (gateways.program.parent / "groups.py").write_text("# moved\n" + PROGRAM, encoding="utf-8")
    gateways.write("import groups\n")
    gateways("preview", "--expect-no-changes").ok()
    gateways.drift().ok()


def test_a_missing_group_fails_and_leaves_no_record(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, "from pulumi_provider import GatewayGroup\nGatewayGroup.get('nobody', 'nobody')\n")
    failed = gateways.up()
    assert failed.code not in (0, DRIFT)
    assert "gateway group 'nobody' was not found in this workspace" in failed.said
    assert gateways.groups() == {}


def test_pulumi_import_does_not_work(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(sandbox().url, PROGRAM)
    failed = gateways(
        "import", "pulumi-python:dynamic/baseten:GatewayGroup", "acme", "grp1", "--yes", "--generate-code=false"
    )
    assert failed.code != 0


def test_an_id_that_a_preview_does_not_know_is_read_by_the_update(sandbox: SandboxFactory, stack: StackFactory) -> None:
    gateways = stack(
        sandbox().url,
        """
import pulumi
from pulumi_provider import GatewayGroup
id = pulumi.Output.from_input("grp1")
if pulumi.runtime.is_dry_run():
    id = pulumi.Output(set(), id.future(), pulumi.Output.from_input(False).future())
pulumi.export("name", GatewayGroup("acme", id).metadata["name"])
""",
    )
    gateways("preview").ok()
    gateways.up().ok()
    assert gateways.output()["name"] == "Acme"


def test_two_hundred_groups_are_read_in_parallel(
    sandbox: SandboxFactory, stack: StackFactory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The time is printed, not asserted: it is the machine's, and Pulumi's server has four threads.
    groups, latency, threads = 200, 0.05, 4
    file = tmp_path / "many.yaml"
    entry = "  - {metadata: {external_entity_id: g%d}, hierarchy: {}, models: [{slug: org/model}]}\n"
    text = "version: 1\ngroups:\n" + "".join(entry % number for number in range(groups))
    file.write_text(text, encoding="utf-8")
    live = sandbox(file, faults=[f"latency={latency * 1000:g}ms"])
    program = "import pulumi\nfrom pulumi_provider import GatewayGroup\nfor i in range(%d):\n    %s\n"
    gateways = stack(live.url, program % (0, "pass"))
    began = time.monotonic()
    gateways("preview").ok()
    empty = time.monotonic() - began
    gateways.write(program % (groups, "GatewayGroup(f'g{i}', f'grp{i + 1}')"))
    began = time.monotonic()
    gateways("preview").ok()
    taken = time.monotonic() - began
    assert len(live.targets()) == groups
    floor = math.ceil(groups / threads) * latency
    with capsys.disabled():
        print(f"\n{groups} groups, {latency * 1000:g} ms each: preview {taken:.1f} s, without groups {empty:.1f} s,")
        print(f"  bound by latency and Pulumi's {threads} threads {floor:.1f} s, in turn {groups * latency:.1f} s")
