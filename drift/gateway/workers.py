"""A small pool of threads whose work can be left behind.

``concurrent.futures`` waits for its threads when the interpreter ends, so one hung read would hold up the
whole program past its time budget. These are daemon threads, and only the caller watches the time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
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
T = TypeVar("T")


class Workers(Generic[C]):
    """Up to ``size`` threads, started as there is work for them, each with what ``make`` makes for it."""

    def __init__(self, size: int, make: Callable[[], C], budget: Budget, where: str) -> None:
        self._size = size
        self._make = make
        self._budget = budget
        self.where = where
        self._tasks: SimpleQueue[Callable[[C], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def run(self, items: Iterable[I], call: Callable[[C, I], R]) -> Iterator[tuple[I, R | GatewayError]]:
        """Call ``call`` for every item in some thread; results come as they are ready.

        Only as many items are taken as there are threads. Leaving the iteration drops what has not begun.

        Raises:
            GatewayError: the time is over, or the run was stopped. Items without a result stay without.
            Exception: whatever else ``call`` raised.
        """
        batch: Batch[C, I, R] = self.batch(call)
        source = iter(items)
        try:
            for item in islice(source, self._size):
                batch.submit(item)
            while batch.waiting:
                item, result = batch.next()
                for following in islice(source, 1):
                    batch.submit(following)
                yield item, result
        finally:
            batch.cancel()

    def batch(self, call: Callable[[C, I], R]) -> "Batch[C, I, R]":
        """Work whose items are not all known at first."""
        return Batch(self, call)

    def close(self) -> None:
        """End all threads that are idle. A thread that still waits for the network is not waited for."""
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(_FAREWELL / len(self._threads))
        self._threads.clear()

    def submit(self, task: Callable[[C], None], waiting: int) -> None:
        """Let some thread do a task; there are to be as many threads as tasks ``waiting``, within ``size``."""
        if len(self._threads) < min(self._size, waiting):
            thread = threading.Thread(target=self._work, name="drift-gateway", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._tasks.put(task)

    def result(self, results: "SimpleQueue[T]") -> T:
        """The next result in a queue that tasks fill.

        Raises:
            GatewayError: the time is over, or the run was stopped.
        """
        while True:
            self._budget.check(self.where)
            try:
                return results.get(timeout=min(SLICE, self._budget.remaining()))
            except Empty:
                continue

    def _work(self) -> None:
        own = self._make()
        while (task := self._tasks.get()) is not None:
            task(own)
        own.close()


class Batch(Generic[C, I, R]):
    """Calls under way whose results belong together."""

    def __init__(self, workers: Workers[C], call: Callable[[C, I], R]) -> None:
        self._workers = workers
        self._call = call
        self._cancelled = False
        self._results: SimpleQueue[tuple[I, R | Exception]] = SimpleQueue()
        self.waiting = 0
        """Items submitted whose results were not taken yet."""

    def submit(self, item: I) -> None:
        """Let some thread call with ``item``."""

        def task(own: C) -> None:
            if self._cancelled:
                return
            result: R | Exception
            try:
                result = self._call(own, item)
            except Exception as error:  # noqa: BLE001 (goes on in the thread that waits for it)
                result = error
            self._results.put((item, result))

        self.waiting += 1
        self._workers.submit(task, self.waiting)

    def next(self) -> tuple[I, R | GatewayError]:
        """The next result, of whichever item.

        Raises:
            GatewayError: the time is over, or the run was stopped.
            Exception: whatever else the call raised.
        """
        item, result = self._workers.result(self._results)
        self.waiting -= 1
        if isinstance(result, Exception) and not isinstance(result, GatewayError):
            raise result
        return item, result

    def cancel(self) -> None:
        """Drop what has not begun; what is under way ends unheard."""
        self._cancelled = True
