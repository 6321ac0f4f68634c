"""What a program sends for a group, under Pulumi's mocks: the way in which users test programs of their own."""

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import Drift

# Mocks are global to a process, so each program has one of its own.
PROGRAM = """
import asyncio, json, sys
import pulumi
from pulumi.runtime import mocks

sent = []

class Mocks(mocks.Mocks):
    def new_resource(self, args):
        sent.append([args.typ, args.name, args.resource_id, args.inputs])
        return args.resource_id, {**args.inputs, "metadata": {"external_entity_id": "acme"}, "models": [
            {"slug": "org/model", "usage_limits": [], "rate_limits": [
                {"type": "TOKEN", "unit": "MINUTE", "threshold": 5.0}]}],
            "in_sync": False, "differences": [{"rule": "limit-raised", "severity": "medium",
                "direction": "permissive", "path": ["models", "org/model"], "declared": "4", "live": "5"}]}

    def call(self, args):
        raise AssertionError("no function of a provider is called")

pulumi.runtime.set_mocks(Mocks(), preview=False)
from pulumi_provider import GatewayGroup, GatewayGroupModel

@pulumi.runtime.test
def run():
    group = GatewayGroup("acme", "grp1", declared={"metadata": {"external_entity_id": "acme"}})
    assert group.pulumi_resource_type == "pulumi-python:dynamic/baseten:GatewayGroup"
    def check(known):
        id, models, metadata = known
        assert id == "grp1"
        assert metadata["external_entity_id"] == "acme"
        assert models[0]["rate_limits"][0]["threshold"] == 5
    def typed(models):
        assert isinstance(models[0], GatewayGroupModel)
        assert models[0].rate_limits[0].threshold == 5
        assert isinstance(models[0].rate_limits[0].threshold, int)
    return pulumi.Output.all(
        pulumi.Output.all(group.id, group.models, group.metadata).apply(check), group.models.apply(typed))

run()
print(json.dumps(sent))

@pulumi.runtime.test
def drifted():
    group = GatewayGroup("other", "grp1", declared={"metadata": {"external_entity_id": "acme"}})
    group.require_in_sync()
    return group.id

try:
    drifted()
except pulumi.RunError as error:
    print(error)
"""


def test_a_program_can_be_tested_with_mocks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=Drift.environment(None),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    ((token, name, id_, sent),) = json.loads(first)
    assert (token, name, id_) == ("pulumi-python:dynamic/baseten:GatewayGroup", "acme", "grp1")
    assert set(sent) == {"__provider", "declared"}
    assert json.loads(sent["declared"])["metadata"] == {"external_entity_id": "acme"}
    assert rest == [
        "gateway group 'other' is not as declared:",
        "  medium limit-raised [permissive] models.org/model: 4 -> 5",
    ]
