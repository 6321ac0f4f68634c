"""A small pool of threads whose work can be left behind.

``concurrent.futures`` waits for its threads when the interpreter ends, so one hung read would hold up the
whole program past its time budget. These are daemon threads, and only the caller watches the time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from drift.errors import GatewayError
from drift.gateway.pace import SLICE, Budget

_FAREWELL = 0.2
"""Seconds that idle threads get to close their connections; busy ones are left behind."""


class Closing(Protocol):
    """What each thread has one of."""

    def close(self) -> None:
        """Give back what it holds."""
        ...


C = TypeVar("C", bound=Closing)
I = TypeVar("I")  # noqa: E741 (an item)
R = TypeVar("R")


class Workers(Generic[C]):
    """Up to ``size`` threads, started as there is work for them, each with what ``make`` makes for it."""

    def __init__(self, size: int, make: Callable[[], C], budget: Budget, where: str) -> None:
        """``where`` is what messages say was asked, where the time is over."""
        self.where = where
        self._size = size
        self._make = make
        self._budget = budget
        self._tasks: SimpleQueue[Callable[[C], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def run(self, items: Iterable[I], call: Callable[[C, I], R]) -> Iterator[tuple[I, R | GatewayError]]:
        """Call ``call`` for every item in some thread; results come as they are ready.

        Only as many items are taken as there are threads. Leaving the iteration drops what has not begun.

        Raises:
            GatewayError: the time is over, or the run was stopped. Items without a result stay without.
            Exception: whatever else ``call`` raised.
        """
        ended: SimpleQueue[Future[R]] = SimpleQueue()
        under_way: dict[Future[R], I] = {}
        source = iter(items)

        def begin(item: I) -> None:
            future = self.start(lambda own: call(own, item), waiting=len(under_way) + 1)
            under_way[future] = item
            future.add_done_callback(ended.put)

        try:
            for item in islice(source, self._size):
                begin(item)
            while under_way:
                future = self._take(ended)
                item = under_way.pop(future)
                for following in islice(source, 1):
                    begin(following)
                error = future.exception()
                yield item, error if isinstance(error, GatewayError) else future.result()
        finally:
            for future in under_way:
                future.cancel()

    def start(self, call: Callable[[C], R], *, waiting: int = 1) -> "Future[R]":
        """Let some thread make a call; there are to be as many threads as calls ``waiting``, within ``size``."""
        future: Future[R] = Future()

        def task(own: C) -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call(own))
                except Exception as error:  # noqa: BLE001 (goes on in the thread that waits for it)
                    future.set_exception(error)

        if len(self._threads) < min(self._size, waiting):
            thread = threading.Thread(target=self._work, name="drift-gateway", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._tasks.put(task)
        return future

    def result(self, future: "Future[R]") -> R:
        """What a call returned.

        Raises:
            GatewayError: the time is over, or the run was stopped.
            Exception: whatever the call raised.
        """
        ended: SimpleQueue[Future[R]] = SimpleQueue()
        future.add_done_callback(ended.put)
        return self._take(ended).result()

    def close(self) -> None:
        """End all threads that are idle. A thread that still waits for the network is not waited for."""
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(_FAREWELL / len(self._threads))
        self._threads.clear()

    def _take(self, ended: "SimpleQueue[Future[R]]") -> "Future[R]":
        """The next of the calls that ended; fails as soon as the run is stopped or out of time."""
        while True:
            self._budget.check(self.where)
            try:
                return ended.get(timeout=min(SLICE, self._budget.remaining()))
            except Empty:
                continue

    def _work(self) -> None:
        own = self._make()
        while (task := self._tasks.get()) is not None:
            task(own)
        own.close()
