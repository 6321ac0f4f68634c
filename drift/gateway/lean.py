"""httpx without its own command line, which brings click, rich and pygments: two thirds of the import's time.

Everything in this package takes httpx from here. If it was imported before, it is used as it is.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without_its_command_line() -> Iterator[None]:
    name = "httpx._main"
    if "httpx" in sys.modules:
        yield
        return
    # None makes the import fail, and httpx is prepared for that: the libraries of its command are optional.
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with _without_its_command_line():
    import httpx

__all__ = ["httpx"]
