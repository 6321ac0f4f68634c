"""The declared groups of a run as trees: the forest that they form, and where their parts stand."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import UNSET

from drift.desired.nodes import Path, spell
from drift.desired.problems import shown
from drift.errors import Level, Location, Problem
from drift.model.forest import desired_forest, desired_key
from drift.model.groups import DesiredGroup, Field
from drift.model.limits import LimitKey, Models

_BLOCKS: dict[Field, Path] = {
    "external_entity_id": ("metadata", "external_entity_id"),
    "id": ("id",),
    "limit_enforcement": ("hierarchy",),
    "parent": ("hierarchy",),
}


class Place(NamedTuple):
    """A part of a group: where it is written, and how a person would name it."""

    location: Location
    path: str


class Trees:
    """The declared groups of a run; of groups with the same forest key the first stands."""

    def __init__(self, groups: Sequence[DesiredGroup], *, complete: bool = True) -> None:
        self.all = groups
        self.complete = complete
        """Whether every file could be read, so that what is not here is nowhere."""
        self.forest = desired_forest(groups)
        self.groups: dict[str, DesiredGroup] = {}
        for group in groups:
            self.groups.setdefault(desired_key(group), group)

    @cached_property
    def external_ids(self) -> frozenset[str]:
        """Of all groups."""
        return frozenset(group.external_entity_id for group in self.all if group.external_entity_id)

    @cached_property
    def tops(self) -> dict[str, str]:
        """The topmost declared group of each group's tree, which need not be a root."""
        tops: dict[str, str] = {}
        for key in self.forest.downward():
            parent = self.forest.nodes[key].parent
            tops[key] = key if parent is None else tops.get(parent, key)
        return tops

    def models(self, key: str) -> Models:
        """What the group says about models; nothing if it does not manage them."""
        return self.forest.nodes[key].models

    def says_all(self, key: str, slug: str) -> bool:
        """Whether the file says all about the limits that the group itself sets on the model."""
        group = self.groups[key]
        return group.models is not UNSET and (group.manage == "exact" or slug in group.models)

    def is_root(self, key: str) -> bool:
        """Whether the group is declared to have no parent."""
        return self.groups[key].parent is None

    def field(self, group: DesiredGroup, field: Field) -> Place:
        """A field of the group; one of the hierarchy goes by its block."""
        return Place(group.positions.field(field), self.path(group, _BLOCKS[field]))

    def model(self, key: str, slug: str) -> Place:
        """The entry of a model."""
        group, models = self.groups[key], self.models(key)
        path = ("models", list(models).index(slug))
        return Place(group.positions.model(models, slug), self.path(group, path))

    def limit(self, key: str, slug: str, limit: LimitKey) -> Place:
        """A limit; one that may come from a profile goes by the entry that names the profile."""
        group, models = self.groups[key], self.models(key)
        path: Path = ("models", list(models).index(slug))
        if slug not in group.profiles:
            of_kind = [other for other in models[slug] if other.kind == limit.kind]
            path = (*path, limit.kind, of_kind.index(limit))
        return Place(group.positions.limit(models, slug, limit), self.path(group, path))

    def named(self, key: str) -> str:
        """The group in a message: its id, and where it begins."""
        return f"{shown(key)} at {self.groups[key].positions.field('group')}"

    def path(self, group: DesiredGroup, path: Path) -> str:
        """A part of a group as a person names it; ``path`` starts at the group."""
        return spell(("groups", self._indices[id(group)], *path))

    @cached_property
    def _indices(self) -> dict[int, int]:
        # Groups are in the order of their files, and a file's groups one after the other.
        counts: dict[str, int] = {}
        indices: dict[int, int] = {}
        for group in self.all:
            indices[id(group)] = counts.get(group.positions.file, 0)
            counts[group.positions.file] = indices[id(group)] + 1
        return indices


def error(rule: str, place: Place, message: str, hint: str = "") -> Problem:
    """What the API would refuse."""
    return Problem(rule, Level.ERROR, place.location, place.path, message, hint)


def warning(rule: str, place: Place, message: str, hint: str = "") -> Problem:
    """What is legal and probably not meant."""
    return Problem(rule, Level.WARNING, place.location, place.path, message, hint)
