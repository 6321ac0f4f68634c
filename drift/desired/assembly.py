"""Declared groups to the values that are compared, once every file has been read."""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from drift.desired.declared import FIELD_PATHS, Declared, unpack
from drift.desired.forest import Forest
from drift.desired.limits import LimitLists
from drift.desired.profiles import Profiles
from drift.model.groups import DesiredGroup, Positions
from drift.model.limits import Limits

_NONE: dict[str, str] = {}


def assemble(forest: Forest, profiles: Profiles, lists: LimitLists) -> Iterator[DesiredGroup]:
    """The groups in the order of the files; what they name must be there."""
    for group, mode in zip(forest.groups, forest.modes(), strict=True):
        yield _assemble(group, mode, profiles, lists)


def _assemble(group: Declared, mode: str | UnsetType, profiles: Profiles, lists: LimitLists) -> DesiredGroup:
    places = unpack(group.places)
    entry_at = len(FIELD_PATHS)
    limit_at = entry_at + 2 * len(group.entries or ())
    positions = places[:entry_at]
    named: dict[str, str] = _NONE
    models: dict[str, Limits] = {}
    for entry in group.entries or ():
        positions.append(places[entry_at])
        profile_place = places[entry_at + 1]
        entry_at += 2
        rates, usages = entry.rates, entry.usages
        if entry.profile is not None:
            profile = profiles[entry.profile]
            rates = profile.rates if rates is None else rates
            usages = profile.usages if usages is None else usages
            if named is _NONE:
                named = {}
            named[entry.slug] = entry.profile
        for own, limits in ((entry.rates, rates), (entry.usages, usages)):
            if own is not None:
                positions += places[limit_at : limit_at + len(own)]
                limit_at += len(own)
            elif limits:
                positions += [profile_place] * len(limits)
        models[entry.slug] = lists.join(rates or {}, usages or {})
    return DesiredGroup(
        positions=Positions(group.file, positions),
        id=group.id,
        external_entity_id=group.external_entity_id,
        name=group.name,
        limit_enforcement=mode,
        parent=group.parent,
        parent_group_id=group.parent_group_id,
        models=UNSET if group.entries is UNSET else models,
        manage=group.manage,
        profiles=named,
        effective=group.effective,
    )
