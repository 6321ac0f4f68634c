"""What pydantic found wrong, in this project's words and under its rules."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from drift.desired.nodes import Path, Value
from drift.desired.problems import MOST_PROBLEMS, Breach
from drift.desired.scalars import Surprise
from drift.desired.schema import DOCUMENT, GROUP, PROFILE, keys_of
from drift.desired.wording import did_you_mean, shown
from drift.errors import Level

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_RULES = {
    "effective": "V33",
    "external_entity_id": "V01",
    "id": "V24",
    "limit_enforcement": "V12",
    "models": "V04",
    "name": "V03",
    "parent": "V14",
    "parent_group_id": "V14",
    "profile": "V22",
    "profiles": "V22",
    "slug": "V05",
    "source": "V33",
    "source_group": "V33",
    "threshold": "V11",
    "type": "V07",
    "unit": "V08",
}
_SHAPE = "V23"
_PATTERNS = {
    "currency": ("three capital letters", "write the currency as `USD`"),
    "until": ("a date", "write it as 2026-12-31"),
}
_OF_BLOCK = {"prices": "V25", "accepted": "V40"}
"""Blocks all of whose values are under one rule."""
_LONGEST_THRESHOLD = 30
_EXPECTED = {
    "string_type": "text",
    "int_type": "an integer",
    "list_type": "a list",
    "dict_type": "a mapping",
    "float_type": "a number",
    "finite_number": "a number",
}
_TOP_HINT = "a group goes below `groups:`, as an entry that begins with `- `"
_VERSION_HINT = "write `version: 1`; another number needs another version of drift"


def breaches_in(value: Value, block: str) -> list[Breach]:
    """Everything that is wrong with the shape of a value; see :func:`breaches_of` for ``block``."""
    adapters: dict[str, TypeAdapter[Any]] = {"": DOCUMENT, "groups": GROUP, "profiles": PROFILE}
    try:
        adapters[block].validate_python(value)
    except ValidationError as error:
        return list(breaches_of(error, block))
    return []


def breaches_of(error: ValidationError, block: str) -> Iterator[Breach]:
    """One breach for each thing that pydantic found.

    Args:
        error: What it raised for one value.
        block: What the value is one of: ``groups``, ``profiles``, or empty for the whole document.
    """
    details = error.errors(include_url=False)
    for detail in details[: MOST_PROBLEMS + 1]:
        yield _breach(detail, block)


def _breach(detail: "ErrorDetails", block: str) -> Breach:
    path = detail["loc"]
    if path[-1:] == ("[key]",):
        path = path[:-1]
    kind, found = detail["type"], detail["input"]
    names = [block, *(step for step in path if isinstance(step, str))]
    rule = _OF_BLOCK.get(str(path[0]) if path else "") or _RULES.get(names[-1], _SHAPE)
    match kind:
        case "extra_forbidden":
            return _unknown_key(path, names)
        case "missing":
            hint = _VERSION_HINT if path == ("version",) else ""
            return Breach(rule, Level.ERROR, path, f"`{names[-1]}` is missing", hint)
        case _ if path == ("version",):
            message, hint = f"expected the version 1, got {shown(found)}", _VERSION_HINT
        case "literal_error":
            message, hint = _not_among(detail["ctx"]["expected"], found)
        case "string_too_short":
            message, hint = "expected text, got empty text", ""
        case "string_too_long":
            most = detail["ctx"]["max_length"]
            message, hint = f"expected at most {most} characters, got {len(found):,}", ""
        case "greater_than_equal":
            message, hint = f"expected {detail['ctx']['ge']:g} or more, got {shown(found)}", ""
        case "string_pattern_mismatch":
            expected, hint = _PATTERNS[names[-1]]
            message = f"expected {expected}, got {shown(found)}"
        case _:
            message, hint = _wrong_type(kind, found)
    return Breach(rule, Level.ERROR, path, message, hint)


def _unknown_key(path: Path, names: list[str]) -> Breach:
    key, block = names[-1], "price" if path[:2] == ("prices", "models") else names[-2]
    if "effective" in names[:-2]:
        block = f"effective.{block}"
    known = keys_of(block)
    if not block and key in keys_of("groups"):
        hint = _TOP_HINT
    else:
        hint = did_you_mean(key, known) or f"known here: {', '.join(known)}"
    return Breach("V20", Level.ERROR, path, f"unknown key {shown(key)}", hint, on_key=True)


def _not_among(expected: str, found: Value) -> tuple[str, str]:
    words = expected.replace("'", "`")
    choices = [word for word in expected.split("'") if word.isalpha() or "_" in word]
    hint = did_you_mean(found, choices) if isinstance(found, str) else ""
    return f"expected {words}, got {shown(found)}", hint


def _wrong_type(kind: str, found: Value) -> tuple[str, str]:
    expected = _EXPECTED.get(kind, "another value")
    message = f"expected {expected}, got {shown(found)}"
    match expected, found:
        case "text", Surprise():
            hint = f'quote it: "{found.written}"'
        case "text", bool() | int() | float():
            hint = "put it in quotes"
        case "an integer", _:
            hint = _number_hint(found)
        case "a number", _:
            hint = "write digits and a decimal point, such as 0.15, without quotes"
        case "a list", None:
            hint = "write `[]`, or leave the key out"
        case "a list", dict():
            hint = "begin each entry with `- `"
        case "a mapping", None:
            hint = "indent what belongs to it, or leave the key out"
        case _:
            hint = ""
    return message, hint


def _number_hint(found: Value) -> str:
    if isinstance(found, float) and found.is_integer():
        return f"write {int(found)}"
    written = found.written if isinstance(found, Surprise) else found
    if not isinstance(written, str) or len(written) > _LONGEST_THRESHOLD:
        return ""
    if not written[:1].isdigit():
        return "write a number in digits"
    if ":" in written:
        return "write the number in digits, without colons"
    if written.isdigit():
        return "remove the quotes" if written[0] != "0" else "write it without the leading zero"
    return "write out all digits, such as 1_000_000"
