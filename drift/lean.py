"""Importing libraries without the optional parts that they look for and this program has no use for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(module: str) -> Iterator[None]:
    """Within the block ``import module`` fails; for libraries that are prepared for that.

    If the module was imported before, nothing changes.
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # makes the import fail
    try:
        yield
    finally:
        del sys.modules[module]
