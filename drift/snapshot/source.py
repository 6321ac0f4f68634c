"""A snapshot in the place of the gateway, or of the desired files: what was live then is read, or declared."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from drift.errors import Cause, GatewayError, SettingsError
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.readings import Failed, Found, Missed, Missing, Reading
from drift.snapshot.document import Snapshot

_FIRST_LINE = 2
"""The line of the first group, as the file is written."""
_NONE_FOUND = "none of the declared groups is in the snapshot: is it of the workspace that the files declare?"


class SnapshotSource:
    """Answers for every wanted group from a snapshot; what the snapshot does not cover is ``Failed``.

    It has the shape of :class:`drift.checker.check.GroupSource`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        name: str,
        *,
        may_hold_none: bool = False,
        hidden: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Read from ``snapshot``, which messages call ``name``.

        Args:
            snapshot: The groups.
            name: The file's name.
            may_hold_none: Believe a snapshot that holds none of several wanted groups.
            hidden: Why it is not known which of the other groups are unmanaged, if so; they are left out then.
            notes: What else the reader of a report should know.
        """
        self._snapshot = snapshot
        self._name = name
        self._may_hold_none = may_hold_none
        self._hidden = hidden
        self._notes = (*notes, *snapshot.warnings)
        self._by_id = {group.id: group for group in snapshot.groups}
        self._by_external: dict[str, list[Group]] = {}
        for group in snapshot.groups:
            self._by_external.setdefault(group.external_entity_id, []).append(group)

    @property
    def api_url(self) -> str:
        """Whose groups these are."""
        return self._snapshot.api_url

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """One reading for every wanted group, in their order; with ``unmanaged`` all other groups too."""
        readings = [self._reading(group) for group in wanted]
        found = {reading.live.id for reading in readings if isinstance(reading, Found)}
        if len(readings) > 1 and not found and not self._may_hold_none:
            readings = [self._none_found(reading) for reading in readings]
        yield from readings
        if unmanaged and self._hidden is None:
            claimed = {reading.desired.external_entity_id for reading in readings if isinstance(reading, Failed)}
            for group in self._snapshot.groups:
                if group.id not in found and group.external_entity_id not in claimed:
                    yield Found(None, group)

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """The same readings once more: a file does not change its mind."""
        return (self._reading(group) for group in suspects)

    @property
    def list_failure(self) -> GatewayError | None:
        """Why the snapshot does not show all other groups; None if it does."""
        if self._hidden is not None:
            return GatewayError(Cause.INCONSISTENT, self._hidden, where=self._name)
        missed = self._snapshot.missed
        return None if missed is None else GatewayError(missed.cause, _incomplete(missed), where=self._name)

    @property
    def broken_items(self) -> int:
        """None: what could not be read as a group made the snapshot incomplete."""
        return 0

    def notes(self) -> Sequence[str]:
        """What to know of the snapshot, and what the reader of the list noted when it was taken."""
        return self._notes

    def requests(self) -> Mapping[str, int]:
        """None were sent."""
        return {}

    def _reading(self, desired: DesiredGroup) -> Reading:
        namesakes = self._by_external.get(desired.external_entity_id or "", [])
        pinned = self._by_id.get(desired.id or "")
        if len(namesakes) > 1 and pinned not in namesakes:
            message = f"the snapshot holds {len(namesakes)} groups with this external id: it changed while it was read"
            return Failed(desired, Cause.INCONSISTENT, message, self._name)
        live = pinned if pinned in namesakes or not namesakes else namesakes[0]
        if live is not None:
            return Found(desired, live)
        if (missed := self._snapshot.missed) is not None:
            return Failed(desired, missed.cause, f"not in the snapshot, {_incomplete(missed)}", self._name)
        return Missing(desired)

    def _none_found(self, reading: Reading) -> Reading:
        if isinstance(reading, Missing):
            return Failed(reading.desired, Cause.NOT_FOUND_ANYWHERE, _NONE_FOUND, self._name)
        return reading


def _incomplete(missed: Missed) -> str:
    return f"which is incomplete: {missed.message}"


def declared_by(snapshot: Snapshot, name: str) -> tuple[DesiredGroup, ...]:
    """Every group of the snapshot as a declaration of all its parts, its id included, on its line of ``name``.

    Raises:
        SettingsError: Two groups have the same external id, so that it is not known which was meant.
    """
    counts = Counter(group.external_entity_id for group in snapshot.groups)
    repeated = next((external_id for external_id, count in counts.items() if count > 1), None)
    if repeated is not None:
        raise SettingsError(
            f"{name} holds several groups with the external id {repeated!r}: it changed while it was read",
            hint="take the snapshot again",
        )
    externals = {group.id: group.external_entity_id for group in snapshot.groups}
    return tuple(
        _declared(group, externals, name, index + _FIRST_LINE if snapshot.lines else 1)
        for index, group in enumerate(snapshot.groups)
    )


def _declared(group: Group, externals: Mapping[str, str], name: str, line: int) -> DesiredGroup:
    # Only the group has a position of its own; its parts stand on the same line.
    parts = 6 + sum(1 + len(limits) for limits in group.models.values())
    # By external id, a parent that was created anew is reported once, and not at each of its children.
    above = group.parent_group_id
    parent = None if above is None else externals.get(above, UNSET)
    return DesiredGroup(
        positions=Positions(name, [(line, 1), *[(0, 0)] * parts]),
        id=group.id,
        external_entity_id=group.external_entity_id,
        name=group.name,
        limit_enforcement=group.limit_enforcement,
        parent=parent,
        parent_group_id=above if above is not None and parent is UNSET else UNSET,
        models=group.models,
    )
