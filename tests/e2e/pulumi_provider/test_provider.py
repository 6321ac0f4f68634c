"""The provider in Pulumi's own process, call by call, against a sandbox over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drift.sandbox.world import DEFAULT_KEY
from pulumi_provider.declared import declared_from_yaml
from tests.e2e.conftest import EXAMPLE, Sandbox, SandboxFactory
from tests.e2e.pulumi_provider.plugin import PROVIDER, Plugin, PluginError, inputs, secret

SECRET_KEY = "prefix.not-to-be-seen-anywhere"
DIFF_NONE = 1


def plugin(sandbox: Sandbox, key: str | None = DEFAULT_KEY, **more: object) -> Plugin:
    return Plugin(key=key, url=sandbox.url, **more)  # type: ignore[arg-type] # passed on


def test_a_group_is_read_with_its_declaration(sandbox: SandboxFactory) -> None:
    live = sandbox()
    declared = declared_from_yaml(EXAMPLE, "acme-prod")
    with plugin(live) as provider:
        id_, outs = provider.read("grp-acme-prod", inputs=inputs(declared))
    assert id_ == "grp-acme-prod"
    assert outs["metadata"] == {"external_entity_id": "acme-prod", "name": "Acme production"}
    assert outs["hierarchy"] == {"limit_enforcement": "INDEPENDENT", "parent_group_id": live.id_of("acme")}
    assert [model["slug"] for model in outs["models"]] == ["northwind/chat-large", "northwind/embed"]
    assert outs["effective_models"][0]["usage_limits"][0]["source_group"] == live.id_of("acme")
    assert (outs["in_sync"], outs["differences"]) == (True, [])
    assert outs["declared"] == declared
    assert outs["__provider"] == PROVIDER


def test_every_shape_of_request_gives_the_same_outputs(sandbox: SandboxFactory) -> None:
    sent = inputs(declared_from_yaml(EXAMPLE, "acme"))
    with plugin(sandbox()) as provider:
        first = provider.read("grp1", inputs=sent)
        assert provider.read("grp1", props=sent, inputs=sent) == first
        assert provider.read("grp1", props=first[1], inputs=sent) == first
        assert provider.read("grp1", props=first[1]) == first


def test_a_live_change_changes_the_outputs_and_says_what_differs(sandbox: SandboxFactory) -> None:
    live = sandbox()
    with plugin(live) as provider:
        _, before = provider.read("grp1", inputs=inputs(declared_from_yaml(EXAMPLE, "acme")))
        live.patch("acme", metadata={"name": "Acme (old)"})
        _, after = provider.read("grp1", props=before)
        live.patch("acme", metadata={"name": "Acme"})
        _, again = provider.read("grp1", props=after)
    assert before["in_sync"] is True
    assert after["in_sync"] is False
    assert after["differences"] == [
        {
            "rule": "name-changed",
            "severity": "low",
            "direction": "neutral",
            "path": ["metadata", "name"],
            "declared": '"Acme"',
            "live": '"Acme (old)"',
        }
    ]
    assert again == before


def test_a_root_and_large_numbers_cross_the_wire_whole(sandbox: SandboxFactory, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    limit = "{type: TOKEN, unit: DAY, threshold: %d}"
    text = "version: 1\ngroups:\n  - metadata: {external_entity_id: a}\n    hierarchy: {limit_enforcement: CASCADING}\n"
    file.write_text(text + f"    models: [{{slug: org/a, usage_limits: [{limit % (2**60 + 1)}]}}]\n", encoding="utf-8")
    live = sandbox(file)
    with plugin(live) as provider:
        _, outs = provider.read("grp1", inputs=inputs(declared_from_yaml(file, "a")))
        usage = {"type": "TOKEN", "unit": "DAY", "threshold": 2**60 + 3}
        live.patch("a", models=[{"slug": "org/a", "usage_limits": [usage]}])
        _, changed = provider.read("grp1", props=outs)
    assert outs["in_sync"] is True
    (difference,) = changed["differences"]
    assert (difference["declared"], difference["live"]) == (str(2**60 + 1), str(2**60 + 3))


def test_a_deleted_group_is_gone_at_a_refresh_and_an_error_otherwise(sandbox: SandboxFactory) -> None:
    live = sandbox()
    id_ = live.id_of("initech")
    with plugin(live) as provider:
        _, recorded = provider.read(id_, inputs=inputs())
        live.delete("initech")
        gone, outs = provider.read(id_, props=recorded)
        assert (gone, set(outs)) == ("", {"__provider"})
        with pytest.raises(PluginError, match=f"gateway group '{id_}' was not found in this workspace"):
            provider.read(id_, inputs=inputs())
        with pytest.raises(PluginError, match="not found"):
            provider.read(id_, props=inputs(), inputs=inputs())


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("403", "HTTP 403"),
        ("404:type=text/html", "HTTP 404"),
        ("500", "HTTP 500"),
        ("latency=3s", "within|timed out"),
    ],
)
def test_whatever_is_no_answer_is_an_error_also_at_a_refresh(sandbox: SandboxFactory, fault: str, message: str) -> None:
    healthy = sandbox()
    with plugin(healthy) as provider:
        _, recorded = provider.read("grp1", inputs=inputs())
    with (
        plugin(sandbox(faults=[fault]), config={"baseten:timeout": "2s"}) as provider,
        pytest.raises(PluginError, match=message) as error,
    ):
        provider.read("grp1", props=recorded)
    assert DEFAULT_KEY not in str(error.value)


def test_a_group_of_another_workspace_is_forbidden_not_gone(sandbox: SandboxFactory) -> None:
    with plugin(sandbox(foreign=["theirs"])) as provider:
        for request in ({"props": {**inputs(), "created_at": "2026-01-01T00:00:00Z"}}, {"inputs": inputs()}):
            with pytest.raises(PluginError, match="HTTP 403"):
                provider.read("theirs", **request)


def test_a_wrong_key_is_named_by_its_origin_and_never_shown(sandbox: SandboxFactory) -> None:
    live = sandbox()
    with plugin(live, SECRET_KEY) as provider, pytest.raises(PluginError) as error:
        provider.read("grp1", inputs=inputs())
    assert "HTTP 401" in str(error.value)
    assert "the key came from BASETEN_API_KEY" in str(error.value)
    config = {"baseten:apiKey": secret(SECRET_KEY)}
    with plugin(live, None, config=config) as other, pytest.raises(PluginError) as recorded:
        other.read("grp1", inputs=inputs())
    assert "baseten:apiKey" in str(recorded.value)
    assert "a refresh uses the baseten:apiKey of the last update" in str(recorded.value)
    for text in (str(error.value), str(recorded.value), *provider.said, *other.said):
        assert "not-to-be-seen" not in text


def test_a_key_from_the_configuration_is_accepted_with_blanks_around_it(sandbox: SandboxFactory) -> None:
    with plugin(sandbox(), None, config={"baseten:apiKey": secret(f" {DEFAULT_KEY}\n")}) as provider:
        id_, outs = provider.read("grp1", inputs=inputs())
    assert id_ == "grp1"
    assert DEFAULT_KEY not in repr(outs)


def test_without_a_key_a_read_fails_and_a_delete_does_not(sandbox: SandboxFactory) -> None:
    with plugin(sandbox(), None) as provider:
        with pytest.raises(PluginError, match="no API key"):
            provider.read("grp1", inputs=inputs())
        provider.delete("grp1", inputs())


@pytest.mark.parametrize("url", ["http://api.example.com", "not a url"])
def test_a_url_that_would_give_the_key_away_is_refused(url: str) -> None:
    with Plugin(key=DEFAULT_KEY, url=url) as provider, pytest.raises(PluginError, match="API URL"):
        provider.read("grp1", inputs=inputs())


def test_nothing_is_ever_written(sandbox: SandboxFactory) -> None:
    live = sandbox()
    with plugin(live) as provider:
        _, recorded = provider.read("grp1", inputs=inputs())
        assert provider.check({}, inputs()) != []
        assert provider.diff("grp1", recorded, inputs()) == DIFF_NONE
        with pytest.raises(PluginError, match="read-only"):
            provider.create(inputs())
        with pytest.raises(PluginError, match="read-only"):
            provider.update("grp1", recorded, inputs())
        provider.delete("grp1", recorded)
    assert {target.split()[0] for target in live.targets()} == {"GET"}


def test_an_import_is_refused_by_pulumi_itself(sandbox: SandboxFactory) -> None:
    # pulumi import sends neither inputs nor state; if this ever changes, document that it works.
    with plugin(sandbox()) as provider, pytest.raises(PluginError, match="KeyError: '__provider'"):
        provider.read("grp1", props={}, inputs={})


@pytest.mark.parametrize("id_", ["", "a/b", "../x", "..", "grp1?x=1", "\u2028", "x" * 5000])
def test_ids_that_cannot_be_are_errors(sandbox: SandboxFactory, id_: str) -> None:
    live = sandbox()
    with plugin(live) as provider, pytest.raises(PluginError, match="GroupReadError") as error:
        provider.read(id_, inputs=inputs())
    assert "KeyError" not in str(error.value)
    assert all(target.startswith("GET /v1/gateway/groups/") for target in live.targets())


@pytest.mark.parametrize("fault", ["html", "not-json", "threshold=NaN", "truncate", "drop"])
def test_answers_that_are_no_group_are_errors(sandbox: SandboxFactory, fault: str) -> None:
    live = sandbox(faults=[fault])
    with plugin(live) as provider, pytest.raises(PluginError, match="could not be read"):
        provider.read("grp1", inputs=inputs())


def test_many_reads_at_once_share_one_configuration(sandbox: SandboxFactory) -> None:
    live = sandbox()
    with plugin(live) as provider, ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: provider.read("grp1", inputs=inputs()), range(40)))
    assert all(answer == answers[0] for answer in answers)
    assert len(live.targets()) == 40


def test_errors_are_short(sandbox: SandboxFactory) -> None:
    with plugin(sandbox(), SECRET_KEY) as provider, pytest.raises(PluginError) as error:
        provider.read("grp1", inputs=inputs())
    lines = str(error.value).strip().splitlines()
    assert lines[-1].startswith("pulumi_provider.errors.GroupReadError: gateway group 'grp1' could not be read")
    assert sum("  File " in line for line in lines) <= 4
    assert "During handling" not in str(error.value)
