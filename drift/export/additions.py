"""Groups that no file declares yet: which file takes them, at which place in it, and the text that it then has."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, count, groupby, pairwise
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from drift.export.editor import Edits
from drift.export.entries import key_of
from drift.export.writing import Plain, block, flow, scalar
from drift.model.forest import desired_key, live_forest
from drift.model.groups import DesiredGroup, Group

Layout: TypeAlias = Literal["single", "per-root", "per-group"]
Section: TypeAlias = Literal["groups", "profiles"]
Answers: TypeAlias = Mapping[str, Group]
"""The live groups of declared ones, by the key of the declaration."""
Addition: TypeAlias = tuple[int | None, Mapping[str, Plain]]
"""A group that a file is to get, and the position in it of the group after which it goes; None for the end."""

NEW_FILE = """\
# Written by `drift export`, which keeps whatever you change here: values, comments, order.
# Editors: save what `drift schema desired` prints, and put `yaml-language-server: $schema=PATH` into this comment.
version: 1
"""
_SUFFIX = ".yaml"
_SINGLE, _PROFILES = "groups", "profiles"
_LONGEST = 80
_HASH = 8
_TAME = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*")
_WILD = re.compile(r"[^a-z0-9_-]+")
_DEVICES = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$"))
_NUMBERED_DEVICE = re.compile(r"(?:com|lpt)[0-9]")


class Destination(Struct, frozen=True):
    """A directory for files, or the one file."""

    path: Path
    taken: frozenset[str] | None = frozenset()
    """Names in the directory, of whatever kind; None if there is one file only."""


def file_name(key: str) -> str:
    """A file name for an external id: itself where it is tame, else what is tame of it, and a hash.

    Only lower-case ASCII is used, so that no two names are one on a file system that ignores case or
    normalises letters. The names that exports use themselves are given to no group.
    """
    stem = key.partition(".")[0]
    reserved = stem in _DEVICES or _NUMBERED_DEVICE.fullmatch(stem) or key in (_SINGLE, _PROFILES)
    if len(key) <= _LONGEST and _TAME.fullmatch(key) and not reserved:
        return key + _SUFFIX
    tame = _WILD.sub("-", key.lower().encode("ascii", "replace").decode())[: _LONGEST - _HASH].strip("-_") or "group"
    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{tame}-{digest}{_SUFFIX}"


class Placement:
    """Where new groups and profiles go: next to what is there."""

    def __init__(self, texts: Mapping[str, str], layout: Layout, to: Destination) -> None:
        """``texts`` are the files by path."""
        self._texts = texts
        self._layout = layout
        self._to = to
        self._folded = {str(Path(path)).casefold(): path for path in texts}
        self._taking: dict[tuple[str, Section], bool] = {}

    def of(
        self, new: Iterable[Group], live: Mapping[str, Group], declared: Sequence[DesiredGroup], answers: Answers
    ) -> Iterator[tuple[Group, str, int | None]]:
        """The new groups in the order of exports: each tree by external ids, and parents before children.

        Args:
            new: Some of the live groups.
            live: All of them, by internal id.
            declared: The groups in the files.
            answers: Which live groups these are.

        Yields:
            The group, the path of its file, and the position there after which it goes; None for the end.
        """
        names = {group.id: key_of(group) for group in live.values()}
        forest = live_forest(sorted(live.values(), key=lambda group: (names[group.id], group.id)))
        wanted = {group.id for group in new}
        places = {
            answers[key].id: (path, position)
            for path, groups in by_file(declared)
            for position, key in enumerate(map(desired_key, groups))
            if key in answers
        }
        homes = {key: path for key, (path, _) in places.items()}
        last: dict[str, int] = {}
        for key, _ in forest.depth_first():
            if key in places:
                path, position = places[key]
                last[path] = position
            elif key in wanted:
                homes[key] = self._home([node.key for node in forest.chain(key).nodes], homes, names)
                path = self._path(homes[key], "groups")
                yield live[key], path, last.get(path)

    def _home(self, line: Sequence[str], homes: Mapping[str, str], names: Mapping[str, str]) -> str:
        """The file name or the path where the first group of the line belongs, whose ancestors are the others."""
        match self._layout:
            case "single":
                return _SINGLE + _SUFFIX
            case "per-group":
                return file_name(names[line[0]])
            case "per-root":
                # A group goes where the next ancestor stands that stands somewhere.
                return next((homes[key] for key in line[1:] if key in homes), None) or file_name(names[line[-1]])

    def of_profiles(self) -> str:
        """The path of the file that takes new profiles."""
        return self._path((_SINGLE if self._layout == "single" else _PROFILES) + _SUFFIX, "profiles")

    def _path(self, wanted: str, section: Section) -> str:
        """The path of a file that can take more groups or profiles: the one of that name, else one beside it."""
        if self._to.taken is None:
            return str(self._to.path)
        first = Path(wanted) if wanted in self._texts else self._to.path / wanted
        names = chain([first], (first.with_stem(f"{first.stem}-{number}") for number in count(2)))
        # On some systems names that differ in case are one file.
        paths = (self._folded.get(str(name).casefold(), str(name)) for name in names)
        return next(path for path in paths if self._takes(path, section))

    def _takes(self, path: str, section: Section) -> bool:
        if path not in self._texts:
            return Path(path).name.casefold() not in (self._to.taken or ())
        if (path, section) not in self._taking:
            self._taking[path, section] = can_take(self._texts[path], section)
        return self._taking[path, section]


def by_file(groups: Iterable[DesiredGroup]) -> Iterator[tuple[str, Sequence[DesiredGroup]]]:
    """The groups of each file, which stand together."""
    return ((path, list(of)) for path, of in groupby(groups, key=lambda group: group.positions.file))


def can_take(text: str, section: Section) -> bool:
    """Whether more groups or profiles can be added to a sound file."""
    root = Edits(text).root
    node = root.get(section)
    return node.form != "alias" if node is not None else not root.flow and not root.merges


def append(text: str, groups: Sequence[Addition], profiles: Mapping[str, Plain]) -> str:
    """The file with more groups and profiles; everything that was there stays as it was."""
    edits = Edits(text)
    if profiles:
        _add_profiles(edits, profiles)
    if groups:
        edits.add_to_list(edits.root, "groups", groups, spaced=_spaced(edits))
    return edits.result()


def _add_profiles(edits: Edits, profiles: Mapping[str, Plain]) -> None:
    mapping = edits.root.get("profiles")
    if mapping is None and not edits.root.flow:
        edits.add_entry(edits.root, ["", *block({"profiles": profiles})])
    elif mapping is None or not mapping.values:
        edits.set_value(edits.root, "profiles", profiles)
    else:
        for name, limits in profiles.items():
            line = f"{scalar(name)}: {flow(limits)}"
            edits.add_entry(mapping, [line] if mapping.flow else block({name: limits}))


def _spaced(edits: Edits) -> bool:
    """Whether groups are to be kept apart by blank lines: as the first two are, or if there is one only."""
    sequence = edits.root.get("groups")
    for first, second in pairwise(sequence.values if sequence else ()):
        between = edits.text[first.end : second.start].splitlines()
        return any(not line.strip() for line in between[1:])
    return True
