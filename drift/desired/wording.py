"""How messages about desired files show values, and what they suggest."""

from collections.abc import Collection
from difflib import get_close_matches

from drift.desired.nodes import Mark, Value, clip
from drift.desired.scalars import Surprise

_MOST_CANDIDATES = 1000
_LONGEST_WORD = 100
_MOST_BITS = 10_000


def shown(value: Value) -> str:
    """What was found, in words: ``"5"``, ``the number 5.0``, ``a list``."""
    if isinstance(value, str):
        return f'"{clip(value)}"' if value else "empty text"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {_digits(value)}"
    if isinstance(value, Surprise):
        return f"`{clip(value.written)}`, which YAML reads as {clip(value.reading)}"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "nothing"


def _digits(value: float) -> str:
    # Python refuses to write out very long integers; a hexadecimal one gets this far.
    too_long = isinstance(value, int) and value.bit_length() > _MOST_BITS
    return "of thousands of digits" if too_long else clip(str(value))


def did_you_mean(word: str, known: Collection[str]) -> str:
    """``did you mean `slug`?`` where a known word is close, else nothing."""
    if not 0 < len(word) <= _LONGEST_WORD:
        return ""
    folded = word.casefold()
    near = next((candidate for candidate in known if candidate.casefold() == folded), None)
    if near is None and len(known) <= _MOST_CANDIDATES:
        near = next(iter(get_close_matches(word, known, n=1)), None)
    return "" if near is None else f"did you mean `{clip(near)}`?"


def not_declared(*, complete: bool) -> str:
    """``not declared``, said carefully where a file that may declare it could not be read."""
    return "not declared" if complete else "not declared in what could be read"


def syntax_hint(data: bytes, mark: Mark | None, message: str) -> str:
    """What to try about a syntax error, where its place tells."""
    if mark is None:
        return ""
    lines = data.splitlines()
    line = lines[mark.line].decode(errors="replace") if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return "YAML does not allow tabs here: indent with spaces"
    first = line[mark.column : mark.column + 1]
    if first and first in "@`%":
        return f"quote a value that begins with {first}"
    if "mapping values are not allowed" in message:
        return "quote a value that contains `: `"
    if "did not find expected" in message or "could not find expected" in message:
        return "look at the indentation and at brackets or quotes that are not closed"
    return ""
