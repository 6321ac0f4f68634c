"""How far a long run is, on stderr, for somebody who is watching."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AFTER = 1.0
"""Seconds; a shorter run ends before anybody wonders."""


@contextmanager
def progress(what: str, total: int | None, *, wanted: bool = True) -> Iterator[Callable[[], None]]:
    """Yield a function to call for every group; shows a bar if stderr is a terminal and the work takes a while.

    ``total`` is None where nobody knows how many groups there are.
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it, and it is slow to import
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=total, rate="")
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        speed = bar.tasks[0].speed
        bar.update(task, completed=done if total is None else min(done, total), rate=f"{speed:,.0f}/s" if speed else "")

    start = threading.Timer(_AFTER, bar.start)
    start.daemon = True
    start.start()
    try:
        yield advance
    finally:
        start.cancel()
        bar.stop()
