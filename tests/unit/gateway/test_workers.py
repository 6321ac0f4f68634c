"""Threads whose work can be left behind."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from drift.errors import Cause, GatewayError
from drift.gateway.pace import Budget, Clock
from drift.gateway.workers import Workers


class Own:
    """What each thread has one of."""

    def __init__(self, made: list["Own"]) -> None:
        self.closed = False
        made.append(self)

    def close(self) -> None:
        """Remember it."""
        self.closed = True


@pytest.fixture
def made() -> list[Own]:
    """Everything that was made for threads."""
    return []


Make = Callable[..., Workers[Own]]


@pytest.fixture
def workers(made: list[Own]) -> Iterator[Make]:
    """Pools that are closed in the end."""
    pools = []

    def make(size: int = 4, budget: Budget | None = None) -> Workers[Own]:
        if budget is None:
            budget = Budget(60, Clock())
            budget.start()
        pools.append(Workers(size, lambda: Own(made), budget, "/groups"))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def test_every_item_once(workers: Make, made: list[Own]) -> None:
    """Results come with their items; threads are reused, and everything is closed."""
    pool = workers()
    assert sorted(pool.run(range(100), lambda _, item: item * 2)) == [(item, item * 2) for item in range(100)]
    assert 1 <= len(made) <= 4
    pool.close()
    assert all(own.closed for own in made)


def test_one_item_needs_one_thread(workers: Make, made: list[Own]) -> None:
    """Threads are started when there is work for them."""
    assert list(workers(32).run(["only"], lambda _, item: item)) == [("only", "only")]
    assert len(made) == 1


def test_calls_one_after_the_other_need_one_thread(workers: Make, made: list[Own]) -> None:
    """A thread that is free is used again."""
    pool = workers(32)
    assert [pool.result(pool.start(lambda _: "done")) for _ in range(3)] == ["done"] * 3
    assert len(made) == 1


def test_what_has_not_begun_is_dropped(workers: Make) -> None:
    """When the results are no longer waited for."""
    budget = Budget(0.2, Clock())
    budget.start()
    release = threading.Event()
    pool = workers(1, budget)
    pool.start(lambda _: release.wait(30))
    called: list[int] = []
    with pytest.raises(GatewayError):
        list(pool.run([1], lambda _, item: called.append(item)))
    release.set()
    pool.close()
    assert called == []


def test_nothing_to_do(workers: Make, made: list[Own]) -> None:
    """No work, no thread."""
    assert list(workers().run([], lambda _, item: item)) == []
    assert made == []


def test_errors_of_the_gateway_are_results(workers: Make) -> None:
    """One item's failure does not end the others."""

    def call(_: Own, item: int) -> int:
        if item == 1:
            raise GatewayError(Cause.FORBIDDEN, "no", where="")
        return item

    results = dict(workers(1).run(range(3), call))
    assert isinstance(results[1], GatewayError)
    assert results[0] == 0
    assert results[2] == 2


def test_other_errors_are_bugs(workers: Make) -> None:
    """They come out where the results are used."""

    def call(_: Own, item: int) -> int:
        raise ZeroDivisionError(item)

    with pytest.raises(ZeroDivisionError):
        list(workers().run([1], call))


def test_no_more_than_needed_is_taken(workers: Make) -> None:
    """A long list of items is not drawn in advance."""
    items = iter(range(1_000_000))
    run = workers(4).run(items, lambda _, item: item)
    for _ in range(10):
        next(run)
    assert next(items) < 20


def test_hung_work_is_left_behind(workers: Make) -> None:
    """When the time is over, results end, and closing does not wait."""
    budget = Budget(0.2, Clock())
    budget.start()
    release = threading.Event()

    def call(_: Own, item: int) -> int:
        if item == 0:
            release.wait(30)
        return item

    pool = workers(2, budget)
    results = pool.run(range(2), call)
    assert next(results) == (1, 1)
    with pytest.raises(GatewayError) as caught:
        next(results)
    assert caught.value.cause is Cause.TIMED_OUT
    pool.close()
    release.set()


def test_stop(workers: Make) -> None:
    """A stopped run ends while its work still hangs."""
    budget = Budget(60, Clock())
    budget.start()
    release = threading.Event()

    def call(_: Own, item: int) -> int:
        budget.stop()
        release.wait(30)
        return item

    with pytest.raises(GatewayError) as caught:
        list(workers(1, budget).run([1], call))
    assert caught.value.cause is Cause.INTERRUPTED
    release.set()


def test_interpreter_ends_with_hung_work() -> None:
    """The program's exit does not wait for a thread that hangs."""
    program = """
import threading
from drift.gateway.pace import Budget, Clock
from drift.gateway.workers import Workers

class Own:
    def close(self):
        pass

budget = Budget(0.05, Clock())
budget.start()
pool = Workers(1, Own, budget, "")
try:
    list(pool.run([1], lambda own, item: threading.Event().wait()))
except Exception as error:
    print(error.cause)
pool.close()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout == "timed-out\n"
    assert ended.stderr == ""
