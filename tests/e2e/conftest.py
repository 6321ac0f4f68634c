"""The real command in a process of its own, against a sandbox over HTTP on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import jsonschema
import pytest

from drift.desired import load_desired
from drift.render.json import schema
from drift.sandbox.fault_text import parse_fault
from drift.sandbox.faults import Fault, Faults, happening
from drift.sandbox.seeding import seed
from drift.sandbox.server import Served, serve
from drift.sandbox.wire import GROUPS_PATH
from drift.sandbox.world import DEFAULT_KEY, World
from tests.e2e.forks import Forks

pytest.register_assert_rewrite("tests.e2e.faults")

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "desired"
PATIENCE = 120
"""How many seconds a run of the command may take on a machine that is busy with something else."""


class Run(NamedTuple):
    """What one run of the command left behind."""

    code: int
    out: str
    err: str


@cache
def published() -> jsonschema.Draft202012Validator:
    """The schema that `drift schema report` prints."""
    return jsonschema.Draft202012Validator(schema())


class Drift:
    """Runs ``drift`` in its own process, in a directory of its own, with nothing of the caller's environment."""

    def __init__(self, directory: Path, forks: Forks) -> None:
        self.directory = directory
        self._forks = forks

    def __call__(
        self,
        *arguments: str | Path,
        key: str | None = DEFAULT_KEY,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        fresh: bool = False,
    ) -> Run:
        """Run the command in a fork; ``fresh`` starts an interpreter for it, as users do."""
        run = self._run([*map(str, arguments)], self.environment(key, env), stdin, fresh=fresh)
        if arguments and arguments[0] in {"check", "render"}:
            self._validate_reports(run, list(map(str, arguments)))
        return run

    def _run(self, arguments: Sequence[str], environment: Mapping[str, str], stdin: bytes, *, fresh: bool) -> Run:
        if fresh or any(name.startswith("PYTHON") for name in environment):  # which only a start reads
            done = subprocess.run(
                [sys.executable, "-m", "drift", *arguments],
                cwd=self.directory,
                env=environment,
                input=stdin,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
            return Run(done.returncode, done.stdout.decode(), done.stderr.decode())
        ended = self._forks.run(
            arguments, directory=self.directory, environment=environment, stdin=stdin, timeout=PATIENCE
        )
        return Run(ended.code, ended.out.decode(), ended.err.decode())

    def _validate_reports(self, run: Run, arguments: Sequence[str]) -> None:
        """Whatever JSON report a test makes must be what `drift schema report` says."""
        if {"json", "json=-", "--output=json"} & set(arguments) and run.out:
            published().validate(json.loads(run.out))
        for argument in arguments:
            name = argument.removeprefix("--output=")
            path = self.directory / name.removeprefix("json=")
            if name.startswith("json=") and path.is_file():
                published().validate(json.loads(path.read_bytes()))

    @staticmethod
    def environment(key: str | None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251 - passed on to the command
            if name.startswith(("COV", "PATH", "SYSTEMROOT"))
        }
        return {**kept, **({} if key is None else {"BASETEN_API_KEY": key}), **(more or {})}


class Sandbox:
    """A sandbox over HTTP, and the hands that change its groups."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.world = served.world
        self.url = served.url

    def id_of(self, external_entity_id: str) -> str:
        group = self.world.find(external_entity_id)
        assert group is not None
        return group.id

    def patch(self, external_entity_id: str, **payload: object) -> None:
        self.ask("PATCH", f"{GROUPS_PATH}/{self.id_of(external_entity_id)}", payload)

    def delete(self, external_entity_id: str) -> None:
        self.ask("DELETE", f"{GROUPS_PATH}/{self.id_of(external_entity_id)}", None)

    def create(self, external_entity_id: str, *, models: Sequence[object], parent_group_id: str | None = None) -> None:
        metadata = {"external_entity_id": external_entity_id}
        hierarchy = {"parent_group_id": parent_group_id}
        self.ask("POST", GROUPS_PATH, {"metadata": metadata, "models": models, "hierarchy": hierarchy})

    def ask(self, method: str, path: str, payload: object) -> None:
        answer = self.world.ask(method, path, payload)
        assert answer.status == 200, answer.body

    def targets(self) -> list[str]:
        """Method and path of every request so far."""
        return [f"{logged.method} {logged.target}" for logged in self.served.requests()]


SandboxFactory = Callable[..., Sandbox]


class Meanwhile(NamedTuple):
    """Something that somebody does to the live groups just before the nth GET for a path is answered."""

    change: Callable[[Sandbox], None]
    path: str
    nth: int = 1


FaultText: TypeAlias = str | Meanwhile


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The process that every run of the command is forked from."""
    forks = Forks(Drift.environment(None))
    yield forks
    forks.close()


@pytest.fixture
def drift(tmp_path: Path, forks: Forks) -> Drift:
    return Drift(tmp_path, forks)


@pytest.fixture
def sandbox() -> Iterator[SandboxFactory]:
    """Serve the groups of desired files; faults are texts as ``drift sandbox --fault`` takes them, or changes."""
    with ExitStack() as stack:

        def start(*paths: str | Path, faults: Sequence[FaultText] = (), foreign: Sequence[str] = ()) -> Sandbox:
            world = World(clock=lambda: datetime.now(UTC), foreign=foreign)  # noqa: TID251 - a test's clock
            seed(world, load_desired(paths or [EXAMPLE]).groups)
            live: list[Sandbox] = []

            def fault(text: FaultText) -> Fault:
                if isinstance(text, str):
                    return parse_fault(text)
                return Fault(happening(lambda: text.change(live[0])), "GET", text.path, start=text.nth, times=1)

            live.append(Sandbox(stack.enter_context(serve(world, Faults([fault(text) for text in faults])))))
            return live[0]

        yield start
