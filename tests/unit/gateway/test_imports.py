"""What importing costs, and that it leaves the host program alone."""

import subprocess
import sys


def printed(program: str) -> list[str]:
    """The words that a program prints in a fresh interpreter."""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return ended.stdout.split()


def test_settings_are_light() -> None:
    """The package itself brings no HTTP library, and keys and settings need none."""
    modules = "drift.gateway, drift.gateway.key, drift.gateway.settings, drift.gateway.wire"
    loaded = printed(f"import sys, {modules}; print(*sys.modules)")
    assert not {"httpx", "httpcore", "ssl"} & set(loaded)


CHECK = """
import sys
from datetime import UTC, datetime
import drift
from drift.gateway.key import ApiKey
from drift.gateway.source import GatewaySource
from drift.sandbox.faults import Faults
from drift.sandbox.server import serve
from drift.sandbox.world import DEFAULT_KEY, World
from drift.model.limits import LimitKey
from tests.builders import declared
from tests.unit.gateway.conftest import MODEL

noon = lambda: datetime(2026, 5, 13, 12, tzinfo=UTC)
world = World(clock=noon)
key = LimitKey("rate_limits", "TOKEN", "MINUTE")
world.create("acme", [MODEL])
with serve(world, Faults([])) as served, GatewaySource(served.url, ApiKey(DEFAULT_KEY, origin="test")) as source:
    groups = [declared("acme", models={"org/model": {key: 50}})]
    report = drift.check(groups, source, now=noon, api_url=served.url)
assert "deepdiff" in sys.modules
print(report.verdict, *(name for name, module in sys.modules.items() if module is None))
"""


def test_a_check_hides_no_module_from_its_host() -> None:
    """After a check that found drift the host's own comparisons of pydantic models work, and every module is there."""
    host = """
from deepdiff import DeepDiff
from pydantic import BaseModel

class Model(BaseModel):
    size: int

print(*DeepDiff(Model(size=1), Model(size=2))["values_changed"])
"""
    assert printed(CHECK + host) == ["drift", "root.size"]
