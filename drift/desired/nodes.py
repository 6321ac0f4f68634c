"""A YAML value together with where each of its parts is written."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from drift.desired.scalars import Surprise

Value: TypeAlias = "bool | int | float | str | Surprise | list[Value] | dict[str, Value] | None"
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]
"""From the top of the file, or of a group, down to a part: ``("models", 0, "slug")``."""

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_LONGEST_NAME = 60


class Mark(Protocol):
    """A position as PyYAML gives it, ``line`` and ``column`` counting from 0."""

    @property
    def line(self) -> int:
        """Lines before this one."""

    @property
    def column(self) -> int:
        """Characters before this one on its line."""


class Node(NamedTuple):
    """A value, and the positions of all that it holds in the order of the value.

    First the mark of the value itself; then for a list those of each item, and for a mapping, key by key,
    that of the key and those of its value. One flat list costs a tenth of a tree of node objects.
    """

    value: Value
    positions: list[Mark | None]


class Place(NamedTuple):
    """Indices into ``Node.positions``: where a part is, and where the key that names it is."""

    value: int
    key: int


def position(mark: Mark | None) -> tuple[int, int]:
    """Line and column, counting from 1. PyYAML's types allow no mark; its parsers always set one."""
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def size(value: Value) -> int:
    """How many positions the value takes."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(size, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(size, value))
    return 1


def children(value: Value, at: int) -> Iterator[tuple[Step, Value, Place]]:
    """The direct parts of a value whose own mark has index ``at``."""
    at += 1
    if isinstance(value, dict):
        for key, child in value.items():
            yield key, child, Place(at + 1, at)
            at += 1 + size(child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield index, child, Place(at, at)
            at += size(child)


def parts(node: Node) -> Iterator[tuple[Step, tuple[int, int], Node]]:
    """Key or index of each direct part, line and column of the key or the part, and the part."""
    for step, value, place in children(node.value, 0):
        positions = node.positions[place.value : place.value + size(value)]
        yield step, position(node.positions[place.key]), Node(value, positions)


class Places:
    """Finds the positions of parts by path; made only for a node that has something wrong with it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._known: dict[Path, tuple[Value, Place]] = {(): (node.value, Place(0, 0))}
        self._opened: set[Path] = set()

    def find(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the part, or of the innermost part on the way to it that is there."""
        return position(self.mark(path, key=key))

    def mark(self, path: Path, *, key: bool = False) -> Mark | None:
        """The mark of the part, or of the innermost part on the way to it that is there."""
        for length in range(len(path)):
            self._open(path[:length])
        if path not in self._known:
            # What is missing has no key; the place to add it is the block itself.
            key = False
            while path not in self._known:
                path = path[:-1]
        place = self._known[path][1]
        return self._node.positions[place.key if key else place.value]

    def _open(self, path: Path) -> None:
        if path in self._opened or path not in self._known:
            return
        self._opened.add(path)
        value, place = self._known[path]
        for step, child, child_place in children(value, place.value):
            self._known[*path, step] = (child, child_place)


def spell(path: Path) -> str:
    """The path as a person writes it: ``groups[2].models[0].slug``."""
    return "".join(map(_spell_step, path)).removeprefix(".")


def _spell_step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if step and _NAME_CHARACTERS.issuperset(step) and len(step) <= _LONGEST_NAME:
        return f".{step}"
    return f'["{clip(step)}"]'


def clip(text: str) -> str:
    """At most 60 characters of the text: enough to recognise it, and a message stays a line."""
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
