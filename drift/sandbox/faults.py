"""How a gateway misbehaves on request.

A fault is data: which requests it is for, and what happens to them. Faults never touch the world's rules;
they sit between the world and the adapter that delivers its answers, and are counted as requests arrive, so
a script of them plays the same way each time.
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from threading import Lock
from typing import Literal, TypeAlias

from msgspec import Struct

from drift.sandbox.messages import Request


class Latency(Struct, frozen=True):
    """The answer begins this many seconds later."""

    seconds: float


class Answer(Struct, frozen=True):
    """Another answer instead of the world's, which never sees the request."""

    status: int
    body: bytes | None = None
    """None sends ``{"error": ...}``, the documented shape of an error."""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    retry_after: int | None = None
    """Seconds."""
    retry_after_in: Literal["body", "header", "date"] = "body"
    """Where they are told: the body's member ``retry_after``, or a ``Retry-After`` header in either form."""


class Drop(Struct, frozen=True):
    """The connection ends without an answer, or inside its body."""

    after: int | None = None
    """Bytes of the body that are still sent; None: not even the status."""
    reset: bool = False
    """With a TCP reset instead of an orderly end."""


class Stall(Struct, frozen=True):
    """The answer pauses inside its body."""

    seconds: float
    after: int = 0
    """Bytes of the body that are sent before the pause."""


class Drip(Struct, frozen=True):
    """The answer arrives byte by byte from its status line on, with this many seconds before each."""

    seconds: float


class Truncate(Struct, frozen=True):
    """A complete message whose body is cut short."""

    after: int | None = None
    """Bytes that are left; None: half of them."""


class Pad(Struct, frozen=True):
    """Blanks after the body, which stays valid JSON, up to this many bytes."""

    size: int


class ContentType(Struct, frozen=True):
    """The true body under another content type."""

    value: str


class Thresholds(Struct, frozen=True):
    """Every threshold in the body becomes this text, e.g. ``NaN``, ``"5"``, ``5.0`` or ``true``."""

    text: str


class RepeatCursor(Struct, frozen=True):
    """Every page claims that there is another one, behind the cursor that led to it."""


class RepeatPage(Struct, frozen=True):
    """Every page is the first one again, and claims that there is another behind a new cursor."""


class SmallPages(Struct, frozen=True):
    """No page holds more groups than this, whatever the request asks for."""

    size: int


class Skip(Struct, frozen=True):
    """Every page leaves out its first groups, as lists do from which groups vanish while they are read."""

    count: int


class Run(Struct, frozen=True):
    """Something happens just before the request is answered, e.g. a group moves between two pages."""

    change: Callable[[], None]


WireAction: TypeAlias = Latency | Drop | Stall | Drip
"""How an answer arrives."""
PageAction: TypeAlias = RepeatCursor | RepeatPage | Skip
"""What a page of the world's list is turned into."""
BodyAction: TypeAlias = Truncate | Pad | ContentType | Thresholds | PageAction
"""What the world's answer is turned into."""
Action: TypeAlias = WireAction | BodyAction | Answer | SmallPages | Run


class Fault(Struct, frozen=True):
    """An action and the requests it is for."""

    action: Action
    method: str = "*"
    path: str = "*"
    """Pattern for the percent-encoded path without its query; ``*`` also matches slashes."""
    start: int = 1
    """The first of the matching requests that is affected, counted from 1."""
    times: int | None = None
    """How many matching requests are affected from there; None: all."""
    every: int = 1
    """Only one in so many of them is affected, the first included."""

    def matches(self, request: Request) -> bool:
        """Whether the fault counts this request."""
        return self.method in ("*", request.method) and fnmatchcase(request.path, self.path)

    def affects(self, nth: int) -> bool:
        """Whether something happens to the nth request that it counts."""
        turn, off = divmod(nth - self.start, self.every)
        return turn >= 0 and off == 0 and (self.times is None or turn < self.times)


class Faults:
    """A script of faults with its counters. Safe to use from several threads."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(self._faults)
        self._lock = Lock()

    def take(self, request: Request) -> tuple[Action, ...]:
        """Count the request, and say what is to happen to it, in the order of the script."""
        actions = []
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.matches(request):
                    nth = self._seen[index] = self._seen[index] + 1
                    if fault.affects(nth):
                        actions.append(fault.action)
        return tuple(actions)


NO_FAULTS = Faults()
