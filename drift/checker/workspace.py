"""The whole workspace, read once: every live group, an answer for every declared one, and what was not read."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from drift.checker.check import GroupSource, not_listed
from drift.errors import Cause, ExitCode, GatewayError
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Failed, Found, Missed, Reading

REFUSED = frozenset({Cause.UNAUTHORIZED, Cause.FORBIDDEN})
"""What the gateway says to a key that may not read."""


class Workspace(Struct, frozen=True):
    """What reading gave; complete only if nothing was ``missed`` and nothing ``failed``."""

    readings: tuple[Reading, ...]
    """One for every declared group, and one for every other live group that was seen."""
    list_failure: GatewayError | None
    missed: Missed | None
    """Why there may be other live groups; None if there are none."""
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The live groups."""
        return tuple(reading.live for reading in self.readings if isinstance(reading, Found))

    @property
    def failed(self) -> Sequence[Failed]:
        """The declared groups without an answer."""
        return [reading for reading in self.readings if isinstance(reading, Failed)]

    @property
    def exit_code(self) -> ExitCode:
        """What a command that needs all live groups ends with."""
        if self.missed is None:
            return ExitCode.IN_SYNC
        return ExitCode.AUTH if self.missed.cause in REFUSED and not self.groups else ExitCode.INCOMPLETE


def read_workspace(
    source: GroupSource,
    desired: Sequence[DesiredGroup] = (),
    *,
    on_reading: Callable[[Reading], None],
    suspects: Callable[[Sequence[Reading]], Sequence[DesiredGroup]] = lambda _: (),
) -> Workspace:
    """Read every live group, and find out about every declared one.

    Args:
        source: Where live groups come from.
        desired: The declared groups.
        on_reading: Called with every reading, for progress.
        suspects: Which declared groups are read once more, since a list is no snapshot; the later reading counts.
            Not asked where the list failed.
    """
    readings: list[Reading] = []
    for reading in source.read(desired, unmanaged=True):
        on_reading(reading)
        readings.append(reading)
    doubtful = () if source.list_failure else suspects(readings)
    again = {id(reading.desired): reading for reading in source.confirm(doubtful)} if doubtful else {}
    latest = (again.get(id(reading.desired), reading) if reading.desired else reading for reading in readings)
    return Workspace(tuple(latest), source.list_failure, not_listed(source), tuple(source.notes()))
