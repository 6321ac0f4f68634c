"""The repair, from the plan to a workspace in sync, by the hands of curl."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from drift.plan.values import Plan
from drift.render import PLANS
from drift.sandbox.world import DEFAULT_KEY
from tests.e2e.conftest import EXAMPLE, PATIENCE, Drift, Run, Sandbox, SandboxFactory
from tests.hostile import HOSTILE

needs_curl = pytest.mark.usefixtures("curl")
SHELLCHECK = shutil.which("shellcheck")

POOL = """\
version: 1
groups:
  - metadata: {external_entity_id: pool, name: Pool}
    hierarchy: {limit_enforcement: CASCADING}
    models:
      - slug: org/model
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 900}, {type: REQUEST, unit: MINUTE, threshold: 10}]
  - metadata: {external_entity_id: child, name: "it's $(touch owned) `touch owned`"}
    hierarchy: {parent: pool}
    manage: listed
    models:
      - slug: org/model
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 900}, {type: REQUEST, unit: MINUTE, threshold: 10}]
"""


def rates(token: int, request: int) -> list[dict[str, object]]:
    return [
        {
            "slug": "org/model",
            "rate_limits": [
                {"type": "TOKEN", "unit": "MINUTE", "threshold": token},
                {"type": "REQUEST", "unit": "MINUTE", "threshold": request},
            ],
        }
    ]


@pytest.fixture
def curl() -> None:
    """What the script sends with."""
    if shutil.which("curl") is None:
        pytest.fail("the script of a plan sends with curl: install curl to have it tested")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    path = tmp_path / "pool.yaml"
    path.write_text(POOL)
    return path


def drifted(live: Sandbox) -> Sandbox:
    """Both groups have less of the one limit and more of the other, and the child a model that nobody declared."""
    for name in ("child", "pool"):
        live.patch(name, models=rates(500, 10))
    for name in ("pool", "child"):
        live.patch(name, models=rates(500, 70))
    live.patch("child", models=[*rates(500, 70), {"slug": "org/'; touch owned; '"}], metadata={"name": "\x1b[2J\n`x`"})
    return live


def run_script(drift: Drift, script: str, *, key: str = DEFAULT_KEY, path: str | None = None) -> Run:
    file = drift.directory / "plan.sh"
    file.write_text(script, encoding="ascii")
    env = drift.environment(key)
    done = subprocess.run(
        ["/bin/sh", str(file)],
        cwd=drift.directory,
        env={**env, **({"PATH": path} if path else {})},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def planned(drift: Drift, live: Sandbox, path: Path, output: str = "sh") -> Run:
    return drift("plan", path, "--api-url", live.url, "--output", output, "--yes-large")


@needs_curl
@pytest.mark.parametrize("tools", ["all", "jq"])
def test_the_script_brings_everything_in_sync(drift: Drift, sandbox: SandboxFactory, pool: Path, tools: str) -> None:
    live = drifted(sandbox(pool))
    path = None
    if tools == "jq":
        if shutil.which("jq") is None:
            pytest.fail("the script can do with jq instead of python3: install jq to have that tested")
        path = str(linked(drift.directory / "bin"))
    script = planned(drift, live, pool)
    assert (script.code, script.err) == (2, "")
    assert {target.split()[0] for target in live.targets()} == {"GET"}

    run = run_script(drift, script.out, path=path)

    assert run.code == 0, run.err
    assert "all 3 steps done" in run.err
    assert drift("check", pool, "--api-url", live.url).code == 0
    child = live.world.find("child")
    assert child is not None
    assert "org/'; touch owned; '" in [model.slug for model in child.models]
    assert not (drift.directory / "owned").exists()
    assert drift("plan", pool, "--api-url", live.url).code == 0
    again = run_script(drift, script.out, path=path)
    assert (again.code, again.err.count("done already")) == (0, 3)


def linked(directory: Path) -> Path:
    """A directory with the tools that the script needs, and no Python."""
    directory.mkdir()
    for tool in ("curl", "jq", "mktemp", "rm", "cat", "head", "tr"):
        (directory / tool).symlink_to(shutil.which(tool) or "/nowhere")
    return directory


@needs_curl
def test_the_script_stops_where_live_moved(drift: Drift, sandbox: SandboxFactory, pool: Path) -> None:
    live = drifted(sandbox(pool))
    script = planned(drift, live, pool).out
    live.patch("pool", metadata={"name": "somebody was here"})

    run = run_script(drift, script)

    assert run.code == 1
    assert "stopped: step 2: live moved: the group is not what the plan was made from; nothing was sent" in run.err
    assert "1 of 3 steps done. Run drift plan again" in run.err
    moved = live.world.find("pool")
    assert moved is not None
    assert moved.metadata.name == "somebody was here"
    assert run_script(drift, planned(drift, live, pool).out).code == 0
    assert drift("check", pool, "--api-url", live.url).code == 0


@needs_curl
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "BASETEN_API_KEY is not set"),
        ("wrong-key", "HTTP 401"),
        ('a"\nurl = "http://evil.example', "no key has"),
        ("a b", "no key has"),
        ("a\\b", "no key has"),
    ],
)
def test_the_script_never_shows_its_key(drift: Drift, sandbox: SandboxFactory, pool: Path, key: str, said: str) -> None:
    live = drifted(sandbox(pool))

    run = run_script(drift, "set -x\n" + planned(drift, live, pool).out, key=key)

    assert run.code == 1
    assert said in run.err
    assert not key or key not in run.err
    assert not [target for target in live.targets() if target.startswith("PATCH")]


@needs_curl
def test_the_key_is_on_no_command_line(drift: Drift, sandbox: SandboxFactory, pool: Path) -> None:
    """A curl that writes down what it is called with."""
    live = drifted(sandbox(pool))
    spy = drift.directory / "bin"
    spy.mkdir()
    (spy / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>calls\nexec {shutil.which("curl")} "$@"\n')
    (spy / "curl").chmod(0o755)

    run = run_script(drift, planned(drift, live, pool).out, path=f"{spy}:{os.defpath}:/usr/bin:/bin")

    calls = (drift.directory / "calls").read_text()
    assert (run.code, "PATCH" in calls, DEFAULT_KEY in calls) == (0, True, False)


def test_text_and_json_show_the_same_steps(drift: Drift, sandbox: SandboxFactory, pool: Path) -> None:
    live = drifted(sandbox(pool))

    text, document = planned(drift, live, pool, "text"), planned(drift, live, pool, "json")

    plan = json.loads(document.out)
    assert (text.code, document.code, plan["exit_code"]) == (2, 2, 2)
    assert text.out.startswith("plan: 3 steps for 2 groups\n  touches 2 of 2 declared groups (100 %)")
    assert "access removed: none\n" in text.out
    assert "\x1b" not in text.out
    for step in plan["steps"]:
        assert f"PATCH {step['url']}\n  {json.dumps(step['body'], separators=(',', ':'))}\n" in text.out
    assert [step["completes"] for step in plan["steps"]] == [False, True, True]


def test_a_large_plan_has_to_be_asked_for(drift: Drift, sandbox: SandboxFactory, pool: Path) -> None:
    live = drifted(sandbox(pool))

    for output in ("text", "json", "sh"):
        run = drift("plan", pool, "--api-url", live.url, "--output", output)
        assert run.code == 4
        assert "error: the plan would touch 2 of 2 declared groups (100 %), more than 30 %" in run.err
        assert "PATCH" not in run.out
    assert run_script(drift, run.out).code == 1


def test_what_could_not_be_read_makes_it_incomplete(drift: Drift, sandbox: SandboxFactory) -> None:
    run = drift("plan", EXAMPLE, "--api-url", sandbox(faults=["pages=3", "302:from=2"]).url)

    assert run.code == 3
    assert run.out.startswith("INCOMPLETE plan, not everything was read")


@pytest.mark.parametrize(("key", "code"), [(None, 4), ("wrong-key", 5)])
def test_without_a_good_key_every_format_is_one_document(
    drift: Drift, sandbox: SandboxFactory, key: str | None, code: int
) -> None:
    live = sandbox()

    document = drift("plan", EXAMPLE, "--api-url", live.url, "--output", "json", key=key)

    assert (document.code, json.loads(document.out)["exit_code"]) == (code, code)


def test_a_plan_can_be_made_from_a_snapshot(drift: Drift, sandbox: SandboxFactory, pool: Path) -> None:
    live = drifted(sandbox(pool))
    drift("snapshot", "live.json", "--api-url", live.url)

    run = drift("plan", pool, "--live", "live.json", "--output", "json", "--yes-large", key=None)

    assert (run.code, run.err) == (2, "")
    assert json.loads(run.out)["steps"] == json.loads(planned(drift, live, pool, "json").out)["steps"]


def test_shellcheck_has_nothing_to_say_whatever_groups_are_called(
    drift: Drift, sandbox: SandboxFactory, pool: Path
) -> None:
    plan = json.loads(planned(drift, drifted(sandbox(pool)), pool, "json").out)
    plan["steps"] = [
        {
            **plan["steps"][0],
            "number": number,
            "group": {"id": "grp1", "external_entity_id": text, "name": text},
            "changes": [text],
        }
        for number, text in enumerate([text for name, text in HOSTILE.items() if name != "lone-surrogate"], 1)
    ]
    script = drift.directory / "plan.sh"
    script.write_text(as_script(plan), encoding="ascii")

    assert SHELLCHECK, "shellcheck comes with the development dependencies: uv sync"
    run = subprocess.run(
        [SHELLCHECK, "--shell=sh", str(script)], capture_output=True, text=True, check=False, timeout=60
    )

    assert (run.returncode, run.stdout) == (0, "")


def as_script(plan: object) -> str:
    return PLANS.render(msgspec.convert(plan, Plan), "sh")
