"""Reading from the gateway: concurrency, the throttle, and long lists.

Run: uv run python -m tests.bench.bench_gateway [--heavy]

``--heavy`` takes five turns of everything; otherwise one for the throttle, which takes ten seconds each, and
20,000 groups instead of 100,000 for the list.
"""

import gc
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from drift import DesiredGroup, check, load_desired
from drift.__main__ import OBJECTS_BEFORE_COLLECTION
from drift.gateway.client import Pagination
from drift.gateway.key import ApiKey
from drift.gateway.settings import ReadOptions, parse_address
from drift.gateway.source import GatewaySource
from drift.gateway.transport import connector
from drift.gateway.wire import EffectiveLimitShape, HierarchyShape, LimitShape, MetadataShape
from drift.model.readings import Found
from drift.report.report import Verdict
from tests.bench.measure import ROUNDS, Row, in_turns, middle, ratio, seconds, show
from tests.bench.server import Server, serving
from tests.bench.workspace import PER_FILE, write
from tests.builders import declared

DELAY = 0.05
CONCURRENCIES = (8, 32, 128)
QUOTA = 100
NOW = datetime(2026, 5, 13, tzinfo=UTC)


def source(server: Server, options: ReadOptions) -> GatewaySource:
    """A source as the command makes it."""
    return GatewaySource(server.url, ApiKey("bench-key", origin="bench"), options)


def pinned(groups: int) -> list[DesiredGroup]:
    """Declarations of the first groups that are found by a single get each."""
    return [declared(f"cust-{number:07d}", id=f"grp{number:07d}") for number in range(groups)]


def get(server: Server, wanted: Sequence[DesiredGroup], options: ReadOptions) -> float:
    """Seconds for reading all groups one by one."""

    def work() -> None:
        with source(server, options) as reader:
            readings = list(reader.read(wanted, unmanaged=False))
        assert all(isinstance(reading, Found) for reading in readings)

    return seconds(work)


def bench_concurrency(rounds: int) -> Iterator[Row]:
    """Twenty-five requests for every connection."""
    with serving(1) as server:
        yield Row("(what the server itself can answer)", "", f"{server.ceiling():,.0f} requests a second", met=True)
    wanted = pinned(25 * max(CONCURRENCIES))
    with serving(len(wanted), delay=DELAY) as server:

        def work(size: int) -> Callable[[], float]:
            options = ReadOptions(read="get", concurrency=size, rate=None)
            return lambda: get(server, wanted[: 25 * size], options)

        took = in_turns({str(size): work(size) for size in CONCURRENCIES}, rounds)
    rates = [25 * size / middle(took[str(size)]) for size in CONCURRENCIES]
    possible = [size / DELAY for size in CONCURRENCIES]
    title = f"gets a second at 50 ms, concurrency {' -> '.join(map(str, CONCURRENCIES))}"
    measured = " -> ".join(f"{rate:,.0f}" for rate in rates) + " of " + ", ".join(f"{most:,.0f}" for most in possible)
    yield Row(title, "never falls", measured, rates == sorted(rates))


def bench_throttle(rounds: int) -> Iterator[Row]:
    """1,000 gets against the documented quota, which the server enforces."""
    wanted = pinned(1000)
    took, stats = [], []
    with serving(len(wanted), delay=DELAY, quota=QUOTA) as server:
        for _ in range(rounds):
            took.append(get(server, wanted, ReadOptions(read="get")))
            stats.append(server.stats())
    over = middle(took) / (len(wanted) / QUOTA)
    busiest, refused = max(one.busiest_second for one in stats), sum(one.throttled for one in stats)
    goal = f"<= 1.05x {len(wanted) / QUOTA:.0f} s, no 429, <= {QUOTA}/s"
    measured = f"{over:.3f}x, {refused} of 429, at most {busiest} in a second"
    yield Row("1,000 gets under the throttle", goal, measured, over <= 1.05 and not refused and busiest <= QUOTA)


class _Model(msgspec.Struct, gc=False):
    slug: str
    rate_limits: list[LimitShape]
    usage_limits: list[LimitShape]


class _EffectiveModel(msgspec.Struct, gc=False):
    slug: str
    rate_limits: list[EffectiveLimitShape]
    usage_limits: list[EffectiveLimitShape]


class _Group(msgspec.Struct, gc=False):
    id: str
    metadata: MetadataShape
    hierarchy: HierarchyShape
    created_at: str
    models: list[_Model]
    effective_models: list[_EffectiveModel]


class _Page(msgspec.Struct):
    """A page, all of it decoded."""

    items: list[_Group]
    pagination: Pagination


def bare_loop(server: Server, decoder: msgspec.json.Decoder[_Page]) -> int:
    """Fetch every page over the same transport and decode it to structs; nothing else."""
    transport = connector(parse_address(server.url))()
    cursor: str | None = ""
    groups = 0
    while cursor is not None:
        url = f"{server.url}/v1/gateway/groups?limit=1000" + (f"&cursor={cursor}" if cursor else "")
        response = transport.handle_request(httpx.Request("GET", url))
        page = decoder.decode(response.read())
        response.close()
        groups += len(page.items)
        cursor = page.pagination.cursor
    transport.close()
    return groups


def listed(server: Server, wanted: Sequence[DesiredGroup]) -> None:
    """Check all groups by list; they must be in sync."""
    with source(server, ReadOptions(read="list")) as reader:
        report = check(wanted, reader, now=lambda: NOW, api_url=server.url)
    assert report.verdict is Verdict.IN_SYNC, report.counts


def bench_list(groups: int) -> Iterator[Row]:
    """A long list in sync, checked, against the least that any reader has to do."""
    with tempfile.TemporaryDirectory() as name, serving(groups, in_sync=True) as server:
        wanted = load_desired([write(Path(name), groups, -(-groups // PER_FILE))]).groups
        decoder = msgspec.json.Decoder(_Page)
        before = gc.get_threshold()
        gc.set_threshold(OBJECTS_BEFORE_COLLECTION)  # as the command runs; it halves the time of the bare loop
        took = in_turns(
            {
                "check": lambda: seconds(lambda: listed(server, wanted)),
                "bare": lambda: seconds(lambda: bare_loop(server, decoder)),
            }
        )
        gc.set_threshold(*before)
    over = ratio(took["check"], took["bare"])
    each = {name: middle(times) * 1e6 / groups for name, times in took.items()}
    measured = f"{over:.2f}x ({each['check']:.0f} us a group, loop {each['bare']:.0f} us)"
    yield Row(f"list of {groups:,} groups checked, against a bare loop", "<= 1.5x", measured, over <= 1.5)


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """All rows."""
    yield from bench_concurrency(ROUNDS)
    yield from bench_throttle(ROUNDS if heavy else 1)
    yield from bench_list(100_000 if heavy else 20_000)


if __name__ == "__main__":
    show(bench, __doc__)
