"""A small engine: what Pulumi's own does with external resources, as far as this project's tests need it.

A real program runs through the real SDK, in a process of its own, and its groups are read by the real server for
dynamic providers. The rules written down here are our reading of Pulumi's; tests/engine holds them against the
real command where it is installed.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from tests.e2e.conftest import Drift
from tests.e2e.pulumi_provider.plugin import SECRET, Plugin, PluginError, Props, secret, struct

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The wire's text for a value that a preview does not know."""
_STACK = "pulumi:pulumi:Stack"
_REFERENCE = "pulumi:pulumi:StackReference"
_RUN = """
import asyncio, json, os, runpy, sys
import pulumi
pulumi.runtime.set_all_config(json.loads(sys.argv[4]), json.loads(sys.argv[5]))
pulumi.runtime.configure(pulumi.runtime.Settings(
    monitor=sys.argv[1], engine=sys.argv[1], project="project", stack="dev", organization="organization",
    parallel=16, dry_run=sys.argv[3] == "true"))
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: runpy.run_path(sys.argv[2], run_name="__main__")))
"""

Recorded: TypeAlias = dict[str, dict[str, Any]]
"""Outputs by name of the resource."""


class Outcome(NamedTuple):
    """What a preview or an update did."""

    ok: bool
    said: str
    """Everything the user would see of errors."""
    read: tuple[str, ...]
    """Names of groups whose outputs are not those recorded."""
    outputs: Props
    """Of the stack."""


class Engine:
    """One stack: its recorded groups and its outputs."""

    def __init__(
        self,
        plugin: Plugin,
        env: Mapping[str, str],
        *,
        config: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        stacks: Mapping[str, "Engine"] | None = None,
    ) -> None:
        self.plugin = plugin
        self.env = env
        self.config = dict(config or {})
        self.secrets = secrets
        self.stacks = stacks or {}
        self.state: Recorded = {}
        self.outputs: Props = {}

    def up(self, program: Path, *, preview: bool = False) -> Outcome:
        run = _Run(self, preview=preview)
        with _served(run) as address:
            done = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    _RUN,
                    address,
                    str(program),
                    str(preview).lower(),
                    json.dumps(self.config),
                    json.dumps(self.secrets),
                ],
                cwd=program.parent,
                env=Drift.environment(None, self.env),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        ok = done.returncode == 0 and not run.errors
        changed = tuple(sorted(name for name, outs in run.state.items() if outs != self.state.get(name)))
        if ok and not preview:
            self.state, self.outputs = run.state, run.outputs
        return Outcome(ok, "\n".join([*run.errors, done.stdout, done.stderr]), changed, run.outputs)

    def preview(self, program: Path) -> Outcome:
        return self.up(program, preview=True)

    def refresh(self, *, preview: bool = False) -> tuple[str, ...]:
        """Names of what changed; groups that are gone leave the state."""
        changed = []
        for name, recorded in list(self.state.items()):
            known = {name: value for name, value in recorded.items() if name != "id"}
            id_, outs = self.plugin.read(recorded["id"], props=known)
            outs = {"id": id_, **outs} if id_ else {}
            if outs != recorded:
                changed.append(name)
            if not preview:
                self.state.pop(name)
                self.state.update({name: outs} if outs else {})
        return tuple(changed)


class _Run(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    def __init__(self, engine: Engine, *, preview: bool) -> None:
        self.engine = engine
        self.preview = preview
        self.state: Recorded = {}
        self.outputs: Props = {}
        self.errors: list[str] = []

    def SupportsFeature(self, request: Any, _context: Any) -> Any:  # noqa: N802, ANN401 - generated
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id == "secrets")

    def GetDeploymentInfo(self, _request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - generated
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "no deployment")

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - generated
        if request.type != _STACK:
            context.abort(grpc.StatusCode.UNKNOWN, f"{request.type} is registered as managed")
        return resource_pb2.RegisterResourceResponse(urn=_urn(request))

    def RegisterResourceOutputs(self, request: Any, _context: Any) -> Any:  # noqa: N802, ANN401 - generated
        self.outputs = json_format.MessageToDict(request.outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - generated
        answer = resource_pb2.ReadResourceResponse
        if request.type == _REFERENCE:
            other = self.engine.stacks[request.id].outputs
            outs = {"name": request.id, "outputs": other, "secretOutputNames": []}
            return answer(urn=_urn(request), id=request.id, properties=struct(outs))
        if request.id == UNKNOWN:
            return answer(urn=_urn(request))
        sent = json_format.MessageToDict(request.properties)
        secrets = {name for name, value in sent.items() if isinstance(value, dict) and SECRET in value}
        try:
            # The server takes no secrets: the engine opens them, and closes again what comes back under their names.
            given = {name: value["value"] if name in secrets else value for name, value in sent.items()}
            id_, outs = self.engine.plugin.read(request.id, inputs=given)
        except PluginError as error:
            self.errors.append(f"{request.name}: {error}")
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        outs = {name: secret(value) if name in secrets else value for name, value in outs.items()}
        self.state[request.name] = {"id": id_, **outs}
        return answer(urn=_urn(request), id=id_, properties=struct(outs))

    def SignalAndWaitForShutdown(self, _request: Any, _context: Any) -> Any:  # noqa: N802, ANN401 - generated
        return empty_pb2.Empty()

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802, ANN401 - generated
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def SetRootResource(self, _request: Any, _context: Any) -> Any:  # noqa: N802, ANN401 - generated
        return engine_pb2.SetRootResourceResponse()

    def GetRootResource(self, _request: Any, _context: Any) -> Any:  # noqa: N802, ANN401 - generated
        return engine_pb2.GetRootResourceResponse()


@contextmanager
def _served(run: _Run) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(run, server)
    engine_pb2_grpc.add_EngineServicer_to_server(run, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def _urn(request: Any) -> str:  # noqa: ANN401 - two kinds of messages
    return f"urn:pulumi:dev::project::{request.type}::{request.name}"
