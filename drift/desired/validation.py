"""Whether a value has the shape of :mod:`drift.desired.shape`, and everything that is wrong where it has not."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from math import inf
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct, ValidationError, convert
from msgspec import inspect as types

from drift.desired.nodes import MOST_PROBLEMS, Breach, Path, Value, shown
from drift.desired.scalars import Surprise, WrittenFloat
from drift.desired.shape import DAY_PATTERN, AcceptedItem, Day, DocumentItem, GroupItem, PricesItem, ProfileItem
from drift.errors import Level
from drift.model.wording import did_you_mean

_Item = TypeVar("_Item", bound=Struct)

_RULES = {
    "accepted": "V40",
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
"""The rule that a wrong value of a member breaks; V23 for all others."""
_RULE_OF: dict[type[Struct], str] = {PricesItem: "V25", AcceptedItem: "V40"}
"""Blocks all of whose values are under one rule."""
_LONGEST_THRESHOLD = 30
_VERSION_HINT = "write `version: 1`; another number needs another version of drift"
_TOP_HINT = "a group goes below `groups:`, as an entry that begins with `- `"

Complaint: TypeAlias = tuple[str, str]
"""A message and a hint."""
_Wrong: TypeAlias = tuple[Path, Complaint, bool]
"""Where, what, and whether it is a key that is not known there."""


def validate(value: Value, shape: type[_Item]) -> tuple[_Item | None, list[Breach]]:
    """The value in its typed form; or None, and everything that is wrong with it, with paths that start at it."""
    try:
        return convert(value, shape, dec_hook=_custom), []
    except ValidationError:
        # msgspec stops at the first error, and does not know where it is written.
        wrong = islice(_wrong(_described(shape), value, ()), MOST_PROBLEMS + 1)
        breaches = [
            Breach("V20" if on_key else _rule(shape, path), Level.ERROR, path, *complaint, on_key=on_key)
            for path, complaint, on_key in wrong
        ]
        if not breaches:
            raise
        return None, breaches


@lru_cache
def _described(shape: type[Struct]) -> types.Type:
    return types.type_info(shape)


def _rule(shape: type[Struct], path: Path) -> str:
    top = "profiles" if shape is ProfileItem else ""
    name = next((step for step in reversed(path) if isinstance(step, str)), top)
    return _RULE_OF.get(shape) or _RULES.get(name, "V23")


def _wrong(shape: types.Type, value: Value, path: Path) -> Iterator[_Wrong]:
    match shape:
        case types.UnionType(types=alternatives) if value is not None:  # of something and null
            (other,) = (type_ for type_ in alternatives if not isinstance(type_, types.NoneType))
            yield from _wrong(other, value, path)
        case types.Metadata(type=types.LiteralType(), extra_json_schema={"enum": choices}):
            yield from _wrong(types.LiteralType(choices), value, path)
        case types.Metadata(type=inner):
            yield from _wrong(inner, value, path)
        case types.StructType() if isinstance(value, dict):
            yield from _wrong_members(shape, value, path)
        case types.DictType() if isinstance(value, dict):
            for key, part in value.items():
                yield from _wrong(shape.key_type, key, (*path, key))
                yield from _wrong(shape.value_type, part, (*path, key))
        case types.ListType() if isinstance(value, list):
            for index, part in enumerate(value):
                yield from _wrong(shape.item_type, part, (*path, index))
        case _ if complaint := _COMPLAINTS[type(shape)](shape, value):
            yield path, complaint, False


def _wrong_members(shape: types.StructType, value: dict[str, Value], path: Path) -> Iterator[_Wrong]:
    members = {field.name: field for field in shape.fields}
    for name, field in members.items():
        if name in value:
            yield from _wrong(field.type, value[name], (*path, name))
        elif field.required:
            yield (*path, name), (f"`{name}` is missing", _VERSION_HINT if name == "version" else ""), False
    for key in value:
        if key not in members:
            hint = did_you_mean(key, members) or f"known here: {', '.join(members)}"
            if shape.cls is DocumentItem and key in GroupItem.__struct_fields__:
                hint = _TOP_HINT
            yield (*path, key), (f"unknown key {shown(key)}", hint), True


def _no_list(_: types.Type, value: Value) -> Complaint:
    hints = {type(None): "write `[]`, or leave the key out", dict: "begin each entry with `- `"}
    return f"expected a list, got {shown(value)}", hints.get(type(value), "")


def _no_mapping(_: types.Type, value: Value) -> Complaint:
    hint = "indent what belongs to it, or leave the key out" if value is None else ""
    return f"expected a mapping, got {shown(value)}", hint


def _wrong_text(shape: types.StrType, value: Value) -> Complaint | None:
    if not isinstance(value, str):
        hint = ""
        if isinstance(value, Surprise):
            hint = f'quote it: "{value.written}"'
        elif isinstance(value, bool | int | float):
            hint = "put it in quotes"
        return f"expected text, got {shown(value)}", hint
    if shape.pattern is not None and not re.fullmatch(shape.pattern, value):
        # The currency has the only pattern.
        return f"expected three capital letters, got {shown(value)}", "write the currency as `USD`"
    if len(value) < (shape.min_length or 0):
        return "expected text, got empty text", ""
    if shape.max_length is not None and len(value) > shape.max_length:
        return f"expected at most {shape.max_length} characters, got {len(value):,}", ""
    return None


def _wrong_integer(shape: types.IntType, value: Value) -> Complaint | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"expected an integer, got {shown(value)}", _number_hint(value)
    least = shape.ge or 0
    return None if value >= least else (f"expected {least} or more, got {shown(value)}", "")


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


def _not_among(shape: types.LiteralType, value: Value) -> Complaint | None:
    choices = shape.values
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return None
    if choices == (1,):
        return f"expected the version 1, got {shown(value)}", _VERSION_HINT
    *others, last = (f"`{choice}`" for choice in choices)
    expected = f"{', '.join(others)} or {last}" if others else last
    hint = did_you_mean(value, [str(choice) for choice in choices]) if isinstance(value, str) else ""
    return f"expected {expected}, got {shown(value)}", hint


def _wrong_custom(shape: types.CustomType, value: Value) -> Complaint | None:
    if shape.cls is Day:
        text = value.written if isinstance(value, Surprise) else value
        if not isinstance(text, str):
            return _wrong_text(types.StrType(), text)
        if re.fullmatch(DAY_PATTERN, text):
            return None
        return f"expected a date, got {shown(text)}", "write it as 2026-12-31"
    if isinstance(value, bool) or not isinstance(value, int | float) or not -inf < value < inf:
        hint = "write digits and a decimal point, such as 0.15, without quotes"
        return f"expected a number, got {shown(value)}", hint
    return None if value >= 0 else (f"expected 0 or more, got {shown(value)}", "")


def _custom(wanted: type, value: Value) -> object:
    """The types that msgspec does not know, for :func:`msgspec.convert`."""
    if _wrong_custom(types.CustomType(wanted), value):
        raise ValueError("not of the documented shape")
    written = value.written if isinstance(value, Surprise | WrittenFloat) else value
    return wanted(written.replace("_", "") if isinstance(written, str) else written)


_COMPLAINTS: Mapping[type[types.Type], Callable[[Any, Value], Complaint | None]] = {
    types.AnyType: lambda _shape, _value: None,
    types.UnionType: lambda _shape, _null: None,
    types.StructType: _no_mapping,
    types.DictType: _no_mapping,
    types.ListType: _no_list,
    types.StrType: _wrong_text,
    types.IntType: _wrong_integer,
    types.LiteralType: _not_among,
    types.CustomType: _wrong_custom,
}
"""What is wrong with a value of each type; for those that have parts, what is wrong with another one in its place."""
