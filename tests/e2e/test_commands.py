"""The other commands, as a newcomer tries them."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema
import pytest
import yaml

from drift import __version__
from drift.cli.app import COMMANDS
from drift.rules import RULES
from tests.e2e.conftest import EXAMPLE, PATIENCE, Drift


def test_version_imports_nothing_heavy(drift: Drift) -> None:
    """It is asked for in every CI log; it must not cost a second."""
    run = drift("--version")
    assert (run.code, run.out) == (0, f"baseten-drift {__version__}\n")

    script = (
        "import sys; sys.argv = ['drift', '--version']; from drift.__main__ import main; main(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert not loaded & {"click", "httpx", "pydantic", "deepdiff", "rich", "yaml", "msgspec", "asyncio"}


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["validate", str(EXAMPLE)], {"httpx", "deepdiff", "rich"}),
        (["explain"], {"httpx", "deepdiff", "rich", "pydantic", "yaml"}),
        (["comment", "--help"], {"httpx", "drift.forge.github"}),
        (["--help"], {"httpx", "deepdiff", "rich", "pydantic", "yaml"}),
    ],
)
def test_commands_import_what_they_need(arguments: list[str], absent: set[str]) -> None:
    script = f"import sys; from drift.cli import run; run({arguments!r}); print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert not set(done.stdout.decode().rpartition("LOADED")[2].split()) & absent


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_every_command_has_help(drift: Drift, command: list[str]) -> None:
    """In an interpreter of its own, which has imported nothing but what this command imports."""
    run = drift(*command, "--help", fresh=True)

    assert run.code == 0
    assert run.out.startswith("Usage: drift")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "did you mean `check`?"),
        (["check", "--api-kye-file", "x"], "--api-key-file"),
        (["check", "--api-key=topsecret"], "--api-key"),
        (["check", "--fail-on", "sometimes"], "restrictive"),
        (["check", "--output", "yaml"], "there are text, json"),
        (["check", "--timeout", "soon"], "write 90s"),
        (["check", "--shard", "9/8"], "there are only 1/8"),
        (["explain", "limit-rised"], "did you mean `limit-raised`?"),
        (["schema"], "desired|report"),
        (["demo", "nowhere.yaml"], "nowhere.yaml"),
        (["sandbox", "--fault", "explode"], "explode"),
        (["validate", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_wrong_command_line_exits_4_and_says_what_would_be_right(
    drift: Drift, arguments: list[str], said: str
) -> None:
    run = drift(*arguments)

    assert run.code == 4
    assert said in run.out + run.err
    assert "Traceback" not in run.err
    assert "topsecret" not in run.err


def test_validate_lists_every_problem_with_its_place(drift: Drift) -> None:
    (drift.directory / "a.yaml").write_text(
        "version: 1\ngroups:\n  - metadata: {external_entity_id: ''}\n    modls: []\n"
    )
    (drift.directory / "b.yaml").write_text("version: 2\n")

    run = drift("validate", "a.yaml", "b.yaml")

    assert run.code == 4
    assert "a.yaml:3:" in run.out
    assert "a.yaml:4:5: error[V20]" in run.out
    assert "did you mean `models`?" in run.out
    assert "b.yaml:1:" in run.out
    assert run.out.splitlines()[-1].startswith("invalid: 3 errors")


def test_validate_needs_no_key_and_speaks_json(drift: Drift) -> None:
    run = drift("validate", EXAMPLE, "--output", "json", key=None)

    assert run.code == 0
    assert json.loads(run.out) == {"valid": True, "groups": 8, "files": 4, "problems": []}


def test_warnings_make_files_invalid_only_when_asked(drift: Drift) -> None:
    (drift.directory / "a.yaml").write_text(
        "version: 1\ngroups:\n  - metadata: {external_entity_id: a}\n    models: []\n"
    )

    assert drift("validate", "a.yaml").code == 0
    assert drift("validate", "a.yaml", "--strict").code == 4
    assert drift("validate", "a.yaml", "--strict", "--ignore", "v04").code == 0


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        ("V16", "cannot ignore V16: it reports errors, and only warnings can be ignored", "drift explain V16 says"),
        ("V188", "cannot ignore 'V188': there is no such rule for desired files", "did you mean `V18`?"),
        ("everything", "cannot ignore 'everything': there is no such rule", "drift explain lists the rules"),
        ("limit-raised", "cannot ignore limit-raised: it is a finding about live groups", "--fail-on says"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "check"])
def test_only_rules_that_warn_can_be_ignored(drift: Drift, command: str, rule: str, message: str, hint: str) -> None:
    run = drift(command, EXAMPLE, "--ignore", "V18", "--ignore", rule)

    assert run.code == 4
    assert run.out == ""
    assert run.err.startswith(f"error: {message}")
    assert f"hint: {hint}" in run.err


def test_ignored_warnings_are_those_of_the_named_rules_only(drift: Drift) -> None:
    (drift.directory / "a.yaml").write_text(
        "version: 1\ngroups:\n- metadata: {external_entity_id: a, name: ''}\n  hierarchy: {}\n  models: [{slug: o/m}]\n"
    )

    assert "warning[V19]" in drift("validate", "a.yaml").out
    assert "warning[V19]" not in drift("validate", "a.yaml", "--ignore", "V19").out
    assert drift("validate", "a.yaml", "--ignore", "V19", "--ignore", "V03", "--strict").code == 0
    assert drift("validate", "a.yaml", "--strict", env={"DRIFT_VALIDATE_IGNORE": "V19 V03"}).code == 0


def test_init_copies_the_example_and_overwrites_nothing(drift: Drift) -> None:
    assert drift("init", "mine").code == 0
    assert drift("validate", "mine").code == 0
    (drift.directory / "mine" / "acme.yaml").write_text("my own work")

    again = drift("init", "mine")

    assert again.code == 4
    assert "exists already" in again.err
    assert (drift.directory / "mine" / "acme.yaml").read_text() == "my own work"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_meaning_and_a_remedy(rule: str) -> None:
    entry = RULES[rule]

    assert entry.title
    assert len(entry.explain) > 100


def test_explain_prints_one_rule_or_lists_all(drift: Drift) -> None:
    one = drift("explain", "LIMIT-raised")
    every = drift("explain")

    assert one.out.startswith("limit-raised: A threshold is higher than declared\n")
    assert [line.split()[0] for line in every.out.splitlines()] == list(RULES)


def test_schema_for_editors_accepts_the_example_and_refuses_a_typo(drift: Drift) -> None:
    schema = json.loads(drift("schema", "desired").out)
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)

    for path in EXAMPLE.glob("*.yaml"):
        validator.validate(yaml.safe_load(path.read_text()))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"version": 1, "grops": []})


def test_schema_of_the_report_is_a_schema(drift: Drift) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(drift("schema", "report").out))


def test_demo_shows_drift_of_many_kinds_and_succeeds(drift: Drift) -> None:
    run = drift("demo", key=None)

    rules = {rule for rule in RULES if f" {rule} [" in run.out}
    assert (run.code, run.err) == (0, "")
    assert len(rules) >= 8
    assert "The check exited with 0 before the changes and 2 after them" in run.out


def test_demo_works_on_files_of_ones_own(drift: Drift) -> None:
    (drift.directory / "a.yaml").write_text(
        "version: 1\ngroups:\n  - metadata: {external_entity_id: a}\n    models: [{slug: o/m}]\n"
        "  - metadata: {external_entity_id: b}\n    models: [{slug: o/m}]\n"
    )

    assert drift("demo", "a.yaml").code == 0


def test_sandbox_serves_until_it_is_told_to_stop(drift: Drift) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "drift", "sandbox", str(EXAMPLE), "--port", "0"],
        env=drift.environment(None),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = process.stdout.readline().decode()
    url = first.split(" at ")[1].split(";")[0]

    assert drift("check", EXAMPLE, "--api-url", url).code == 0
    request = urllib.request.Request(f"{url}/v1/gateway/groups", headers={"Authorization": "Bearer wrong"})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310
    refused.value.close()
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=PATIENCE)

    assert refused.value.code == 401
    assert process.returncode == 0
    assert b"GET /v1/gateway/groups?limit=1000 200" in log
    assert b"wrong" not in log


def test_sandbox_with_broken_files_says_so(drift: Drift, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\ngroups: 5\n")

    assert drift("sandbox", "a.yaml").code == 4
