"""What a run did and met besides the groups: requests counted, remarks noted once each."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Literal, TypeAlias

Count: TypeAlias = Literal["get", "list", "retries", "throttled"]
_COUNTS: tuple[Count, ...] = ("get", "list", "retries", "throttled")
_MOST_NOTES = 100


class Ledger:
    """Counters and notes that all threads of a run share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._notes: dict[str, None] = {}
        self._left_out = 0

    def count(self, what: Count) -> None:
        """Count one more request of a kind, retry, or 429 answer."""
        with self._lock:
            self._counts[what] += 1

    def note(self, text: str) -> None:
        """Keep a remark, once; a server that provokes many does not fill the memory."""
        with self._lock:
            if text in self._notes:
                return
            if len(self._notes) < _MOST_NOTES:
                self._notes[text] = None
            else:
                self._left_out += 1

    def counts(self) -> Mapping[str, int]:
        """Requests by kind; ``retries`` are among ``get`` and ``list`` too, ``throttled`` are 429 answers."""
        with self._lock:
            return {what: self._counts[what] for what in _COUNTS}

    def notes(self) -> tuple[str, ...]:
        """Everything noted so far, in the order in which it was met."""
        with self._lock:
            more = (f"{self._left_out} more remarks of this kind",) if self._left_out else ()
            return (*self._notes, *more)
