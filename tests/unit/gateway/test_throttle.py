"""How fast requests may start, in time that passes only for those who wait."""

import threading
from typing import TYPE_CHECKING

import pytest

from drift.errors import Cause, GatewayError
from drift.gateway.pace import Budget, Throttle
from drift.gateway.settings import RATE

if TYPE_CHECKING:
    from tests.unit.gateway.conftest import FakeTime


@pytest.fixture
def budget(fake_time: "FakeTime") -> Budget:
    """An hour, running."""
    budget = Budget(3600, fake_time.clock)
    budget.start()
    return budget


def most_in_a_second(starts: list[float]) -> int:
    """The most starts that any second holds."""
    return max(sum(start <= other < start + 1 for other in starts) for start in starts)


def test_even_pace(fake_time: "FakeTime", budget: Budget) -> None:
    """A thousand requests take as long as the rate says, and none has to be first in a burst."""
    throttle = Throttle(RATE, fake_time.clock)
    starts = []
    for _ in range(1000):
        throttle.acquire(budget, "")
        starts.append(fake_time.seconds)
    assert 1000 / RATE * 0.98 <= starts[-1] <= 1000 / RATE
    assert most_in_a_second(starts) <= 100


def test_late_starts_keep_the_mean(fake_time: "FakeTime", budget: Budget) -> None:
    """Requests that start a little late do not slow down all that follow."""
    throttle = Throttle(RATE, fake_time.clock)
    starts = []
    for _ in range(1000):
        throttle.acquire(budget, "")
        starts.append(fake_time.seconds)
        fake_time.sleep(0.003)
    assert starts[-1] <= 1000 / RATE * 1.01
    assert most_in_a_second(starts) <= 100


@pytest.mark.parametrize("rate", [RATE, 50.0, 10.5])
def test_a_second_holds_one_more_than_the_rate(fake_time: "FakeTime", budget: Budget, rate: float) -> None:
    """Whatever was late before and is caught up now: that many start within a second, and not one more."""
    throttle = Throttle(rate, fake_time.clock)
    most = int(rate) + 1
    starts = []
    for number in range(4 * most):
        if number == most:
            fake_time.sleep(1)
        throttle.acquire(budget, "")
        starts.append(fake_time.seconds)
    apart = [after - before for before, after in zip(starts, starts[most:], strict=False)]
    assert min(apart) == pytest.approx(1.0, abs=1e-9)
    assert most_in_a_second([round(start, 6) for start in starts]) == most


def test_no_credit_for_idleness(fake_time: "FakeTime", budget: Budget) -> None:
    """After a quiet minute no second holds more than the API allows."""
    throttle = Throttle(RATE, fake_time.clock)
    starts = []
    for number in range(300):
        if number == 150:
            fake_time.sleep(60)
        throttle.acquire(budget, "")
        starts.append(fake_time.seconds)
    assert most_in_a_second(starts) <= 100


def test_slow_rate(fake_time: "FakeTime", budget: Budget) -> None:
    """A rate below one a second works as well."""
    throttle = Throttle(0.5, fake_time.clock)
    for _ in range(3):
        throttle.acquire(budget, "")
    assert fake_time.seconds == pytest.approx(4, abs=0.1)


def test_no_rate(fake_time: "FakeTime", budget: Budget) -> None:
    """Without a rate nothing waits, but for a pause."""
    throttle = Throttle(None, fake_time.clock)
    for _ in range(1000):
        throttle.acquire(budget, "")
    assert fake_time.seconds == 0
    throttle.pause(5)
    throttle.acquire(budget, "")
    assert fake_time.seconds == 5


def test_a_shorter_pause_does_not_end_a_longer_one(fake_time: "FakeTime", budget: Budget) -> None:
    """The longest wish counts."""
    throttle = Throttle(None, fake_time.clock)
    throttle.pause(5)
    throttle.pause(1)
    throttle.acquire(budget, "")
    assert fake_time.seconds == 5


def test_pace_after_a_pause(fake_time: "FakeTime", budget: Budget) -> None:
    """Those who were held up do not start all at once."""
    throttle = Throttle(10, fake_time.clock)
    throttle.pause(5)
    starts = []
    for _ in range(20):
        throttle.acquire(budget, "")
        starts.append(fake_time.seconds)
    assert starts[0] == 5
    assert starts[-1] > 6.8


def test_all_threads_together(fake_time: "FakeTime", budget: Budget) -> None:
    """The rate is that of the whole run, however many threads there are."""
    throttle = Throttle(RATE, fake_time.clock)
    starts: list[float] = []

    def start() -> None:
        for _ in range(50):
            throttle.acquire(budget, "")
            starts.append(fake_time.seconds)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(starts) == 400
    assert 400 / RATE * 0.95 <= max(starts) <= 400 / RATE * 1.05


def test_pause_that_outlasts_the_run(fake_time: "FakeTime") -> None:
    """Nobody waits for what cannot come."""
    budget = Budget(10, fake_time.clock)
    budget.start()
    throttle = Throttle(RATE, fake_time.clock)
    throttle.pause(37)
    with pytest.raises(GatewayError, match="wait 37 s") as caught:
        throttle.acquire(budget, "/path")
    assert caught.value.cause is Cause.THROTTLED
    assert caught.value.where == "/path"
    assert fake_time.seconds == 0


def test_end_of_the_run(fake_time: "FakeTime") -> None:
    """Waiting ends with the run's time."""
    budget = Budget(10, fake_time.clock)
    budget.start()
    throttle = Throttle(0.05, fake_time.clock)
    throttle.acquire(budget, "")
    with pytest.raises(GatewayError) as caught:
        throttle.acquire(budget, "")
    assert caught.value.cause is Cause.TIMED_OUT
    assert fake_time.seconds == pytest.approx(10)


def test_stop(fake_time: "FakeTime", budget: Budget) -> None:
    """A stopped run starts no request."""
    throttle = Throttle(RATE, fake_time.clock)
    budget.stop()
    with pytest.raises(GatewayError) as caught:
        throttle.acquire(budget, "")
    assert caught.value.cause is Cause.INTERRUPTED


def test_stop_while_waiting(fake_time: "FakeTime", budget: Budget) -> None:
    """Nor does it finish a wait that has begun."""
    throttle = Throttle(RATE, fake_time.clock)
    throttle.pause(60)
    waiting = fake_time.clock.sleep

    def sleep(seconds: float) -> None:
        waiting(seconds)
        budget.stop()

    budget.clock = type(fake_time.clock)(now=fake_time.clock.now, sleep=sleep)
    with pytest.raises(GatewayError) as caught:
        throttle.acquire(budget, "")
    assert caught.value.cause is Cause.INTERRUPTED
    assert fake_time.seconds < 1
