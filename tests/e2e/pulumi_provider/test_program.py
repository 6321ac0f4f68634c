"""Programs, run by the real SDK, whose groups the real server reads from a sandbox over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drift.sandbox.world import DEFAULT_KEY
from tests.e2e.conftest import EXAMPLE, Sandbox, SandboxFactory
from tests.e2e.pulumi_provider.engine import Engine
from tests.e2e.pulumi_provider.plugin import Plugin, Props, secret

Start = Callable[..., Engine]
Write = Callable[[str], Path]

PROGRAM = f"""
import pulumi
from pulumi_provider import GatewayGroup, declared_from_yaml
acme = GatewayGroup("acme", "grp1", declared=declared_from_yaml({str(EXAMPLE)!r}, "acme"))
pulumi.export("acme", {{"id": acme.id, "models": acme.models, "in_sync": acme.in_sync}})
pulumi.export("first", acme.models.apply(lambda models: models[0].rate_limits[1].threshold))
pulumi.export("by_name", acme.models.apply(lambda models: models[0]["rate_limits"][1]["threshold"]))
pulumi.export("parent", acme.hierarchy.apply(lambda hierarchy: repr(hierarchy.parent_group_id)))
pulumi.export("whole", acme.models.apply(lambda models: type(models[0].rate_limits[1].threshold).__name__))
"""


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def engine(live: Sandbox, known: Props | None = None, key: str | None = DEFAULT_KEY, **more: object) -> Engine:
            plugin = stack.enter_context(Plugin(key=key, url=live.url, config=known))
            env = {"BASETEN_REMOTE_URL": live.url, **({} if key is None else {"BASETEN_API_KEY": key})}
            return Engine(plugin, env, **more)  # type: ignore[arg-type] # passed on

        yield engine


@pytest.fixture
def program(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "__main__.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_outputs_are_known_in_the_first_preview(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    outcome = start(sandbox()).preview(program(PROGRAM))
    assert outcome.ok, outcome.said
    assert outcome.outputs["acme"]["id"] == "grp1"
    assert outcome.outputs["acme"]["in_sync"] is True
    assert outcome.outputs["acme"]["models"][0]["slug"] == "northwind/chat-large"
    assert outcome.outputs["first"] == outcome.outputs["by_name"] == 1_000_000
    assert outcome.outputs["parent"] == "None"
    assert outcome.outputs["whole"] == "int"


def test_a_second_update_sees_what_changed_live(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    live = sandbox()
    engine, path = start(live), program(PROGRAM)
    assert engine.up(path).read == ("acme",)
    assert engine.preview(path).read == ()
    assert engine.refresh(preview=True) == ()
    live.patch("acme", metadata={"name": "Somebody else"})
    assert engine.refresh(preview=True) == ("acme",)
    assert engine.preview(path).outputs["acme"]["in_sync"] is False
    assert engine.outputs["acme"]["in_sync"] is True
    assert engine.refresh() == ("acme",)
    assert engine.outputs["acme"]["in_sync"] is True, "a refresh leaves the stack's outputs alone"
    assert engine.up(path).outputs["acme"]["in_sync"] is False
    assert engine.refresh(preview=True) == ()


def test_a_deleted_group_leaves_the_state_and_fails_the_update(
    sandbox: SandboxFactory, start: Start, program: Write
) -> None:
    live = sandbox()
    path = program(f"from pulumi_provider import GatewayGroup\nGatewayGroup.get('i', {live.id_of('initech')!r})\n")
    engine = start(live)
    assert engine.preview(path).ok
    live.delete("initech")
    failed = engine.up(path)
    assert not failed.ok
    assert "was not found in this workspace" in failed.said
    assert engine.state == {}


def test_a_group_that_disappears_after_the_update_is_gone_at_the_refresh(
    sandbox: SandboxFactory, start: Start, program: Write
) -> None:
    live = sandbox()
    engine = start(live)
    engine.up(program(f"from pulumi_provider import GatewayGroup\nGatewayGroup('i', {live.id_of('initech')!r})\n"))
    live.delete("initech")
    assert engine.refresh() == ("i",)
    assert engine.state == {}


def test_drift_fails_a_preview_where_it_is_required_not_to_be(
    sandbox: SandboxFactory, start: Start, program: Write
) -> None:
    live = sandbox()
    path = program(PROGRAM + "acme.require_in_sync()\n")
    engine = start(live)
    assert engine.preview(path).ok
    live.patch("acme", metadata={"name": None})
    failed = engine.preview(path)
    assert not failed.ok
    assert "gateway group 'acme' is not as declared:" in failed.said
    assert 'low name-changed [neutral] metadata.name: "Acme" -> none' in failed.said


def test_the_function_finds_a_group_by_its_external_id(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    live = sandbox()
    path = program(
        f"""
import pulumi
from pulumi_provider import declared_from_yaml, get_gateway_group, get_gateway_group_output
group = get_gateway_group(external_entity_id="acme-prod", declared=declared_from_yaml({str(EXAMPLE)!r}, "acme-prod"))
assert group.id == "grp-acme-prod" and group.in_sync is True and group.hierarchy["parent_group_id"] == "grp1"
other = get_gateway_group_output(id=pulumi.Output.secret(group.hierarchy.parent_group_id))
pulumi.export("name", other.metadata.apply(lambda metadata: metadata.name))
pulumi.export("secret", pulumi.Output.from_input(other.is_secret()))
"""
    )
    engine = start(live)
    outcome = engine.preview(path)
    assert outcome.ok, outcome.said
    assert outcome.outputs["name"]["value"] == "Acme"
    assert outcome.outputs["secret"] is True
    assert engine.state == {}


REFUSED = {
    "get_gateway_group()": "either id or external_entity_id",
    "get_gateway_group(id='a', external_entity_id='b')": "either id or external_entity_id",
    "get_gateway_group(id='nobody')": "gateway group 'nobody' was not found",
    "get_gateway_group(external_entity_id='nobody')": "external id 'nobody' was not found",
    "get_gateway_group(external_entity_id='')": "must not be empty",
    "GatewayGroup('a', '')": "group_id must not be empty",
    "GatewayGroup('a', None)": "group_id must not be empty",
    "GatewayGroup('a', 5)": "must be text",
    "GatewayGroup('', 'grp1')": "a resource needs a name",
    "GatewayGroup('a', 'grp1', opts=pulumi.ResourceOptions(id='b'))": "opts.id is set by the constructor",
    "GatewayGroup('a', 'grp1', opts=pulumi.ResourceOptions(import_='b'))": "cannot be imported",
    "GatewayGroup('a', 'grp1', declared={'nam': 1})": 'V20 nam: unknown key "nam"',
    "GatewayGroup('a', 'grp1', declared='future')": "recorded declaration",
    "GatewayGroup('a', 'grp1').require_in_sync()": "require_in_sync needs `declared`",
    f"declared_from_yaml({str(EXAMPLE)!r}, 'nobody')": "no group 'nobody' is declared",
}


def test_what_cannot_be_used_is_refused_at_once(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    path = program(
        f"""
import pulumi
from pulumi_provider import GatewayGroup, declared_from_yaml, get_gateway_group
for line in {list(REFUSED)!r}:
    try:
        eval(line)
    except Exception as error:
        pulumi.export(line, f"{{type(error).__name__}}: {{error}}")
"""
    )
    outcome = start(sandbox()).preview(path)
    assert outcome.ok, outcome.said
    assert set(outcome.outputs) == set(REFUSED)
    for line, message in REFUSED.items():
        assert message in outcome.outputs[line]
        assert outcome.outputs[line].startswith(("RunError: ", "DeclaredError: "))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("GatewayGroup('a', 'acme')", "get_gateway_group(external_entity_id=...) looks it up"),
        ("GatewayGroup('a', pulumi.Output.from_input(''))", "must not be empty"),
        ("GatewayGroup('a', 'a/b')", "gateway group 'a/b' was not found"),
        ("GatewayGroup('a', 'grp1', declared=pulumi.Output.from_input({'nam': 1}))", "unknown key"),
    ],
)
def test_what_turns_out_to_be_useless_fails_the_preview(
    sandbox: SandboxFactory, start: Start, program: Write, line: str, message: str
) -> None:
    outcome = start(sandbox()).preview(program(f"import pulumi\nfrom pulumi_provider import GatewayGroup\n{line}\n"))
    assert not outcome.ok
    assert message in outcome.said


def test_an_id_that_a_preview_does_not_know_is_read_by_the_update(
    sandbox: SandboxFactory, start: Start, program: Write
) -> None:
    path = program(
        """
import pulumi
from pulumi_provider import GatewayGroup
id = pulumi.Output.from_input("grp1")
if pulumi.runtime.is_dry_run():
    id = pulumi.Output(set(), id.future(), pulumi.Output.from_input(False).future())
group = GatewayGroup("acme", id)
pulumi.export("name", group.metadata.apply(lambda metadata: metadata.name))
"""
    )
    engine = start(sandbox())
    preview = engine.preview(path)
    assert preview.ok, preview.said
    assert engine.up(path).outputs["name"] == "Acme"


def test_a_declaration_may_be_an_output_and_two_resources_one_group(
    sandbox: SandboxFactory, start: Start, program: Write
) -> None:
    path = program(
        """
import pulumi
from pulumi_provider import GatewayGroup
wrong = {"metadata": {"external_entity_id": "acme", "name": "Other"}}
one = GatewayGroup("one", "grp1", declared=pulumi.Output.from_input(wrong))
two = GatewayGroup("two", "grp1")
pulumi.export("one", one.differences)
pulumi.export("two", {"in_sync": two.in_sync, "differences": two.differences})
"""
    )
    outcome = start(sandbox()).up(path)
    assert outcome.ok, outcome.said
    assert [entry["rule"] for entry in outcome.outputs["one"]] == ["name-changed"]
    assert outcome.outputs["two"] == {"in_sync": None, "differences": []}
    assert outcome.read == ("one", "two")


def test_a_secret_declaration_stays_one(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    path = program(
        """
import pulumi
from pulumi_provider import GatewayGroup
declared = pulumi.Output.secret({"metadata": {"external_entity_id": "acme", "name": "Acme"}})
pulumi.export("in_sync", GatewayGroup("one", "grp1", declared=declared).in_sync)
"""
    )
    outcome = start(sandbox()).up(path)
    assert outcome.ok, outcome.said
    assert outcome.outputs["in_sync"] is True


def test_another_stack_reads_the_exported_outputs(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    live = sandbox()
    producer = start(live)
    assert producer.up(program(PROGRAM)).ok
    consumer = start(live, stacks={"organization/gateways/prod": producer})
    outcome = consumer.preview(
        program(
            """
import pulumi
ref = pulumi.StackReference("gateways", stack_name="organization/gateways/prod")
pulumi.export("slug", ref.require_output("acme").apply(lambda acme: acme["models"][0]["slug"]))
"""
        )
    )
    assert outcome.ok, outcome.said
    assert outcome.outputs["slug"] == "northwind/chat-large"


def test_a_key_in_the_configuration_has_to_be_a_secret(sandbox: SandboxFactory, start: Start, program: Write) -> None:
    live, path = sandbox(), program(PROGRAM)
    config = {"baseten:apiKey": DEFAULT_KEY, "baseten:apiUrl": live.url}
    plain = start(live, {**config}, None, config=config).preview(path)
    assert not plain.ok
    assert "configured as plain text" in plain.said
    assert DEFAULT_KEY not in plain.said
    kept = {**config, "baseten:apiKey": secret(DEFAULT_KEY)}
    engine = start(live, kept, None, config=config, secrets=("baseten:apiKey",))
    assert engine.up(path).ok
    assert DEFAULT_KEY not in repr((engine.state, engine.outputs))
