"""Checks of the same groups over and over in one process: memory stays flat, and nothing is left behind."""

import gc
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from drift.checker.check import check
from drift.desired import load_desired
from drift.gateway.key import ApiKey
from drift.gateway.settings import ReadMode, ReadOptions
from drift.gateway.source import GatewaySource
from drift.model.groups import DesiredGroup
from drift.report.report import Report, Verdict
from drift.sandbox.world import DEFAULT_KEY

GROUPS = 3000
BY_GET = 200
"""Groups of a check by get; the sandbox answers about a thousand requests a second."""
FAULTS = ("503:every=7", "429:retry_after=0,every=31", "drop:after=500,every=13", "reset:every=17", "truncate:every=29")
MODES: tuple[ReadMode, ...] = ("list", "list", "get")
WARM_UP = 25
"""Rounds before the time begins: until then the allocator sets up memory for every thread."""
SLACK = 5_000_000
"""Bytes by which the first and the last fifth of the time may differ."""
SLACK_OBJECTS = 500
"""The same for objects that the garbage collector knows."""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "groups.yaml"
    path.write_text(
        "version: 1\ngroups:\n"
        + "".join(
            f"  - {{metadata: {{external_entity_id: g{number}}}, models: [{{slug: org/model, rate_limits: "
            f"[{{type: TOKEN, unit: MINUTE, threshold: {number + 1}}}]}}]}}\n"
            for number in range(GROUPS)
        )
    )
    return path


@pytest.fixture
def gateway(workspace: Path) -> Iterator[str]:
    """The URL of a sandbox in a process of its own, so that its memory is not measured."""
    faults = [argument for fault in FAULTS for argument in ("--fault", fault)]
    command = [sys.executable, "-m", "drift", "sandbox", str(workspace), "--port", "0", "--quiet", *faults]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().partition(" at ")[2].partition(";")[0]
        finally:
            process.terminate()


def memory() -> int:
    """Bytes of this process that are in memory now; Linux only."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sockets() -> int:
    """Sockets that this process holds open."""
    return sum(_target(entry).startswith("socket:") for entry in Path("/proc/self/fd").iterdir())


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except FileNotFoundError:  # the directory that was just read
        return ""


def readers() -> int:
    """Threads that read from the gateway."""
    return sum(thread.name == "drift-gateway" for thread in threading.enumerate())


def checked(url: str, desired: Sequence[DesiredGroup], mode: ReadMode) -> Report:
    options = ReadOptions(read=mode, rate=None, concurrency=8, timeout=60, request_timeout=5)
    with GatewaySource(url, ApiKey(DEFAULT_KEY, origin="soak"), options) as source:
        return check(
            desired,
            source,
            now=lambda: datetime.now(UTC),  # noqa: TID251 - a test's clock
            api_url=url,
            unmanaged=mode == "list" and len(desired) == GROUPS,
        )


def test_flat(minutes: float, workspace: Path, gateway: str) -> None:
    desired = load_desired([workspace]).groups
    verdicts: Counter[Verdict] = Counter()
    requests: Counter[str] = Counter()
    sizes: list[int] = []
    before = sockets()

    def look(mode: ReadMode) -> None:
        report = checked(gateway, desired if mode == "list" else desired[:BY_GET], mode)
        verdicts[report.verdict] += 1
        requests.update(report.requests)

    for mode in MODES * WARM_UP:
        look(mode)
    objects = len(gc.get_objects())
    begin = time.monotonic()
    while time.monotonic() - begin < 60 * minutes or not sizes:
        for mode in MODES:
            look(mode)
        sizes.append(memory())

    part = max(1, len(sizes) // 5)
    first, last, more = median(sizes[:part]), median(sizes[-part:]), len(gc.get_objects()) - objects
    print(
        f"{verdicts.total()} checks: {dict(verdicts)}, {dict(requests)}; "
        f"{first / 1e6:.1f} MB at first, {last / 1e6:.1f} MB at last, {more:+} objects; "
        f"{readers()} threads and {sockets() - before} sockets left"
    )
    assert last - first < SLACK
    assert more < SLACK_OBJECTS
    assert (readers(), sockets()) == (0, before)
    assert requests["retries"] > 0, "there were faults"
    assert verdicts[Verdict.DRIFT] == 0, "and none of them looked like drift"
    assert verdicts[Verdict.IN_SYNC] > verdicts[Verdict.INCOMPLETE]
