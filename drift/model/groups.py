"""Groups as plain values: what declared and live groups become before anything is compared.

The API sends lists whose order means nothing and members that may be absent, null or empty alike. Here
they are keyed maps, so equal groups are equal values. Field names are the API's.
"""

from array import array
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from drift.errors import Location
from drift.model.limits import EffectiveModels, LimitKey, Models

Manage: TypeAlias = Literal["exact", "listed"]


class GroupRef(Struct, frozen=True, order=True):
    """How reports name a group; what is not known is null."""

    id: str | None
    external_entity_id: str | None
    name: str | None = None

    @property
    def label(self) -> str:
        """The name to show: the external id where there is one, else the internal id."""
        return self.external_entity_id or self.id or "?"


class Group(Struct, frozen=True):
    """A live group, as ``GroupV1`` of the API describes it, in canonical form."""

    id: str
    external_entity_id: str
    name: str | None
    limit_enforcement: str
    parent_group_id: str | None
    models: Models
    created_at: str
    effective_models: EffectiveModels | None = None
    """None when the response did not report it, which is different from an empty map."""
    anomalies: tuple[str, ...] = ()
    """What in the response contradicts the API's documentation, one sentence each."""

    @property
    def ref(self) -> GroupRef:
        """This group as reports name it."""
        return GroupRef(self.id, self.external_entity_id, self.name)


Field: TypeAlias = Literal["group", "id", "external_entity_id", "name", "limit_enforcement", "parent", "models"]
_FIELDS: tuple[Field, ...] = (
    "group",
    "id",
    "external_entity_id",
    "name",
    "limit_enforcement",
    "parent",
    "models",
)
COLUMN_BITS = 24
"""A packed position is a line and below it a column of so many bits, both from 1; 0 is a part that is not written."""
MOST_COLUMNS = (1 << COLUMN_BITS) - 1


def location(file: str, packed: int) -> Location:
    """The place that a packed position means."""
    return Location(file, packed >> COLUMN_BITS, packed & MOST_COLUMNS)


class Positions:
    """Where each part of a declared group stands in its file, in eight bytes a part.

    Positions are kept in the order of ``Field``, then, model by model, the slug and each of its limits in
    the order of the maps they belong to. A limit that comes from a profile stands where the group names
    the profile.
    """

    __slots__ = ("file", "packed")

    def __init__(self, file: str, positions: Iterable[tuple[int, int]]) -> None:
        """``positions`` are (line, column) from 1, in the order above; (0, 0) where a part is not written."""
        self.file = file
        self.packed = array("Q", (line << COLUMN_BITS | column for line, column in positions))

    @classmethod
    def of_packed(cls, file: str, packed: "array[int]") -> "Positions":
        """Positions that are packed already; the array is kept, not copied."""
        positions = cls.__new__(cls)
        positions.file, positions.packed = file, packed
        return positions

    def renamed(self, file: str) -> "Positions":
        """The same positions in a file of another name."""
        return Positions.of_packed(file, self.packed)

    def field(self, field: Field) -> Location:
        """Where ``field`` is written, or the group's own position if it is not."""
        return self._at(_FIELDS.index(field))

    def model(self, models: Models, slug: str) -> Location:
        """Where the entry of ``slug`` begins, or ``models`` itself if there is no such entry."""
        index = len(_FIELDS)
        for name, limits in models.items():
            if name == slug:
                return self._at(index)
            index += 1 + len(limits)
        return self.field("models")

    def limit(self, models: Models, slug: str, key: LimitKey) -> Location:
        """Where the limit is written, or its model's entry if it is not."""
        index = len(_FIELDS)
        for name, limits in models.items():
            if name == slug and key in limits:
                return self._at(index + 1 + list(limits).index(key))
            index += 1 + len(limits)
        return self.model(models, slug)

    def _at(self, index: int) -> Location:
        return location(self.file, self.packed[index] or self.packed[0])


class PinnedLimit(Struct, frozen=True):
    """A limit that has to be in effect, whatever the tree implies."""

    key: LimitKey
    threshold: int
    source: str | None
    """External id of the declared group that it has to come from."""
    source_group: str | None
    """Internal id of that group, where no file declares it; exactly one of the two is given."""
    at: Location

    @property
    def origin(self) -> str:
        """The group that it has to come from, as messages name it."""
        return self.source or self.source_group or "?"


class PinnedModel(Struct, frozen=True):
    """All the limits that have to be in effect on one model, and no others."""

    slug: str
    limits: tuple[PinnedLimit, ...]
    at: Location


class DesiredGroup(Struct, frozen=True):
    """What the files say about one group. ``UNSET`` means: not declared, so not compared."""

    positions: Positions
    id: str | None = None
    """The internal id, if pinned."""
    external_entity_id: str | None = None
    name: str | UnsetType | None = UNSET
    limit_enforcement: str | UnsetType = UNSET
    """Already resolved: a child that leaves it out has its parent's mode, a root ``INDEPENDENT``."""
    parent: str | UnsetType | None = UNSET
    """External id of the parent; None declares a root."""
    parent_group_id: str | UnsetType = UNSET
    """Internal id of the parent, where the file gives that instead."""
    models: Models | UnsetType = UNSET
    manage: Manage = "exact"
    profiles: Mapping[str, str] = {}
    """Profile by slug, for the models that take their limits from one."""
    effective: tuple[PinnedModel, ...] = ()
    """The models whose effective limits are pinned."""

    @property
    def ref(self) -> GroupRef:
        """This group as reports name it."""
        return GroupRef(self.id, self.external_entity_id, None if self.name is UNSET else self.name)
