"""A declared group while the files are still being read: small, and open where other files decide.

Profiles and parents may stand in any file of a run, so a group is finished only after the last one. Until then
there may be a hundred thousand of these; the tree that YAML gave is gone.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from msgspec import UNSET, Struct, UnsetType

from drift.desired.limits import LimitLists
from drift.desired.nodes import Mark, Node, Path, Places, Value, size, spell
from drift.desired.pins import pinned
from drift.desired.problems import Breach
from drift.errors import Level, Location, Problem
from drift.model.groups import Manage, PinnedModel
from drift.model.limits import Limits

if TYPE_CHECKING:
    from drift.desired.schema import GroupItem, ModelItem

_COLUMN_BITS = 24
_MOST_COLUMNS = (1 << _COLUMN_BITS) - 1
_LIMIT_MARKS = 7
"""A limit has three keys, all of them required: one mark of its own, and two for each."""

FIELD_PATHS: tuple[Path, ...] = (
    (),
    ("id",),
    ("metadata", "external_entity_id"),
    ("metadata", "name"),
    ("hierarchy", "limit_enforcement"),
    ("hierarchy", "parent"),
    ("models",),
)
"""The fields in the order in which ``drift.model.groups.Positions`` keeps them."""
_EXTERNAL, _ID, _PARENT = 2, 1, 5


class Entry(NamedTuple):
    """One entry of ``models``; None where a list is not written and a profile may supply it."""

    slug: str
    profile: str | None
    rates: Limits | None
    usages: Limits | None


class Declared(Struct, frozen=True, eq=False):
    """What one entry of ``groups`` says; the fields are those of ``drift.model.groups.DesiredGroup``."""

    file: str
    index: int
    """Among the groups of its file, from 0."""
    places: "array[int]"
    """Packed positions: the seven fields; two for each entry, its own and that of its profile; then the written
    limits, entry by entry, rate limits first."""
    id: str | None = None
    external_entity_id: str | None = None
    name: str | UnsetType | None = UNSET
    limit_enforcement: str | UnsetType = UNSET
    parent: str | UnsetType | None = UNSET
    """UNSET together with ``parent_group_id``: there is no ``hierarchy`` block."""
    parent_group_id: str | UnsetType = UNSET
    manage: Manage = "exact"
    entries: tuple[Entry, ...] | UnsetType = UNSET
    effective: tuple[PinnedModel, ...] = ()

    @property
    def label(self) -> str:
        """How messages name the group."""
        return self.external_entity_id or self.id or spell(("groups", self.index))

    @property
    def external_id_at(self) -> Location:
        """Where the external id is written."""
        return self._location(_EXTERNAL)

    @property
    def id_at(self) -> Location:
        """Where the internal id is written."""
        return self._location(_ID)

    @property
    def parent_at(self) -> Location:
        """Where the parent is written."""
        return self._location(_PARENT)

    def profile_at(self, wanted: int) -> Location:
        """Where the entry of that index names its profile."""
        return self._location(len(FIELD_PATHS) + 2 * wanted + 1)

    def error(self, rule: str, path: Path, at: Location, message: str, hint: str = "") -> Problem:
        """An error of this group, ``path`` starting at the group."""
        return Problem(rule, Level.ERROR, at, spell(("groups", self.index, *path)), message, hint)

    def _location(self, index: int) -> Location:
        ((line, column),) = unpack([self.places[index] or self.places[0]])
        return Location(self.file, line, column)


def pack(positions: Iterable[Mark | None]) -> "array[int]":
    """Positions in eight bytes each, lines and columns from 1; 0 for none."""
    most = _MOST_COLUMNS - 1
    return array(
        "Q",
        [0 if mark is None else (mark.line + 1) << _COLUMN_BITS | min(mark.column, most) + 1 for mark in positions],
    )


def unpack(packed: Iterable[int]) -> list[tuple[int, int]]:
    """Lines and columns; (0, 0) for none."""
    return [(place >> _COLUMN_BITS, place & _MOST_COLUMNS) for place in packed]


def declare(
    item: "GroupItem", node: Node, *, file: str, index: int, lists: LimitLists, breaches: list[Breach]
) -> Declared:
    """The compact form of a group.

    Args:
        item: The value of ``node``, its shape checked.
        node: The group with its positions.
        file: As locations name it.
        index: Among the groups of the file.
        lists: Turns lists of limits into shared maps.
        breaches: Takes what is wrong with those lists; paths start at the group.
    """
    positions = node.positions
    at = 1
    effective: tuple[PinnedModel, ...] = ()
    key_marks: dict[str, Mark | None] = {}
    entries: tuple[Entry, ...] | UnsetType = UNSET
    entry_marks: list[Mark | None] = []
    limit_marks: list[Mark | None] = []
    for key, value in item.items():
        key_marks[key] = positions[at]
        at += 2
        if key == "models":
            entries, at = _entries(
                item["models"],
                positions,
                at,
                entry_marks=entry_marks,
                limit_marks=limit_marks,
                lists=lists,
                breaches=breaches,
            )
        elif key in ("metadata", "hierarchy"):
            # All members are single words: a key and a value each.
            for name in cast("dict[str, Value]", value):
                key_marks[name] = positions[at]
                at += 2
        elif isinstance(value, list | dict):
            if key == "effective":
                effective = pinned(cast("Value", value), positions, at - 1, file)
            at += size(cast("Value", value)) - 1
    metadata = item.get("metadata", {})
    hierarchy = item.get("hierarchy")
    block_mark = key_marks.get("hierarchy")
    parent_group_id = hierarchy.get("parent_group_id") if hierarchy else None
    return Declared(
        file,
        index,
        pack(
            [
                positions[0],
                key_marks.get("id"),
                key_marks.get("external_entity_id"),
                key_marks.get("name"),
                key_marks.get("limit_enforcement", block_mark),
                key_marks.get("parent", key_marks.get("parent_group_id", block_mark)),
                key_marks.get("models"),
                *entry_marks,
                *limit_marks,
            ]
        ),
        item.get("id"),
        metadata.get("external_entity_id"),
        metadata.get("name", UNSET),
        UNSET if hierarchy is None else hierarchy.get("limit_enforcement", UNSET),
        UNSET if hierarchy is None or parent_group_id is not None else hierarchy.get("parent"),
        UNSET if parent_group_id is None else parent_group_id,
        item.get("manage", "exact"),
        entries,
        effective,
    )


def _entries(
    models: "Sequence[ModelItem]",
    positions: Sequence[Mark | None],
    at: int,
    *,
    entry_marks: list[Mark | None],
    limit_marks: list[Mark | None],
    lists: LimitLists,
    breaches: list[Breach],
) -> tuple[tuple[Entry, ...], int]:
    """The entries, and the index after their positions; ``at`` is the index of the first."""
    entries = []
    for index, model in enumerate(models):
        rates = usages = None
        rate_marks: Sequence[Mark | None] = ()
        usage_marks: Sequence[Mark | None] = ()
        profile_mark = None
        entry_mark = positions[at]
        at += 1
        for key in model:
            start = at + 2
            at = start
            if key == "rate_limits":
                items = model["rate_limits"]
                at += _LIMIT_MARKS * len(items)
                rate_marks = positions[start:at:_LIMIT_MARKS]
                found = lists.of("rate_limits", items)
                rates = found.limits
            elif key == "usage_limits":
                usage_items = model["usage_limits"]
                at += _LIMIT_MARKS * len(usage_items)
                usage_marks = positions[start:at:_LIMIT_MARKS]
                found = lists.of("usage_limits", usage_items)
                usages = found.limits
            else:
                if key == "profile":
                    profile_mark = positions[start - 2]
                continue
            if found.breaches:
                breaches += [breach.below("models", index, key) for breach in found.breaches]
        entry_marks += (entry_mark, profile_mark)
        limit_marks += rate_marks
        limit_marks += usage_marks
        entries.append(Entry(model["slug"], model.get("profile"), rates, usages))
    return tuple(entries), at


def salvage(node: Node, places: Places, *, file: str, index: int) -> Declared:
    """What can be told of a group of wrong shape.

    Who it is, so that it does not seem to be missing as well; and what it refers to, so that a wrong parent or
    profile is told in the same run.
    """
    paths = list(FIELD_PATHS)
    entries: list[Entry] = []
    models = _part(node.value, ("models",))
    for model_index, model in enumerate(models if isinstance(models, list) else ()):
        entries.append(Entry("", _text(model, ("profile",)), None, None))
        paths += [("models", model_index), ("models", model_index, "profile")]
    positions = (places.mark(path, key=True) for path in paths)
    return Declared(
        file,
        index,
        pack(positions),
        id=_text(node.value, ("id",)),
        external_entity_id=_text(node.value, ("metadata", "external_entity_id")),
        parent=_text(node.value, ("hierarchy", "parent")),
        entries=tuple(entries),
    )


def _text(value: Value, path: Sequence[str]) -> str | None:
    part = _part(value, path)
    return part if isinstance(part, str) and part else None


def _part(value: Value, path: Sequence[str]) -> Value:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
