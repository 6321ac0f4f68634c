"""The scripts of the composite action, in what a runner gives them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.e2e.conftest import EXAMPLE, PATIENCE, ROOT, Drift, Sandbox, SandboxFactory
from tests.e2e.fake_github import REPOSITORY, TOKEN, FakeGitHub, fake_github

ACTION = ROOT / ".github" / "actions" / "drift-report"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
INPUTS = {"PATHS": str(EXAMPLE), "BASE": "", "FAIL_ON": "", "STRICT": "false", "SARIF": "false"}
SHIM = """#!{python}
import os, sys, json
with open({log!r}, "a") as file:
    print(json.dumps(sys.argv[1:]), file=file)
os.execv({python!r}, [{python!r}, "-m", "drift", *sys.argv[1:]])
"""


class Done(NamedTuple):
    code: int
    log: str
    outputs: dict[str, str]
    summary: str


class Runner:
    """Runs a script of the action as a step, and remembers every command line of ``drift``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._calls = directory / "calls"
        (directory / "bin").mkdir()
        shim = directory / "bin" / "drift"
        shim.write_text(SHIM.format(python=sys.executable, log=str(self._calls)))
        shim.chmod(0o755)

    def __call__(self, script: str, **env: str) -> Done:
        output, summary = self.directory / "output", self.directory / "summary"
        output.write_text("")
        summary.write_text("before\n")
        basic = Drift.environment(None)
        done = subprocess.run(
            ["/bin/bash", ACTION / script],
            cwd=self.directory,
            env={
                **basic,
                "PATH": f"{self.directory / 'bin'}:{basic['PATH']}",
                "PYTHONPATH": str(ROOT),
                "RUNNER_TEMP": str(self.directory),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_RUN_ID": "11",
                **env,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        pairs = (line.partition("=") for line in output.read_text().splitlines())
        return Done(
            done.returncode,
            done.stdout + done.stderr,
            {name: value for name, _, value in pairs},
            summary.read_text().removeprefix("before\n"),
        )

    def command_lines(self) -> list[list[str]]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture
def live(sandbox: SandboxFactory) -> Sandbox:
    live = sandbox()
    live.patch("acme", metadata={"name": "::error::x $(touch owned) `id`"})
    return live


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with fake_github() as served:
        yield served


def check(runner: Runner, live: Sandbox, **more: str) -> Done:
    return runner("check", BASETEN_API_KEY="sandbox-key", BASETEN_REMOTE_URL=live.url, **(INPUTS | more))


def test_drift_is_in_outputs_annotations_and_summary(runner: Runner, live: Sandbox) -> None:
    done = check(runner, live, SARIF="true")

    assert done.code == 0
    report = runner.directory / "drift-report" / "report.json"
    assert done.outputs == {
        "verdict": "drift",
        "drift-count": "1",
        "exit-code": "2",
        "report-path": str(report),
        "sarif-path": str(report.with_suffix(".sarif")),
    }
    assert len(re.findall("(?m)^::notice file=", done.log)) == 1
    assert not re.search("(?m)^::error", done.log)
    assert done.summary.startswith("## Drift: 1 finding")
    assert json.loads(report.read_text())["verdict"] == "drift"
    assert json.loads(report.with_suffix(".sarif").read_text())["version"] == "2.1.0"
    assert not (runner.directory / "owned").exists()


def test_without_a_key_the_files_are_validated_and_it_is_said(runner: Runner) -> None:
    done = runner("check", **INPUTS)

    assert done.code == 0
    assert (done.outputs["verdict"], done.outputs["exit-code"], done.outputs["report-path"]) == ("valid", "0", "")
    assert "::notice::BASETEN_API_KEY is not set" in done.log
    assert "live groups not read" in done.summary

    (runner.directory / "bad.yaml").write_text("version: 2\n")
    wrong = runner("check", **(INPUTS | {"PATHS": "bad.yaml"}))
    assert (wrong.outputs["verdict"], wrong.outputs["exit-code"]) == ("invalid", "4")


def test_inputs_are_data(runner: Runner, live: Sandbox) -> None:
    check(runner, live, PATHS=f"  {EXAMPLE}/acme.yaml\n\n$(touch owned)\n--help\n", FAIL_ON="high", STRICT="true")

    (line,) = runner.command_lines()
    assert line[line.index("--") :] == ["--", f"{EXAMPLE}/acme.yaml", "$(touch owned)", "--help"]
    assert {"--fail-on=high", "--strict"} < set(line)
    assert not (runner.directory / "owned").exists()


def test_options_that_cannot_be_meant_fail_the_step(runner: Runner, live: Sandbox) -> None:
    done = check(runner, live, FAIL_ON="sometimes")

    assert done.code == 4
    assert "::error::drift check could not run" in done.log
    assert "verdict" not in done.outputs


def test_the_comment_goes_by_file_and_http_not_by_command_line(
    runner: Runner, live: Sandbox, github: FakeGitHub
) -> None:
    report = check(runner, live).outputs["report-path"]
    step = {"REPORT": report, "NUMBER": "7", "MARKER": "eu", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url}
    done = runner("comment", **step)

    assert (done.code, done.log) == (0, "comment: created\n")
    assert github.bodies()[0].startswith("<!-- baseten-drift:eu -->\n## Drift")
    link = f"https://github.com/{REPOSITORY}/actions/runs/11"
    assert runner.command_lines()[-1] == [
        *("comment", report, "--repo", REPOSITORY, "--pr", "7", "--marker=eu", "--link", link)
    ]


def test_a_token_that_may_not_comment_fails_nothing(runner: Runner, live: Sandbox, github: FakeGitHub) -> None:
    report = check(runner, live).outputs["report-path"]
    github.failing["POST"] = [403]
    step = {"REPORT": report, "NUMBER": "7", "MARKER": "drift", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url}
    done = runner("comment", **step)

    assert done.code == 0
    assert "from a fork never gets them" in done.log
    assert "::warning::the comment" in done.log


def test_reports_of_scheduled_runs_are_kept_with_history_and_metrics(runner: Runner, live: Sandbox) -> None:
    report = check(runner, live).outputs["report-path"]
    history = runner.directory / "drift-history"
    history.mkdir()
    for number in range(400):
        (history / f"20250101T{number:06}Z-1.json").write_bytes(Path(report).read_bytes())
    done = runner("keep", REPORT=report)

    assert done.code == 0, done.log
    kept = sorted(file.name for file in history.iterdir())
    assert (len(kept), kept[0], kept[-1][-8:]) == (400, "20250101T000001Z-1.json", "-11.json")
    assert (Path(report).parent / "drift.prom").read_text().endswith("# EOF\n")
    assert json.loads((Path(report).parent / "history.json").read_text())


@pytest.mark.parametrize("path", [ACTION / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_no_script_has_an_expression_in_it_and_every_action_is_pinned(path: Path) -> None:
    def steps(node: object) -> Iterator[dict[str, Any]]:
        match node:
            case {"steps": list(found)}:
                yield from found
            case dict():
                for value in node.values():
                    yield from steps(value)

    found = list(steps(yaml.safe_load(path.read_text())))
    assert found
    for step in found:
        assert "${{" not in step.get("run", "")
        uses = step.get("uses", "./")
        assert uses.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", uses)
        if uses.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
