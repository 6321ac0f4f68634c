"""Values as the YAML that people would write: plain where that is safe, quoted where any reader could err."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeGuard

from drift.desired.scalars import read_plain

Plain: TypeAlias = "str | int | Sequence[Plain] | Mapping[str, Plain] | None"

# Letters first, so that no reader takes it for a number, a date or an indicator; no colon, comma or bracket.
_UNQUOTED = re.compile(r"[^\W\d_](?:[\w.@+/() -]*[\w./)+-])?")
_BOOLEANS_ELSEWHERE = frozenset("yYnN")
"""YAML 1.1 reads these as booleans, PyYAML does not."""


def scalar(text: str) -> str:
    """The text as a YAML scalar on one line that reads back as the same text, in any context.

    Whatever a terminal or an editor would obey or hide is written as an escape.

    Raises:
        ValueError: The text holds half a character (a lone surrogate), which no file can.
    """
    if (
        _UNQUOTED.fullmatch(text)
        and text.isprintable()
        and text not in _BOOLEANS_ELSEWHERE
        and isinstance(read_plain(text), str)
    ):
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in ('"', "\\"):
        return f"\\{char}"
    if char.isprintable():
        return char
    if "\ud800" <= char <= "\udfff":
        raise ValueError(f"half a character, U+{ord(char):04X}")
    # Python's escapes are YAML's as well.
    return char.encode("unicode_escape").decode()


def flow(value: Plain) -> str:
    """The value on one line, in brackets."""
    match value:
        case None:
            return "null"
        case str():
            return scalar(value)
        case int():
            return f"{value:_}"
        case Mapping():
            return f"{{{', '.join(f'{scalar(key)}: {flow(part)}' for key, part in value.items())}}}"
        case _:
            return f"[{', '.join(map(flow, value))}]"


def block(value: Mapping[str, Plain]) -> list[str]:
    """The entries of a mapping, a line each; lists of mappings, and what holds them, in lines of their own."""
    lines = []
    for key, part in value.items():
        if _is_list(part):
            nested = [line for entry in part for line in item(entry)]
        elif isinstance(part, Mapping) and _holds_list(part):
            nested = block(part)
        else:
            lines.append(f"{scalar(key)}: {flow(part)}")
            continue
        lines += [f"{scalar(key)}:", *indented(nested, 2)]
    return lines


def item(value: Mapping[str, Plain]) -> list[str]:
    """An item of a list; limits, and models without limits, stay on one line."""
    flat = "threshold" in value or ("slug" in value and not any(isinstance(part, list) for part in value.values()))
    first, *others = [flow(value)] if flat else block(value)
    return [f"- {first}", *indented(others, 2)]


def indented(lines: Sequence[str], columns: int) -> list[str]:
    """The lines, moved to the right."""
    return [f"{' ' * columns}{line}" if line else line for line in lines]


def _is_list(value: Plain) -> TypeGuard[Sequence[Mapping[str, Plain]]]:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _holds_list(value: Plain) -> bool:
    return _is_list(value) or (isinstance(value, Mapping) and any(map(_holds_list, value.values())))
