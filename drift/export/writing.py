"""Values as the YAML that people would write: plain where that is safe, quoted where any reader could err."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from drift.desired.scalars import read_plain
from drift.model.limits import LimitKey, Limits

Plain: TypeAlias = "str | int | Sequence[Plain] | Mapping[str, Plain] | None"

# Letters first, so that no reader takes it for a number, a date or an indicator; no colon, comma or bracket.
_UNQUOTED = re.compile(r"[^\W\d_](?:[\w.@+/() -]*[\w./)+-])?")
_BOOLEANS_ELSEWHERE = frozenset("yYnN")
"""YAML 1.1 reads these as booleans, PyYAML does not."""
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_HEX2, _HEX4 = 0x100, 0x10000
_TYPES = {"TOKEN": 0, "REQUEST": 1}
_UNITS = {"SECOND": 0, "MINUTE": 1, "DAY": 2}


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
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    if "\ud800" <= char <= "\udfff":
        raise ValueError(f"half a character, U+{code:04X}")
    return f"\\x{code:02x}" if code < _HEX2 else f"\\u{code:04x}" if code < _HEX4 else f"\\U{code:08x}"


def flow(value: Plain) -> str:
    """The value on one line, in brackets."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(key)}: {flow(part)}' for key, part in value.items())}}}"
    return f"[{', '.join(map(flow, value))}]"


def block(value: Mapping[str, Plain]) -> list[str]:
    """A group, a model or a profile in lines, as the worked example has them: what is flat stays on one line."""
    if "slug" in value and not any(isinstance(part, list) for part in value.values()):
        return [flow(value)]
    lines = []
    for key, part in value.items():
        if isinstance(part, list) and part:
            lines.append(f"{scalar(key)}:")
            for item in part:
                lines += indented(listed(_item(item)), 2)
        elif isinstance(part, Mapping) and any(isinstance(inner, list) for inner in part.values()):
            lines.append(f"{scalar(key)}:")
            lines += indented(block(part), 2)
        else:
            lines.append(f"{scalar(key)}: {flow(part)}")
    return lines


def _item(value: Plain) -> list[str]:
    return block(value) if isinstance(value, Mapping) and "threshold" not in value else [flow(value)]


def listed(lines: Sequence[str]) -> list[str]:
    """The lines as an item of a list."""
    return [f"{'- ' if index == 0 else '  '}{line}" for index, line in enumerate(lines)]


def indented(lines: Sequence[str], columns: int) -> list[str]:
    """The lines, moved to the right."""
    return [f"{' ' * columns}{line}" if line else line for line in lines]


def limit(key: LimitKey, threshold: int) -> Mapping[str, Plain]:
    """A limit as the API has it."""
    return {"type": key.type, "unit": key.unit, "threshold": threshold}


def limit_lists(limits: Limits) -> dict[str, list[Mapping[str, Plain]]]:
    """Limits as the API's two lists, in one order whatever order the API has; without the empty ones."""
    lists: dict[str, list[Mapping[str, Plain]]] = {}
    for key in sorted(limits, key=order):
        lists.setdefault(key.kind, []).append(limit(key, limits[key]))
    return lists


def order(key: LimitKey) -> tuple[str, int, str, int]:
    """Where a limit stands among others: rate limits first, tokens before requests, short windows first."""
    return key.kind, _TYPES.get(key.type, len(_TYPES)), key.type, _UNITS.get(key.unit, len(_UNITS))
