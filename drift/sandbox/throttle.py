"""The gateway's own limit on requests to the management API."""

from collections.abc import Callable
from datetime import datetime
from math import ceil

from msgspec import Struct


class Throttle(Struct, frozen=True):
    """So many requests per window, for each key and endpoint; the API's default is 100 a second."""

    requests: int = 100
    seconds: int = 1


class Meter:
    """Counts requests in fixed windows of the clock."""

    def __init__(self, throttle: Throttle, clock: Callable[[], datetime]) -> None:
        self._throttle = throttle
        self._clock = clock
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}

    def admit(self, key: str, endpoint: str) -> int | None:
        """None if the request may pass, else whole seconds until the window ends (at least 1)."""
        now = self._clock().timestamp()
        window = int(now // self._throttle.seconds)
        current, count = self._counts.get((key, endpoint), (window, 0))
        if current != window:
            count = 0
        if count >= self._throttle.requests:
            return max(1, ceil((window + 1) * self._throttle.seconds - now))
        self._counts[key, endpoint] = (window, count + 1)
        return None
