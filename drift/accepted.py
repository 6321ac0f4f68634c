"""Differences that somebody accepted for a while: exact value, reason, owner, last day.

The structs are part of the published report format.
"""

from enum import StrEnum

from msgspec import Struct

from drift.errors import Location
from drift.finding import Finding, Value


class Acceptance(Struct, frozen=True):
    """One entry of ``accepted`` in the desired files."""

    group: str
    """External id, or internal id of a group without one."""
    rule: str | None
    """The rule of the finding; null for any."""
    path: tuple[str, ...] | None
    """The path of the finding; null for any."""
    live: Value
    """The value that was accepted; another one is drift again."""
    reason: str
    owner: str
    until: str
    """The last day on which it holds, ISO 8601, UTC."""
    rule_set: int
    """The rule-set version of the report that it was taken from."""
    source: Location


class Accepted(Struct, frozen=True):
    """A finding that does not count, and what excuses it."""

    finding: Finding
    acceptance: Acceptance
    expiring: bool = False
    """Whether it ends within the days that the caller wants to be warned of."""


class Lapse(StrEnum):
    """Why an acceptance excuses nothing."""

    EXPIRED = "expired"
    MOVED = "moved"
    """Live has yet another value than the accepted one."""
    UNUSED = "unused"
    """There is no such difference any more."""


class Lapsed(Struct, frozen=True):
    """An acceptance that excuses nothing, for people to renew or remove."""

    acceptance: Acceptance
    lapse: Lapse
