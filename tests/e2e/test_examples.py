"""The examples for schedulers: their commands are commands, and do what they promise."""

import configparser
import shlex
import shutil
from pathlib import Path

import yaml

from tests.e2e.conftest import EXAMPLE, ROOT, Drift, SandboxFactory

EXAMPLES = ROOT / ".github" / "examples"


def places(drift: Drift, words: list[str], moved: dict[str, str]) -> list[str]:
    """The words after ``drift``, with the places of the example moved into the test's directory."""
    (drift.directory / "key").write_text("sandbox-key\n")
    assert words[0] == "drift"
    for old, new in moved.items():
        words = [word.replace(old, new) for word in words]
    return words[1:]


def test_the_cron_job_checks_a_mounted_config_map(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox()
    job = yaml.safe_load((EXAMPLES / "cronjob.yaml").read_text())
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    # Kubernetes mounts files as links into a hidden directory that an update replaces at once.
    mounted = drift.directory / "desired"
    shutil.copytree(EXAMPLE, mounted / "..2026_01_01")
    (mounted / "..data").symlink_to("..2026_01_01")
    for file in (mounted / "..2026_01_01").iterdir():
        (mounted / file.name).symlink_to(Path("..data") / file.name)
    command = places(drift, container["command"], {"/desired": "desired", "/run/secrets/baseten/api-key": "key"})

    run = drift(*command, key=None, env={"BASETEN_REMOTE_URL": live.url})
    assert run.code == 0, run.err


def test_the_systemd_service_leaves_a_report_and_metrics(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox()
    live.delete("acme-prod")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    unit.read(EXAMPLES / "baseten-drift.service")
    words = shlex.split(unit["Service"]["ExecStart"])[1:]
    (drift.directory / "state").mkdir()
    moved = {"/etc/baseten-drift/desired": str(EXAMPLE), "%d/api-key": "key", "%S/baseten-drift": "state"}

    run = drift(*places(drift, words, moved), key=None, env={"BASETEN_REMOTE_URL": live.url})
    assert run.code == 2, run.err
    assert sorted(file.name for file in (drift.directory / "state").iterdir()) == ["drift.prom", "report.json"]


def test_the_pre_commit_hook_validates(drift: Drift) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    shutil.copytree(EXAMPLE, drift.directory / "desired")
    command = shlex.split(hook["entry"])[1:]

    assert drift(*command, key=None).code == 0
    (drift.directory / "desired" / "acme.yaml").write_text("version: 2\n")
    assert drift(*command, key=None).code == 4
    assert hook["pass_filenames"] is False
