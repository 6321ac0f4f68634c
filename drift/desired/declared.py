"""A declared group while the files are still being read: small, and open where other files decide.

Profiles and parents may stand in any file of a run, so a group is finished only after the last one. Until then
there may be a hundred thousand of these; the tree that YAML gave is gone.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from drift.desired.limit_lists import LimitLists
from drift.desired.nodes import Mark, Node, Path, Places, Value, parts, size, spell
from drift.desired.problems import Breach
from drift.desired.shape import (
    NO_HIERARCHY,
    NO_METADATA,
    EffectiveModelItem,
    GroupItem,
    HierarchyItem,
    LimitItem,
    MetadataItem,
    ModelItem,
)
from drift.desired.validation import validate
from drift.errors import Location
from drift.model.groups import DesiredGroup, PinnedLimit, PinnedModel, Positions
from drift.model.limits import UNITS, Kind, LimitKey, Limits

_COLUMN_BITS = 24
_MOST_COLUMNS = (1 << _COLUMN_BITS) - 1
_LIMIT_MARKS = 7
"""A limit has three keys, all of them required: one mark of its own, and two for each."""
_FIELD_PATHS: tuple[Path, ...] = (
    (),
    ("id",),
    ("metadata", "external_entity_id"),
    ("metadata", "name"),
    ("hierarchy", "limit_enforcement"),
    ("hierarchy", "parent"),
    ("models",),
)
"""The fields in the order in which ``drift.model.groups.Positions`` keeps them."""
_FIELDS = len(_FIELD_PATHS)
_FIELD_KEYS = [str(path[-1]) for path in _FIELD_PATHS if path]
_KINDS: Mapping[str | int, Kind] = {kind: kind for kind in UNITS}
_NO_LIMITS: Limits = {}
_NO_PROFILES: Mapping[str, str] = {}
_ALONE = {"id", "metadata", "hierarchy", "models", "manage"}
"""The members of a group that say all there is to say, whatever else is declared."""


class Profile(Struct, frozen=True):
    """Limits under a name, which are empty if the file is wrong about them."""

    location: Location
    path: str
    rates: Limits
    usages: Limits


class Entry(NamedTuple):
    """One entry of ``models``; None where a list is not written and a profile may supply it."""

    slug: str
    profile: str | None = None
    rates: Limits | None = None
    usages: Limits | None = None


class Declared(Struct, frozen=True, eq=False):
    """What one entry of ``groups`` says."""

    file: str
    index: int
    """Among the groups of its file, from 0."""
    item: GroupItem
    """Its fields; ``models`` and ``effective`` are in the members below."""
    places: "array[int]"
    """Packed positions: the seven fields; then for each entry its own, that of its profile, and those of the limits
    that are written, rate limits first."""
    entries: tuple[Entry, ...] | UnsetType = UNSET
    effective: tuple[PinnedModel, ...] = ()

    def profile_at(self, wanted: int) -> Location:
        """Where the entry of that index names its profile."""
        before = (self.entries or ())[:wanted]
        at = _FIELDS + sum(2 + len(entry.rates or ()) + len(entry.usages or ()) for entry in before) + 1
        ((line, column),) = _unpack(self.places[at : at + 1])
        return Location(self.file, line, column)

    def path(self, *path: str | int) -> str:
        """A part of the group as a person names it; ``path`` starts at the group."""
        return spell(("groups", self.index, *path))


def declare(
    item: GroupItem, node: Node, *, file: str, index: int, lists: LimitLists, breaches: list[Breach]
) -> Declared:
    """The compact form of a group.

    Args:
        item: The typed form of the group; it is kept, without its lists.
        node: The group as it is written, with its positions.
        file: As locations name it.
        index: Among the groups of the file.
        lists: Turns lists of limits into shared maps.
        breaches: Takes what is wrong with those lists; paths start at the group.
    """
    marks = node.positions
    of_keys: dict[str, Mark | None] = {}
    of_models: list[Mark | None] = []
    entries: tuple[Entry, ...] | UnsetType = UNSET
    effective: tuple[PinnedModel, ...] = ()
    at = 1
    for key, value in node.value.items() if isinstance(node.value, dict) else ():
        of_keys[key] = marks[at]
        at += 2
        if key in ("metadata", "hierarchy") and isinstance(value, dict):
            for name in value:
                of_keys[name] = marks[at]
                at += 2
        elif key == "models" and isinstance(value, list):
            found: list[Entry] = []
            for model, written_model in zip(item.models or (), value, strict=True):
                path = ("models", len(found))
                entry, at = _entry(
                    model, written_model, marks, at, taken=of_models, lists=lists, breaches=breaches, path=path
                )
                found.append(entry)
            entries = tuple(found)
        else:
            end = at + size(value) - 1
            if key == "effective":
                effective = _pinned(item.effective or (), Node(value, marks[at - 1 : end]), file)
            at = end
    block = of_keys.get("hierarchy")
    of_keys.setdefault("parent", of_keys.get("parent_group_id", block))
    of_keys.setdefault("limit_enforcement", block)
    fields = [marks[0], *[of_keys.get(name) for name in _FIELD_KEYS]]
    item.models = item.effective = UNSET
    return Declared(file, index, item, _pack((*fields, *of_models)), entries, effective)


def _entry(
    model: ModelItem,
    value: Value,
    marks: Sequence[Mark | None],
    at: int,
    *,
    taken: list[Mark | None],
    lists: LimitLists,
    breaches: list[Breach],
    path: Path,
) -> tuple[Entry, int]:
    """The entry whose mark has index ``at``, and the index after its last one; ``taken`` gets those that are kept."""
    limits: dict[Kind, Limits] = {}
    of_limits: dict[Kind, Sequence[Mark | None]] = {}
    of_entry, of_profile = marks[at], None
    at += 1
    for key in value if isinstance(value, dict) else ():
        at += 2
        if key == "profile":
            of_profile = marks[at - 2]
        elif kind := _KINDS.get(key):
            items: Sequence[LimitItem] = getattr(model, kind) or ()
            end = at + _LIMIT_MARKS * len(items)
            of_limits[kind] = marks[at:end:_LIMIT_MARKS]
            at = end
            found = lists.of(kind, items)
            limits[kind] = found.limits
            if found.breaches:
                breaches += [breach.below(*path, key) for breach in found.breaches]
    taken += (of_entry, of_profile)
    for kind in UNITS:
        taken += of_limits.get(kind, ())
    return Entry(model.slug, model.profile or None, limits.get("rate_limits"), limits.get("usage_limits")), at


def _pinned(models: Sequence[EffectiveModelItem], node: Node, file: str) -> tuple[PinnedModel, ...]:
    """The pins of a list; few groups have any."""
    pins = []
    for model, (_, model_at, of_model) in zip(models, parts(node), strict=True):
        limits = [
            PinnedLimit(
                LimitKey(kind, item.type, item.unit),
                item.threshold,
                item.source or None,
                item.source_group or None,
                Location(file, *limit_at),
            )
            for key, _, of_kind in parts(of_model)
            if (kind := _KINDS.get(key))
            for item, (_, limit_at, _) in zip(getattr(model, kind), parts(of_kind), strict=True)
        ]
        pins.append(PinnedModel(model.slug, tuple(limits), Location(file, *model_at)))
    return tuple(pins)


def salvage(node: Node, *, file: str, index: int) -> Declared:
    """What is known of a group of wrong shape.

    Who it is, so that it does not seem to be missing as well; and what it refers to, so that a wrong parent or
    profile is reported in the same run.
    """
    places = Places(node)
    paths = list(_FIELD_PATHS)
    entries = []
    models = _part(node.value, "models")
    for model_index, model in enumerate(models if isinstance(models, list) else ()):
        entries.append(Entry("", _text(model, "profile") or None))
        paths += [("models", model_index), ("models", model_index, "profile")]
    item = GroupItem(
        id=_text(node.value, "id"),
        metadata=MetadataItem(external_entity_id=_text(node.value, "metadata", "external_entity_id")),
        hierarchy=HierarchyItem(parent=_text(node.value, "hierarchy", "parent")),
    )
    return Declared(file, index, item, _pack(places.mark(path, key=True) for path in paths), tuple(entries))


def _text(value: Value, *path: str) -> str | UnsetType:
    part = _part(value, *path)
    return part if isinstance(part, str) and part else UNSET


def _part(value: Value, *path: str) -> Value:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def assemble(group: Declared, profiles: Mapping[str, Profile], lists: LimitLists) -> DesiredGroup:
    """The group as it is compared, once every file has been read. A profile that no file declares gives no limits."""
    item = group.item
    metadata, hierarchy = item.metadata or NO_METADATA, item.hierarchy or NO_HIERARCHY
    parent: str | UnsetType | None = UNSET
    if item.hierarchy and not hierarchy.parent_group_id:
        parent = hierarchy.parent or None
    places = _unpack(group.places)
    positions, at = places[:_FIELDS], _FIELDS
    named: dict[str, str] = {}
    models: dict[str, Limits] = {}
    for entry in group.entries or ():
        entry_place, profile_place = places[at : at + 2]
        at += 2
        positions.append(entry_place)
        rates, usages = entry.rates, entry.usages
        if entry.profile is not None:
            named[entry.slug] = entry.profile
            if profile := profiles.get(entry.profile):
                rates = profile.rates if rates is None else rates
                usages = profile.usages if usages is None else usages
        for own, limits in ((entry.rates, rates), (entry.usages, usages)):
            if own is not None:
                positions += places[at : at + len(own)]
                at += len(own)
            elif limits:
                positions += [profile_place] * len(limits)
        models[entry.slug] = lists.join(rates or _NO_LIMITS, usages or _NO_LIMITS)
    return DesiredGroup(
        positions=Positions(group.file, positions),
        id=item.id or None,
        external_entity_id=metadata.external_entity_id or None,
        name=metadata.name,
        limit_enforcement=hierarchy.limit_enforcement,
        parent=parent,
        parent_group_id=hierarchy.parent_group_id or UNSET,
        models=UNSET if group.entries is UNSET else models,
        manage=item.manage or "exact",
        profiles=named or _NO_PROFILES,
        effective=group.effective,
    )


def group_alone(value: object, name: str) -> DesiredGroup:
    """See :func:`drift.desired.group_of`."""
    plain = cast("Value", value)
    item, breaches = validate(plain, GroupItem)
    if item is None:
        raise ValueError(f"{spell(breaches[0].path) or 'the group'}: {breaches[0].message}")
    if not (isinstance(plain, dict) and plain.keys() <= _ALONE) or any(model.profile for model in item.models or ()):
        raise ValueError("a group that stands alone pins no effective limits and names no profiles")
    lists = LimitLists()
    node = Node(plain, [_Start()] * size(plain))
    group = assemble(declare(item, node, file=name, index=0, lists=lists, breaches=breaches), {}, lists)
    return replace(group, parent=(item.hierarchy or NO_HIERARCHY).parent)


class _Start:
    """The mark of everything in a value that no file holds."""

    line = column = 0


def _pack(positions: Iterable[Mark | None]) -> "array[int]":
    """Positions in eight bytes each, lines and columns from 1; 0 for none."""
    most = _MOST_COLUMNS - 1
    return array(
        "Q",
        [0 if mark is None else (mark.line + 1) << _COLUMN_BITS | min(mark.column, most) + 1 for mark in positions],
    )


def _unpack(packed: Iterable[int]) -> list[tuple[int, int]]:
    """Lines and columns; (0, 0) for none."""
    return [(place >> _COLUMN_BITS, place & _MOST_COLUMNS) for place in packed]
