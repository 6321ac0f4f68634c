"""The ``drift`` command without its throttle, to see what the rest of it can do."""

import sys

from drift.__main__ import main
from drift.gateway import pace


class Unthrottled(pace.Throttle):
    """A throttle that lets every request start at once."""

    def __init__(self, _rate: float | None, clock: pace.Clock) -> None:
        super().__init__(None, clock)


pace.Throttle = Unthrottled  # type: ignore[assignment,misc]  # taken from here by modules that are imported later

if __name__ == "__main__":
    sys.exit(main())
