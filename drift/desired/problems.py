"""Collecting everything wrong with one file, and how messages show values."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from drift.desired.nodes import Path, Places, Step, Value, clip, spell
from drift.desired.scalars import Surprise
from drift.errors import Level, Location, Problem
from drift.model.wording import did_you_mean

MOST_PROBLEMS = 1000
"""Of each level, per file. Beyond that a file is wrong in one way, many times over."""
_MOST_SUGGESTIONS = 100
"""Looking for a close name costs milliseconds; whoever misspelt more names made one mistake."""
_MOST_BITS = 10_000


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


class Problems:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []
        self._count = {Level.ERROR: 0, Level.WARNING: 0}

    def error(self, rule: str, *, message: str, hint: str = "", path: Path = (), at: tuple[int, int] = (1, 1)) -> None:
        """Report an error at a line and column, both from 1."""
        self.add(Problem(rule, Level.ERROR, Location(self.file, *at), spell(path), message, hint))

    def breach(self, breach: Breach, places: Places, base: Path = ()) -> None:
        """Report a breach of the value at ``base`` of the file, whose parts ``places`` knows."""
        at = Location(self.file, *places.find(breach.path, key=breach.on_key))
        path = spell(base + breach.path)
        self.add(Problem(breach.rule, breach.level, at, path, breach.message, breach.hint))

    def add(self, problem: Problem) -> None:
        """Keep a problem, unless there are very many of its level."""
        self._count[problem.level] += 1
        if self._count[problem.level] <= MOST_PROBLEMS:
            self._found.append(problem)

    @property
    def too_many(self) -> bool:
        """Whether there are more errors than are kept, so that reading on would tell nothing."""
        return self._count[Level.ERROR] > MOST_PROBLEMS

    def all(self) -> list[Problem]:
        """What was found; of very many, the first of each level and a line that says so."""
        return [
            *self._found,
            *(
                Problem(
                    "V00",
                    level,
                    Location(self.file, 1, 1),
                    "",
                    f"more than {MOST_PROBLEMS:,} {level}s; no more are shown",
                )
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


class Suggestions:
    """``did you mean`` for names that others declare, looked for once for each name and not for very many."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._found: dict[str, str] = {}

    def near(self, name: str) -> str:
        """The suggestion; empty where there is none."""
        if name not in self._found:
            looked_for = len(self._found) < _MOST_SUGGESTIONS
            self._found[name] = did_you_mean(name, self._known) if looked_for else ""
        return self._found[name]


def not_declared(*, complete: bool) -> str:
    """``not declared``, said carefully where a file that may declare it could not be read."""
    return "not declared" if complete else "not declared in what could be read"
