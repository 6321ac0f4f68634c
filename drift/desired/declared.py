"""A group as it is written to the group as it is compared: its limits as shared maps, its positions packed.

There may be a hundred thousand, so the tree that YAML gave is gone by the next one. Profiles may stand in any file
of a run: models that name one get its limits after the last file.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import yaml
from msgspec import UNSET, Struct, UnsetType, ValidationError, convert
from msgspec.structs import replace

from drift.desired.group_rules import limits_are_sound
from drift.desired.nodes import Breach, Mark, Path, Places, Value, YamlValue, parts, size, spell
from drift.desired.shape import (
    NO_HIERARCHY,
    NO_METADATA,
    EffectiveModelItem,
    GroupItem,
    LimitItem,
    ModelItem,
    RateLimitItem,
    UsageLimitItem,
)
from drift.desired.validation import validate
from drift.errors import Location
from drift.model.groups import COLUMN_BITS, MOST_COLUMNS, DesiredGroup, PinnedLimit, PinnedModel, Positions
from drift.model.limits import UNITS, Kind, LimitKey, Limits, limit_key

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
_FIELD_KEYS = [str(path[-1]) for path in _FIELD_PATHS if path]
_CACHE_SIZE = 65_536
_SHAPES = {"rate_limits": list[RateLimitItem], "usage_limits": list[UsageLimitItem]}
_KINDS: Mapping[str | int, Kind] = {kind: kind for kind in UNITS}
NO_LIMITS: Limits = {}
_NO_PROFILES: Mapping[str, str] = {}
_ALONE = {"id", "metadata", "hierarchy", "models", "manage"}
"""The members of a group that say all there is to say, whatever else is declared."""


class LimitLists:
    """Lists of limits as keyed maps, each distinct list held and checked once: thousands of groups share a few dozen.

    The maps are shared between groups: never change one.
    """

    def __init__(self) -> None:
        self._lists: dict[tuple[Kind, tuple[tuple[str, str, int], ...]], tuple[Limits, Sequence[Breach]]] = {}
        self._joined: dict[tuple[int, int], tuple[Limits, Limits, Limits]] = {}

    def of(self, kind: Kind, items: Sequence[LimitItem]) -> tuple[Limits, Sequence[Breach]]:
        """The API's list as a map in the order in which it is written, and what is wrong with it, from the list on."""
        if not items:
            return NO_LIMITS, ()
        content = (kind, tuple([(item.type, item.unit, item.threshold) for item in items]))
        known = self._lists.get(content)
        if known is None:
            limits = {limit_key(kind, item.type, item.unit): item.threshold for item in items}
            known = (limits, tuple(limits_are_sound(kind, items)))
            if len(self._lists) < _CACHE_SIZE:
                self._lists[content] = known
        return known

    def join(self, rates: Limits, usages: Limits) -> Limits:
        """Both kinds in one map, rate limits first."""
        if not usages:
            return rates
        if not rates:
            return usages
        ids = (id(rates), id(usages))
        known = self._joined.get(ids)
        if known is None:
            # The parts are kept with the result: an id says nothing about a map that is gone.
            known = ({**rates, **usages}, rates, usages)
            if len(self._joined) < _CACHE_SIZE:
                self._joined[ids] = known
        return known[0]

    def breaches_below(self, value: Value) -> Iterator[Breach]:
        """What is wrong within the lists of a group or profile that is of wrong shape elsewhere."""
        holders: list[tuple[Path, Value]] = [((), value)]
        if isinstance(value, dict) and isinstance(models := value.get("models"), list):
            holders += [(("models", index), model) for index, model in enumerate(models)]
        for path, holder in holders:
            for kind in UNITS:
                if not isinstance(holder, dict) or kind not in holder:
                    continue
                try:
                    items = convert(holder[kind], _SHAPES[kind])
                except ValidationError:
                    continue  # reported with the shape
                yield from (breach.below(*path, kind) for breach in self.of(kind, items)[1])


class Profile(Struct, frozen=True):
    """Limits under a name, which are empty if the file is wrong about them."""

    location: Location
    rates: Limits
    usages: Limits


class Borrowed(Struct, frozen=True):
    """A model that names a profile, until all profiles are known; None for a list that the profile may supply."""

    index: int
    """Among the models of its group."""
    slug: str
    profile: str
    at: int
    """Where the profile is named, packed."""
    rates: Limits | None = None
    usages: Limits | None = None


def declare(
    item: GroupItem, node: YamlValue, *, file: str, lists: LimitLists, breaches: list[Breach]
) -> tuple[DesiredGroup, Sequence[Borrowed]]:
    """The group, with the limits that it writes itself, and its models that name a profile.

    Args:
        item: The typed form of the group.
        node: The group as it is written, with its positions.
        file: As locations name it.
        lists: Turns lists of limits into shared maps.
        breaches: Takes what is wrong with those lists; paths start at the group.
    """
    marks = node.positions
    of_keys: dict[str, Mark | None] = {}
    models = _Models(lists, breaches)
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
            for model, written in zip(item.models or (), value, strict=True):
                at = models.add(model, written, marks, at)
        else:
            end = at + size(value) - 1
            if key == "effective":
                effective = _pinned(item.effective or (), YamlValue(value, marks[at - 1 : end]), file)
            at = end
    metadata, hierarchy = item.metadata or NO_METADATA, item.hierarchy or NO_HIERARCHY
    parent: str | UnsetType | None = UNSET
    if item.hierarchy and not hierarchy.parent_group_id:
        parent = hierarchy.parent or None
    block = of_keys.get("hierarchy")
    of_keys.setdefault("parent", of_keys.get("parent_group_id", block))
    of_keys.setdefault("limit_enforcement", block)
    fields = [marks[0], *[of_keys.get(name) for name in _FIELD_KEYS]]
    group = DesiredGroup(
        positions=Positions.of_packed(file, _pack(fields + models.marks)),
        id=item.id or None,
        external_entity_id=metadata.external_entity_id or None,
        name=metadata.name,
        limit_enforcement=hierarchy.limit_enforcement,
        parent=parent,
        parent_group_id=hierarchy.parent_group_id or UNSET,
        models=UNSET if item.models is UNSET else models.limits,
        manage=item.manage or "exact",
        profiles={model.slug: model.profile for model in models.borrowed} or _NO_PROFILES,
        effective=effective,
    )
    return group, models.borrowed


class _Models:
    """The models of a group, put together one by one."""

    def __init__(self, lists: LimitLists, breaches: list[Breach]) -> None:
        self.limits: dict[str, Limits] = {}
        self.marks: list[Mark | None] = []
        """Those that are kept of each model: its own, then those of its rate limits, then of its usage limits."""
        self.borrowed: list[Borrowed] = []
        self._lists = lists
        self._breaches = breaches
        self._count = 0

    def add(self, model: ModelItem, value: Value, marks: Sequence[Mark | None], at: int) -> int:
        """Take the next entry, whose mark has index ``at``; returns the index after its last one."""
        own: dict[Kind, Limits] = {}
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
                own[kind], wrong = self._lists.of(kind, items)
                if wrong:
                    self._breaches += [breach.below("models", self._count, key) for breach in wrong]
        self.marks.append(of_entry)
        for kind in UNITS:
            self.marks += of_limits.get(kind, ())
        rates, usages = own.get("rate_limits"), own.get("usage_limits")
        if model.profile:
            (profile_at,) = _pack((of_profile,))
            self.borrowed.append(Borrowed(self._count, model.slug, model.profile, profile_at, rates, usages))
        self.limits[model.slug] = self._lists.join(rates or NO_LIMITS, usages or NO_LIMITS)
        self._count += 1
        return at


def with_profiles(
    group: DesiredGroup, borrowed: Sequence[Borrowed], profiles: Mapping[str, Profile], lists: LimitLists
) -> DesiredGroup:
    """The group once every file has been read; a profile that no file declares gives no limits."""
    of_slug = {model.slug: model for model in borrowed}
    own, at = group.positions.packed, len(_FIELD_PATHS)
    positions = own[:at]
    models = dict(group.models or {})
    for slug, limits in models.items():
        of_entry = own[at : at + 1 + len(limits)]
        at += len(of_entry)
        model = of_slug.get(slug)
        if model and (profile := profiles.get(model.profile)):
            rates, usages = model.rates, model.usages
            if rates is None:
                rates = profile.rates
                of_entry[1:1] = array("Q", [model.at] * len(rates))
            if usages is None:
                usages = profile.usages
                of_entry.extend([model.at] * len(usages))
            models[slug] = lists.join(rates, usages)
        positions += of_entry
    return replace(group, models=models, positions=Positions.of_packed(group.positions.file, positions))


def _pinned(models: Sequence[EffectiveModelItem], node: YamlValue, file: str) -> tuple[PinnedModel, ...]:
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


def salvage(node: YamlValue, *, file: str) -> tuple[DesiredGroup, Sequence[Borrowed]]:
    """What is known of a group of wrong shape.

    Who it is, so that it does not seem to be missing as well; and what it refers to, so that a wrong parent or
    profile is reported in the same run.
    """
    places = Places(node)
    borrowed = []
    models = node.value.get("models") if isinstance(node.value, dict) else None
    for index, model in enumerate(models if isinstance(models, list) else ()):
        if profile := _text(model, "profile"):
            (at,) = _pack([places.mark(("models", index, "profile"), key=True)])
            borrowed.append(Borrowed(index, "", profile, at))
    group = DesiredGroup(
        positions=Positions.of_packed(file, _pack([places.mark(path, key=True) for path in _FIELD_PATHS])),
        id=_text(node.value, "id"),
        external_entity_id=_text(node.value, "metadata", "external_entity_id"),
        parent=_text(node.value, "hierarchy", "parent"),
    )
    return group, borrowed


def _text(value: Value, *path: str) -> str | None:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value else None


def group_alone(value: object, name: str) -> DesiredGroup:
    """See :func:`drift.desired.group_of`."""
    plain = cast("Value", value)
    item, breaches = validate(plain, GroupItem)
    if item is None:
        raise ValueError(f"{spell(breaches[0].path) or 'the group'}: {breaches[0].message}")
    if not (isinstance(plain, dict) and plain.keys() <= _ALONE) or any(model.profile for model in item.models or ()):
        raise ValueError("a group that stands alone pins no effective limits and names no profiles")
    start = yaml.Mark(name, 0, 0, 0, None, 0)
    node = YamlValue(plain, [start] * size(plain))
    group, _ = declare(item, node, file=name, lists=LimitLists(), breaches=breaches)
    return replace(group, parent=(item.hierarchy or NO_HIERARCHY).parent)


def _pack(marks: Sequence[Mark | None]) -> "array[int]":
    """Positions as :class:`drift.model.groups.Positions` keeps them; 0 for none."""
    most = MOST_COLUMNS - 1
    return array(
        "Q", [0 if mark is None else (mark.line + 1) << COLUMN_BITS | min(mark.column, most) + 1 for mark in marks]
    )
