"""Pulumi's real command, with its state in a directory, against a sandbox over HTTP on loopback."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from drift.sandbox.world import DEFAULT_KEY
from tests.e2e.conftest import sandbox

__all__ = ["sandbox"]

MISSING = """\
tests/engine needs Pulumi's command with its Python language host on PATH:
  https://www.pulumi.com/docs/install/ (or `pulumi/actions` in a workflow), as new as the SDK of this environment;
then: uv run --with pip pytest tests/engine
"""
PASSPHRASE = "correct-horse"


class Done(NamedTuple):
    """What one command left behind."""

    code: int
    said: str

    def ok(self) -> str:
        assert self.code == 0, self.said
        return self.said


class Workspace:
    """A directory with a backend, where stacks of several projects live."""

    def __init__(self, directory: Path, home: Path) -> None:
        self.directory = directory
        self.backend = directory / "backend"
        self.backend.mkdir()
        self.home = home

    def stack(self, name: str, program: str, *, runtime: str = "python", file: str = "__main__.py") -> "Stack":
        directory = self.directory / name
        directory.mkdir()
        (directory / "Pulumi.yaml").write_text(f"name: {name}\nruntime: {runtime}\n", encoding="utf-8")
        stack = Stack(self, name, directory / file)
        stack.write(program)
        stack("stack", "init", "dev").ok()
        return stack


class Stack:
    """One stack of one project; calling it runs ``pulumi`` in the project's directory."""

    def __init__(self, workspace: Workspace, project: str, program: Path) -> None:
        self.workspace = workspace
        self.project = project
        self.program = program
        self.env: dict[str, str] = {}
        self.said = ""
        """Everything that any command printed."""

    def write(self, program: str) -> None:
        self.program.write_text(program, encoding="utf-8")

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            [shutil.which("pulumi") or "pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.program.parent,
            env={
                "PATH": os.environ["PATH"],  # noqa: TID251 - passed on to the command
                "HOME": str(self.workspace.home),
                "PULUMI_HOME": str(self.workspace.home),
                "PULUMI_BACKEND_URL": self.workspace.backend.as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_PYTHON_CMD": sys.executable,
                **self.env,
                **(env or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.said += done.stdout
        return Done(done.returncode, done.stdout)

    def up(self, **env: str) -> Done:
        return self("up", "--yes", "--skip-preview", env=env)

    def drift(self, **env: str) -> Done:
        """The command of the scheduled job."""
        return self("refresh", "--preview-only", "--expect-no-changes", "--run-program=false", env=env)

    def output(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self("stack", "output", "--json").ok())
        return outputs

    @property
    def state(self) -> bytes:
        return (self.workspace.backend / ".pulumi" / "stacks" / self.project / "dev.json").read_bytes()

    def groups(self) -> dict[str, dict[str, Any]]:
        """What the state records of groups, by resource name."""
        resources = json.loads(self.state)["checkpoint"]["latest"].get("resources", [])
        return {r["urn"].rpartition("::")[2]: r for r in resources if r["type"].endswith("baseten:GatewayGroup")}


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("pulumi") or not shutil.which("pulumi-language-python"):
        pytest.exit(MISSING, returncode=1)
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture
def workspace(tmp_path: Path, pulumi_home: Path) -> Workspace:
    return Workspace(tmp_path, pulumi_home)


StackFactory = Callable[..., Stack]


@pytest.fixture
def stack(workspace: Workspace) -> StackFactory:
    """A stack whose groups are those of a sandbox; the key is in the environment."""

    def start(url: str, program: str, name: str = "gateways") -> Stack:
        made = workspace.stack(name, program)
        made.env = {"BASETEN_REMOTE_URL": url, "BASETEN_API_KEY": DEFAULT_KEY}
        return made

    return start
