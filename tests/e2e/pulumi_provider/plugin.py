"""Pulumi's own server for dynamic providers in a process of its own, spoken to as the engine does."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tests.e2e.conftest import Drift

Props = Mapping[str, Any]

PROVIDER = "gASVOAAAAAAAAACMGHB1bHVtaV9wcm92aWRlci5wcm92aWRlcpSMFEdhdGV3YXlHcm91cFByb3ZpZGVylJOUKYGULg=="
"""What the state of every stack holds for a group since the first release."""
SECRET = "4dabf18193072939515e22adb298388d"
"""The wire's key for special values, and what it holds for a secret."""
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
_SECONDS = 60


class PluginError(Exception):
    """The server refused a call; the text is what the user sees."""


class Plugin:
    """Starts the server; every method is one call of the engine."""

    def __init__(
        self, *, key: str | None, url: str, config: Props | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        env = Drift.environment(key, {"BASETEN_REMOTE_URL": url, **(more or {})})
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        port = self._process.stdout.readline().strip()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.said: list[str] = []
        self._listeners = [
            threading.Thread(target=self._listen, args=(stream,), daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for listener in self._listeners:
            listener.start()
        self._call("Configure", provider_pb2.ConfigureRequest(args=struct(config or {}), acceptSecrets=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()
        for listener in self._listeners:
            listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            stream.close()

    def read(self, id_: str, *, props: Props | None = None, inputs: Props | None = None) -> tuple[str, dict[str, Any]]:
        """``props`` is what the state recorded, ``inputs`` what the program says."""
        request = provider_pb2.ReadRequest(
            id=id_,
            urn="urn:pulumi:s::p::pulumi-python:dynamic/baseten:GatewayGroup::n",
            properties=None if props is None else struct(props),
            inputs=None if inputs is None else struct(inputs),
        )
        answer = self._call("Read", request)
        return answer.id, json_format.MessageToDict(answer.properties)

    def check(self, olds: Props, news: Props) -> list[str]:
        answer = self._call("Check", provider_pb2.CheckRequest(olds=struct(olds), news=struct(news)))
        return [failure.reason for failure in answer.failures]

    def create(self, props: Props) -> None:
        self._call("Create", provider_pb2.CreateRequest(properties=struct(props)))

    def update(self, id_: str, olds: Props, news: Props) -> None:
        self._call("Update", provider_pb2.UpdateRequest(id=id_, olds=struct(olds), news=struct(news)))

    def diff(self, id_: str, olds: Props, news: Props) -> int:
        answer = self._call("Diff", provider_pb2.DiffRequest(id=id_, olds=struct(olds), news=struct(news)))
        return int(answer.changes)

    def delete(self, id_: str, props: Props) -> None:
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=struct(props)))

    def _call(self, method: str, request: object) -> Any:  # noqa: ANN401 - messages of generated code
        try:
            return getattr(self._stub, method)(request, timeout=_SECONDS)
        except grpc.RpcError as error:
            raise PluginError(error.details()) from None

    def _listen(self, stream: Any) -> None:  # noqa: ANN401 - a pipe
        self.said.extend(stream)


def struct(values: Props) -> struct_pb2.Struct:
    """A message as the engine sends it."""
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


def secret(value: str) -> dict[str, str]:
    """A secret as the engine sends it."""
    return {SECRET: _SECRET_SIGNATURE, "value": value}


def inputs(declared: str | None = None) -> dict[str, Any]:
    """What a program's ``GatewayGroup`` sends: nulls are not sent."""
    return {"__provider": PROVIDER, **({} if declared is None else {"declared": declared})}
