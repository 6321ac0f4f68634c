"""What an export starts from: the files, the live groups, and what was asked for."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from drift.checker.run import Run
from drift.errors import SettingsError
from drift.export.placing import Layout
from drift.model.forest import desired_forest, desired_key, live_forest
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Found, Missing, Reading
from drift.model.selection import Selection, check_known
from drift.report.finding import Finding


class Options(Struct, frozen=True):
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


class Live(Struct, frozen=True):
    """What was read, all of it or nothing."""

    groups: Mapping[str, Group]
    """Every live group by internal id."""
    declared: Mapping[str, Group]
    """The groups that the files declare, by the key of the declaration."""
    missing: frozenset[str]
    """Keys of declared groups that are not live."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "Live":
        """The groups of readings, the later of two for one declaration counting; none of them failed."""
        found = [item for item in readings if isinstance(item, Found)]
        # Effective limits are derived by the API, and written nowhere.
        own = [(item.desired, replace(item.live, effective_models=None)) for item in found]
        declared = {desired_key(desired): live for desired, live in own if desired}
        strangers = [live for desired, live in own if not desired]
        missing = frozenset(desired_key(item.desired) for item in readings if isinstance(item, Missing))
        return cls({group.id: group for group in (*strangers, *declared.values())}, declared, missing)


class Chosen(Struct, frozen=True):
    """The selection, applied."""

    keys: frozenset[str]
    """Of the declared groups, live or missing."""
    new: tuple[Group, ...]
    """Live groups that no file declares."""


def choose(selection: Selection, desired: Sequence[DesiredGroup], live: Live, *, unmanaged_only: bool) -> Chosen:
    """The groups that are selected.

    Raises:
        SettingsError: The selection names a group that there is not.
    """
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

    chosen: set[str] = set()
    for group in desired if not unmanaged_only else ():
        key = desired_key(group)
        answer = live.declared.get(key)
        if wants(answer) if answer else in_files(key) and selection.names(key):
            chosen.add(key)
    new = tuple(group for group in live.groups.values() if group.id not in known and wants(group))
    if selection.globs and not unmanaged_only and not chosen and not new:
        raise SettingsError("--select matches no group", hint="drift tree --live shows the groups there are")
    return Chosen(frozenset(chosen), new)


def differences(
    desired: Sequence[DesiredGroup], live: Live, new: Sequence[Group] = ()
) -> dict[str, tuple[Finding, ...]]:
    """What a check would report of declared groups on themselves, by key.

    ``new`` groups were not declared when ``live`` was read, and may be by now.
    """
    answers = {
        **{group.id: group for group in new},
        **{group.external_entity_id: group for group in new},
        **live.declared,
    }
    run = Run(desired)
    run.take(
        Missing(group) if (answer := answers.get(desired_key(group))) is None else Found(group, answer)
        for group in desired
    )
    every = run.findings()
    return {
        desired_key(desired[position]): drift
        for position, findings in every.items()
        if (drift := tuple(finding for finding in findings if finding.is_drift))
    }


def content(group: DesiredGroup) -> tuple[object, ...]:
    """What a declaration says, wherever it says it."""
    models = group.models
    return (
        group.id,
        group.external_entity_id,
        group.name,
        group.limit_enforcement,
        group.parent,
        group.parent_group_id,
        group.manage,
        models if models is UNSET else {slug: dict(limits) for slug, limits in models.items()},
    )
