"""What an unquoted word means: YAML 1.1, exactly as PyYAML's safe loader reads it, but reported where it surprises."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct
from yaml import SafeLoader, ScalarNode
from yaml.constructor import SafeConstructor

_LONGEST_NUMBER = 4300
"""Longer digit strings are not numbers to Python either, and base 60 takes quadratic time."""
_MEMO_SIZE = 65_536

_TAG = "tag:yaml.org,2002:"
_RESOLVERS = SafeLoader.yaml_implicit_resolvers
_CONSTRUCT = SafeConstructor()


class Surprise(Struct, frozen=True):
    """A word that YAML 1.1 does not read as what it looks like; no part of a desired file wants one."""

    written: str
    value: object
    """What YAML makes of it: a bool, an int, a float, a date or a datetime."""
    reading: str
    """The same in words: ``the boolean false``, ``the octal number 511``."""


class WrittenFloat(float):
    """A fraction that remembers its digits: money must not pass through binary fractions."""

    __slots__ = ("written",)
    written: str


Scalar: TypeAlias = bool | int | float | str | Surprise | None


class PlainScalars(dict[str, Scalar]):
    """Values of unquoted words, each worked out once; repeated texts become one string in memory."""

    def __missing__(self, word: str) -> Scalar:
        value = read_plain(word)
        if len(self) < _MEMO_SIZE:
            self[word] = value
        return value


def read_plain(word: str) -> Scalar:
    """The value of one unquoted word.

    What the safe loader would fail on with a Python error (a date such as 2026-13-45, an integer of more
    digits than Python converts) stays text, so that it ends as "expected ..., got text" with a position.
    """
    if word.isdigit() and word.isascii() and word[0] != "0" and len(word) <= _LONGEST_NUMBER:
        return int(word)
    if len(word) > _LONGEST_NUMBER:
        return word
    for tag, pattern in _RESOLVERS.get(word[:1], ()):
        if pattern.match(word):
            try:
                return _READERS[tag](word)
            except (ValueError, OverflowError):
                return word
    return word


def _null(_word: str) -> Scalar:
    return None


def _bool(word: str) -> Scalar:
    value = SafeConstructor.bool_values[word.lower()]
    if word.lower() in ("true", "false"):
        return value
    return Surprise(word, value, f"the boolean {str(value).lower()}")


def _int(word: str) -> Scalar:
    value = _CONSTRUCT.construct_yaml_int(ScalarNode(f"{_TAG}int", word))
    digits = word.lstrip("+-")
    if ":" in digits:
        return Surprise(word, value, f"the base-60 number {value}")
    if len(digits) > 1 and digits[0] == "0" and digits[1] not in "bx":
        return Surprise(word, value, f"the octal number {value}")
    return value


def _float(word: str) -> Scalar:
    value = _CONSTRUCT.construct_yaml_float(ScalarNode(f"{_TAG}float", word))
    if ":" in word:
        return Surprise(word, value, f"the base-60 number {value}")
    number = WrittenFloat(value)
    number.written = word
    return number


def _timestamp(word: str) -> Scalar:
    value = _CONSTRUCT.construct_yaml_timestamp(ScalarNode(f"{_TAG}timestamp", word))
    return Surprise(word, value, "a date")


def _merge(word: str) -> Scalar:
    return Surprise(word, None, "a merge key")


_READERS: dict[str, Callable[[str], Scalar]] = {
    f"{_TAG}null": _null,
    f"{_TAG}bool": _bool,
    f"{_TAG}int": _int,
    f"{_TAG}float": _float,
    f"{_TAG}timestamp": _timestamp,
    f"{_TAG}merge": _merge,
    f"{_TAG}value": str,  # a lone "=": an unused corner of YAML 1.1 that the safe loader cannot load either
}
