"""A difference between desired and live, as a value that every report shows in its own way."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from drift.errors import Location
from drift.model.groups import GroupRef
from drift.model.limits import JsonLimit
from drift.model.paths import Path
from drift.report.exposure import Exposure
from drift.rules import RULES, Direction, DriftRule, Severity

JsonObject: TypeAlias = Mapping[str, str | int | Sequence[JsonLimit]]
Value: TypeAlias = int | str | JsonObject | None
"""A side of a finding as JSON: a threshold, a name, a limit ``{type, unit, threshold}`` or a model config."""


class Affected(Struct, frozen=True):
    """A descendant whose effective limit moves with the finding; null where it has none."""

    group: GroupRef
    desired: int | None
    live: int | None


class ChangeStatus(StrEnum):
    """Where a difference comes from, where the declaration is compared with an earlier one (``--base``)."""

    INTRODUCED = "introduced"
    """The base is as live is, and this declaration differs: what applying it will change."""
    PRE_EXISTING = "pre-existing"
    """The base already differed from live, and this declaration says the same as the base."""
    CONFLICTING = "conflicting"
    """The declaration and live both moved away from the base, to different values."""
    FIXED = "fixed"
    """The base declared it and differed from live; this declaration says what live is."""
    ALREADY_APPLIED = "already-applied"
    """The base did not declare it, and live is already as this declaration says."""


class Finding(Struct, frozen=True):
    """One difference. ``desired`` and ``live`` are null on the side where the thing does not exist."""

    rule: str
    """Id in the rule catalogue; ``drift explain RULE`` tells more."""
    severity: Severity
    direction: Direction
    group: GroupRef
    path: Path
    """Where in the group, e.g. ``["models", "org/model", "rate_limits", "TOKEN/MINUTE"]``."""
    desired: Value
    live: Value
    message: str
    """One sentence with both values and the size of the change."""
    source: Location | None
    """The declaring line; null only where nothing is declared (an unmanaged group)."""
    cause: GroupRef | None = None
    """The ancestor that caused it, where it is inherited."""
    affected: tuple[Affected, ...] = ()
    """Descendants that did not change themselves and whose effective limits this moves, all of them."""
    exposure: Exposure | None = None
    """What putting this one difference right would take away, for the group and those below; null for nothing."""
    status: ChangeStatus | None = None
    """Null if no base was given."""

    @property
    def is_drift(self) -> bool:
        """Informational findings are shown and counted, but are not drift."""
        return self.severity is not Severity.INFO


def finding(
    rule: str,
    group: GroupRef,
    path: Path,
    values: tuple[Value, Value],
    *,
    message: str,
    source: Location | None,
    severity: Severity | None = None,
    direction: Direction | None = None,
    cause: GroupRef | None = None,
    affected: Sequence[Affected] = (),
) -> Finding:
    """A difference that breaks a rule of the catalogue; severity and direction are the rule's unless given.

    ``values`` are the declared and the live one.
    """
    known = RULES[rule]
    if not isinstance(known, DriftRule):
        raise TypeError(f"{rule} is not a rule for live groups")
    return Finding(
        rule=rule,
        severity=severity or known.severity,
        direction=direction or known.direction or Direction.NEUTRAL,
        group=group,
        path=path,
        desired=values[0],
        live=values[1],
        message=message,
        source=source,
        cause=cause,
        affected=tuple(affected),
    )
