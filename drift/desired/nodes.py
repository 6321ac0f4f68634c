"""A YAML value together with where each of its parts is written; and all that is wrong with the values of one file."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from drift.desired.scalars import Surprise
from drift.errors import Level, Location, Problem

Value: TypeAlias = "bool | int | float | str | Surprise | list[Value] | dict[str, Value] | None"
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]
"""From the top of the file, or of a group, down to a part: ``("models", 0, "slug")``."""

MOST_PROBLEMS = 1000
"""Of each level, per file. Beyond that a file is wrong in one way, many times over."""
_MOST_BITS = 10_000
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


class YamlValue(NamedTuple):
    """A value, and the positions of all that it holds in the order of the value.

    First the mark of the value itself; then for a list those of each item, and for a mapping, key by key,
    that of the key and those of its value. One flat list costs a tenth of a tree of node objects.
    """

    value: Value
    positions: list[Mark | None]


class Spot(NamedTuple):
    """Indices into ``YamlValue.positions``: where a part is, and where the key that names it is."""

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


def children(value: Value, at: int) -> Iterator[tuple[Step, Value, Spot]]:
    """The direct parts of a value whose own mark has index ``at``."""
    at += 1
    if isinstance(value, dict):
        for key, child in value.items():
            yield key, child, Spot(at + 1, at)
            at += 1 + size(child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield index, child, Spot(at, at)
            at += size(child)


def parts(node: YamlValue) -> Iterator[tuple[Step, tuple[int, int], YamlValue]]:
    """Key or index of each direct part, line and column of the key or the part, and the part."""
    for step, value, place in children(node.value, 0):
        positions = node.positions[place.value : place.value + size(value)]
        yield step, position(node.positions[place.key]), YamlValue(value, positions)


class Places:
    """Finds the positions of parts by path; made only for a node that has something wrong with it."""

    def __init__(self, node: YamlValue) -> None:
        self._node = node
        self._inside: dict[Path, dict[Step, tuple[Value, Spot]]] = {}

    def find(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the part, or of the innermost part on the way to it that is there."""
        return position(self.mark(path, key=key))

    def mark(self, path: Path, *, key: bool = False) -> Mark | None:
        """The mark of the part, or of the innermost part on the way to it that is there."""
        value, place = self._node.value, Spot(0, 0)
        for length, step in enumerate(path):
            above = path[:length]
            if above not in self._inside:
                self._inside[above] = {name: (part, at) for name, part, at in children(value, place.value)}
            if step not in self._inside[above]:
                # What is missing has no key; the place to add it is the block itself.
                key = False
                break
            value, place = self._inside[above][step]
        return self._node.positions[place.key if key else place.value]


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


class Breach(Struct, frozen=True):
    """A rule that a value breaks; ``path`` starts at the value that was looked at."""

    rule: str
    level: Level
    path: Path
    message: str
    hint: str = ""
    on_key: bool = False
    """Whether the key is at fault, not what it holds."""

    def below(self, *path: Step) -> "Breach":
        """The same breach, seen from further up."""
        return replace(self, path=path + self.path)


class UnreadableError(Exception):
    """Reading the file cannot go on, or would tell nothing new; what is wrong has been reported."""


class Problems:
    """The problems of one file, in the order in which they were found.

    Of very many the first of each level are kept; the error after that raises :class:`UnreadableError`.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []
        self._count = {Level.ERROR: 0, Level.WARNING: 0}

    def error(self, rule: str, *, message: str, hint: str = "", path: Path = (), at: tuple[int, int] = (1, 1)) -> None:
        """Report an error at a line and column, both from 1."""
        self._add(Problem(rule, Level.ERROR, Location(self.file, *at), spell(path), message, hint))

    def report(self, breaches: Sequence[Breach], node: YamlValue, base: Path) -> None:
        """Report breaches of the value at ``base`` of the file."""
        if not breaches:
            return
        places = Places(node)
        for breach in breaches:
            at = Location(self.file, *places.find(breach.path, key=breach.on_key))
            path = spell(base + breach.path)
            self._add(Problem(breach.rule, breach.level, at, path, breach.message, breach.hint))

    def _add(self, problem: Problem) -> None:
        count = self._count[problem.level] = self._count[problem.level] + 1
        if count <= MOST_PROBLEMS:
            self._found.append(problem)
        elif problem.level is Level.ERROR:
            raise UnreadableError

    def all(self) -> list[Problem]:
        """What was found; of very many, the first of each level and a line that says so."""
        start = Location(self.file, 1, 1)
        return [
            *self._found,
            *(
                Problem("V00", level, start, "", f"more than {MOST_PROBLEMS:,} {level}s; no more are shown")
                for level, count in self._count.items()
                if count > MOST_PROBLEMS
            ),
        ]


def shown(value: Value) -> str:
    """What was found, in words: ``"5"``, ``the number 5.0``, ``a list``."""
    if isinstance(value, str):
        return f'"{clip(value)}"' if value else "empty text"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        # Python refuses to write out very long integers; a hexadecimal one gets this far.
        return "the number of thousands of digits"
    if isinstance(value, int | float):
        return f"the number {clip(str(value))}"
    if isinstance(value, Surprise):
        return f"`{clip(value.written)}`, which YAML reads as {clip(value.reading)}"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "nothing"
