"""How far a long run is, on stderr, for somebody who is watching."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AFTER = 1.0
"""Seconds; a shorter run ends before anybody wonders."""
_EVERY = 0.1
"""Seconds between updates: rich shows ten a second, and each takes as long as comparing some groups."""
_BAR = 20
"""Columns, so that all of the line fits a terminal of 80."""


@contextmanager
def progress(what: str, total: int | None, *, wanted: bool = True) -> Iterator[Callable[[], None]]:
    """Yield a function to call for every group; shows a bar if stderr is a terminal and the work takes a while.

    Groups are compared as they are read, so one bar is for both. ``total`` is None where nobody knows how many
    groups there are; then there is no estimate of the time left.
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it, and it is slow to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = [TextColumn("{task.description}"), BarColumn(_BAR), TextColumn("{task.fields[told]}")]
    if total is not None:
        columns += [TextColumn("left"), TimeRemainingColumn()]
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total, told="")
    done = 0
    shown = 0.0

    def advance() -> None:
        nonlocal done, shown
        done += 1
        now = time.monotonic()
        if now - shown < _EVERY and done != total:
            return
        shown = now
        # Suspects are read a second time, so there may be more readings than groups.
        completed = done if total is None else min(done, total)
        speed = bar.tasks[0].speed
        of = "" if total is None else f"/{total:,}"
        bar.update(task, completed=completed, told=f"{completed:,}{of}{f' {speed:,.0f}/s' if speed else ''}")

    start = threading.Timer(_AFTER, bar.start)
    start.daemon = True
    start.start()
    try:
        yield advance
    finally:
        start.cancel()
        bar.stop()
