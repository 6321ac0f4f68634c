"""What an export starts from: the live groups, what was asked for, and how both differ from the files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from drift.checker.run import Run
from drift.errors import SettingsError
from drift.model.forest import desired_forest, desired_key, live_forest
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.readings import Found, Missing, Reading
from drift.model.selection import Selection, check_known
from drift.report.finding import Finding

Layout: TypeAlias = Literal["single", "per-root", "per-group"]
_NOWHERE = Positions("", ())


class ExportOptions(Struct, frozen=True):
    """What was asked for."""

    layout: Layout
    selection: Selection = Selection()
    unmanaged_only: bool = False
    """Only groups that no file declares."""
    profiles: bool = False
    """Give new groups profiles for limits that models share."""
    pin_ids: bool = False
    """Write the internal id of every selected group."""
    force: bool = False
    """Let live values replace declared ones."""


class Destination(Struct, frozen=True):
    """Where files are."""

    directory: str | None
    """Where new files go; None if there is one file only."""
    file: str
    """That file; empty where there is a directory."""
    taken: frozenset[str] = frozenset()
    """Names in the directory, of whatever kind."""

    @property
    def path(self) -> Path:
        """The directory, or the file."""
        return Path(self.file if self.directory is None else self.directory)


class LiveState(Struct, frozen=True):
    """What was read, all of it or nothing."""

    groups: Mapping[str, Group]
    """Every live group by internal id."""
    declared: Mapping[str, Group]
    """The groups that the files declare, by the key of the declaration."""
    missing: frozenset[str]
    """Keys of declared groups that are not live."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "LiveState":
        """The groups of readings, the later of two for one declaration counting; none of them failed."""
        found = [reading for reading in readings if isinstance(reading, Found)]
        # Effective limits are derived by the API, and written nowhere.
        own = [(reading.desired, replace(reading.live, effective_models=None)) for reading in found]
        declared = {desired_key(desired): live for desired, live in own if desired}
        unmanaged = [live for desired, live in own if not desired]
        missing = frozenset(desired_key(reading.desired) for reading in readings if isinstance(reading, Missing))
        return cls({group.id: group for group in (*unmanaged, *declared.values())}, declared, missing)


class ChosenGroups(Struct, frozen=True):
    """The selection, applied."""

    keys: frozenset[str]
    """Of the declared groups, live or missing."""
    new: tuple[Group, ...]
    """Unmanaged groups."""


def choose(options: ExportOptions, desired: Sequence[DesiredGroup], live: LiveState) -> ChosenGroups:
    """The groups that are selected.

    Raises:
        SettingsError: The selection names a group that there is not.
    """
    selection = options.selection
    ids = {group.external_entity_id: key for key, group in live.groups.items()}
    keys = {group.external_entity_id: desired_key(group) for group in desired}
    check_known(selection.below, (name for name in (*ids, *keys) if name), "--below")
    in_live = selection.within(
        live_forest(live.groups.values()), [ids[name] for name in selection.below if name in ids]
    )
    in_files = selection.within(desired_forest(desired), [keys[name] for name in selection.below if name in keys])
    known = {group.id for group in live.declared.values()}

    def wants(group: Group) -> bool:
        return in_live(group.id) and selection.names(group.external_entity_id)

    def wants_key(key: str) -> bool:
        found = live.declared.get(key)
        return wants(found) if found else in_files(key) and selection.names(key)

    declared = () if options.unmanaged_only else map(desired_key, desired)
    chosen = frozenset(key for key in declared if wants_key(key))
    new = tuple(group for group in live.groups.values() if group.id not in known and wants(group))
    if selection.globs and not options.unmanaged_only and not chosen and not new:
        raise SettingsError("--select matches no group", hint="drift tree --live shows the groups there are")
    return ChosenGroups(chosen, new)


def differences(
    desired: Sequence[DesiredGroup], live: LiveState, new: Sequence[Group] = ()
) -> dict[str, tuple[Finding, ...]]:
    """What a check would report of declared groups on themselves, by key.

    ``new`` groups were not declared when ``live`` was read, and may be by now.
    """
    found = {name: group for group in new for name in (group.id, group.external_entity_id)} | {**live.declared}
    run = Run(desired)
    run.take(
        Found(group, found[desired_key(group)]) if desired_key(group) in found else Missing(group) for group in desired
    )
    drift = {
        desired_key(desired[position]): tuple(finding for finding in findings if finding.is_drift)
        for position, findings in run.findings().items()
    }
    return {key: findings for key, findings in drift.items() if findings}


def content(group: DesiredGroup) -> DesiredGroup:
    """What a declaration says, wherever it says it."""
    return replace(group, positions=_NOWHERE, profiles={}, effective=())
