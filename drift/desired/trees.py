"""The declared groups of a run as trees: where their parts stand, and what is wrong with the names that link them.

No tree can be judged before the links are right; what is wrong with sound trees is in ``tree_rules``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, cast

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from drift.desired.declared import Borrowed
from drift.desired.nodes import Path, shown, spell
from drift.errors import Level, Location, Problem
from drift.model.declaration import Declaration, Key
from drift.model.groups import DesiredGroup, Field, PinnedLimit, location
from drift.model.limits import UNITS, LimitKey, Models
from drift.model.wording import did_you_mean

_BLOCKS: dict[Field, Path] = {
    "external_entity_id": ("metadata", "external_entity_id"),
    "id": ("id",),
    "limit_enforcement": ("hierarchy",),
    "parent": ("hierarchy",),
}
_LONGEST_CYCLE_SHOWN = 10
_MOST_SUGGESTIONS = 100
"""Looking for a close name costs milliseconds; whoever misspelt more names made one mistake."""


class Place(NamedTuple):
    """A part of a group: where it is written, and how a person would name it."""

    location: Location
    path: str


class Trees(Declaration):
    """The declared groups of a run by position, and how messages name them and their parts.

    Only keys of declared groups have nodes in the forest, so what it walks over are positions.
    """

    def __init__(self, groups: Sequence[DesiredGroup], *, complete: bool = True) -> None:
        """``complete`` says whether every file could be read, so that what is not here is nowhere."""
        super().__init__(groups)
        self.complete = complete

    @cached_property
    def tops(self) -> dict[int, int]:
        """The topmost declared group of each group's tree, which need not be a root; parents before their children."""
        tops: dict[int, int] = {}
        for position in self.downward():
            above = self.parent(position)
            tops[position] = position if above is None else tops[above]
        return tops

    def downward(self) -> Iterator[int]:
        """Every group after its parent, without those on or below a cycle."""
        return cast("Iterator[int]", self.forest.downward())

    def parent(self, position: int) -> int | None:
        """The declared parent."""
        above = self.forest.nodes[position].parent
        return above if isinstance(above, int) else None

    def children(self, position: int) -> Sequence[int]:
        """The groups that name this one as their parent."""
        return cast("Sequence[int]", self.forest.children(position))

    def models(self, position: int) -> Models:
        """What the group says about models; nothing if it does not manage them."""
        return self.groups[position].models or {}

    def says_limits(self, position: int, slug: str) -> bool:
        """Whether the file says all about the limits that the group itself sets on the model."""
        group = self.groups[position]
        return group.models is not UNSET and (group.manage == "exact" or slug in group.models)

    def is_root(self, position: int) -> bool:
        """Whether the group is declared to have no parent."""
        return self.groups[position].parent is None

    def field(self, position: int, field: Field) -> Place:
        """A field of the group; one of the hierarchy goes by its block."""
        return Place(self.groups[position].positions.field(field), self.path(position, _BLOCKS[field]))

    def model(self, position: int, slug: str) -> Place:
        """The entry of a model."""
        models = self.models(position)
        path = ("models", list(models).index(slug))
        return Place(self.groups[position].positions.model(models, slug), self.path(position, path))

    def limit(self, position: int, slug: str, limit: LimitKey) -> Place:
        """A limit; one that may come from a profile goes by the entry that names the profile."""
        group, models = self.groups[position], self.models(position)
        path: Path = ("models", list(models).index(slug))
        if slug not in group.profiles:
            of_kind = [other for other in models[slug] if other.kind == limit.kind]
            path = (*path, limit.kind, of_kind.index(limit))
        return Place(group.positions.limit(models, slug, limit), self.path(position, path))

    def name(self, position: int) -> str:
        """The group in a message."""
        return shown(self.groups[position].ref.label)

    def named(self, position: int) -> str:
        """The group in a message, and where it begins."""
        return f"{self.name(position)} at {self.groups[position].positions.field('group')}"

    def path(self, position: int, path: Path) -> str:
        """A part of a group as a person names it; ``path`` starts at the group."""
        start = self._starts[self.groups[position].positions.file]
        return spell(("groups", position - start, *path))

    @cached_property
    def _starts(self) -> dict[str, int]:
        # Groups are in the order of their files, and a file's groups one after the other.
        starts: dict[str, int] = {}
        for position, group in self:
            starts.setdefault(group.positions.file, position)
        return starts


def error(rule: str, place: Place, message: str, hint: str = "") -> Problem:
    """What the API would refuse."""
    return Problem(rule, Level.ERROR, place.location, place.path, message, hint)


def warning(rule: str, place: Place, message: str, hint: str = "") -> Problem:
    """What is legal and probably not meant."""
    return Problem(rule, Level.WARNING, place.location, place.path, message, hint)


def pins(group: DesiredGroup) -> Iterator[tuple[Path, str, PinnedLimit]]:
    """Every pinned limit, with its path from the group and its model."""
    for index, model in enumerate(group.effective):
        counts = dict.fromkeys(UNITS, 0)
        for limit in model.limits:
            kind = limit.key.kind
            yield ("effective", index, kind, counts[kind]), model.slug, limit
            counts[kind] += 1


def with_modes(trees: Trees) -> Trees:
    """The same with each group's limit enforcement mode as far as the files tell.

    A mode that is left out is the parent's, and INDEPENDENT for a root (schema CreateGroupHierarchyV1). A group
    without a ``hierarchy`` block, or below a parent that no file declares, has none to compare.
    """
    if not any(map(_leaves_mode_open, trees.groups)):
        return trees
    modes: dict[Key | None, str | UnsetType] = {}
    groups = list(trees.groups)
    for position in trees.downward():
        group = groups[position]
        mode = group.limit_enforcement
        if mode is UNSET:
            mode = "INDEPENDENT" if trees.is_root(position) else modes.get(trees.parent(position), UNSET)
            groups[position] = replace(group, limit_enforcement=mode)
        modes[position] = mode
    return Trees(groups)


def _leaves_mode_open(group: DesiredGroup) -> bool:
    hangs = group.parent is not UNSET or group.parent_group_id is not UNSET
    return hangs and group.limit_enforcement is UNSET


def link_problems(
    trees: Trees, borrowed: Mapping[int, Sequence[Borrowed]], profiles: Collection[str]
) -> Iterator[Problem]:
    """What is wrong with ids, and with the groups and profiles that groups name.

    Args:
        trees: The groups.
        borrowed: Models that name a profile, by position of their group.
        profiles: The names of all profiles.
    """
    for rule in _LINK_RULES:
        yield from rule(trees)
    yield from _profiles_are_declared(trees, borrowed, profiles)


def _ids_are_unique(trees: Trees) -> Iterator[Problem]:
    """V02: an external id names one live group of a workspace, and an internal id one group ever."""
    fields: tuple[tuple[Field, Mapping[str, int]], ...] = (
        ("external_entity_id", trees.of_external_id),
        ("id", trees.of_pinned_id),
    )
    for position, group in trees:
        for field, first_of in fields:
            value = getattr(group, field)
            first = first_of.get(value, position)
            if first != position:
                message = f"{shown(value)} is already declared at {trees.field(first, field).location}"
                yield error("V02", trees.field(position, field), message, "one group, one entry: merge or rename")


def _parents_are_declared(trees: Trees) -> Iterator[Problem]:
    """V14: ``parent`` is the external id of a group of some file."""
    undeclared = _Undeclared(trees.of_external_id, complete=trees.complete)
    otherwise = "declare it, or give the internal id of a parent that no file declares as `parent_group_id`"
    for position, group in trees:
        parent = group.parent
        if isinstance(parent, str) and parent not in trees.of_external_id:
            message, hint = undeclared.says("parent", parent, otherwise)
            yield error("V14", _parent(trees, position), message, hint)


def _parents_form_no_cycle(trees: Trees) -> Iterator[Problem]:
    """V14: following parents ends at a root. A cycle is reported once, at its first group."""
    for cycle in cast("Sequence[tuple[int, ...]]", trees.forest.cycles):
        start = cycle.index(min(cycle))
        first, *others = cycle[start:] + cycle[:start]
        place = _parent(trees, first)
        if not others:
            yield error("V14", place, "the group is its own parent", "a root has no parent: remove the line")
            continue
        names = [trees.groups[position].ref.label for position in (first, *others)]
        rest = (
            [*names[1:], names[0]] if len(others) < _LONGEST_CYCLE_SHOWN else [*names[1:][:_LONGEST_CYCLE_SHOWN], "…"]
        )
        message = f"the parents form a cycle: {' -> '.join([names[0], *rest])}"
        yield error("V14", place, message, "one of them must be a root, or hang below another group")


def _parent(trees: Trees, position: int) -> Place:
    group = trees.groups[position]
    name = "parent" if isinstance(group.parent, str) else "parent_group_id"
    return Place(group.positions.field("parent"), trees.path(position, ("hierarchy", name)))


def _sources_are_declared(trees: Trees) -> Iterator[Problem]:
    """V33: ``source`` is the external id of a group of some file."""
    undeclared = _Undeclared(trees.of_external_id, complete=trees.complete)
    for position, group in trees:
        for path, _, limit in pins(group):
            if limit.source and limit.source not in trees.of_external_id:
                otherwise = "declare it, or give its internal id as `source_group`"
                message, hint = undeclared.says("group", limit.source, otherwise)
                yield error("V33", Place(limit.at, trees.path(position, (*path, "source"))), message, hint)


def _profiles_are_declared(
    trees: Trees, borrowed: Mapping[int, Sequence[Borrowed]], profiles: Collection[str]
) -> Iterator[Problem]:
    """V22: every profile that a model names is declared in some file."""
    undeclared = _Undeclared(profiles, complete=trees.complete)
    for position, models in borrowed.items():
        for model in models:
            if model.profile not in profiles:
                message, hint = undeclared.says("profile", model.profile, "declare it under `profiles` in any file")
                at = location(trees.groups[position].positions.file, model.at)
                path = trees.path(position, ("models", model.index, "profile"))
                yield error("V22", Place(at, path), message, hint)


class _Undeclared:
    """What to say of names that nobody declares; ``did you mean`` once for each name and not for very many."""

    def __init__(self, known: Collection[str], *, complete: bool) -> None:
        self._known = known
        self._where = "" if complete else " in what could be read"
        self._near: dict[str, str] = {}

    def says(self, noun: str, name: str, otherwise: str) -> tuple[str, str]:
        """Message and hint; ``otherwise`` is the hint where no declared name is close."""
        if name not in self._near:
            looked_for = len(self._near) < _MOST_SUGGESTIONS
            self._near[name] = did_you_mean(name, self._known) if looked_for else ""
        return f"the {noun} {shown(name)} is not declared{self._where}", self._near[name] or otherwise


_LINK_RULES: tuple[Callable[[Trees], Iterator[Problem]], ...] = (
    _ids_are_unique,
    _parents_are_declared,
    _parents_form_no_cycle,
    _sources_are_declared,
)
