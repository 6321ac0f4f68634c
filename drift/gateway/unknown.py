"""Members of a group that this version does not know: worth a remark, never drift."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import DecodeError, json

Known: TypeAlias = Mapping[str, "Known | None"]
"""Members of an object; None where a member holds no objects."""

_LIMIT: Known = {"type": None, "unit": None, "threshold": None}
_EFFECTIVE_LIMIT: Known = {**_LIMIT, "source_group": None}
GROUP: Known = {
    "id": None,
    "metadata": {"external_entity_id": None, "name": None},
    "models": {"slug": None, "rate_limits": _LIMIT, "usage_limits": _LIMIT},
    "effective_models": {"slug": None, "rate_limits": _EFFECTIVE_LIMIT, "usage_limits": _EFFECTIVE_LIMIT},
    "hierarchy": {"limit_enforcement": None, "parent_group_id": None},
    "created_at": None,
}
"""Schema ``GroupV1``, names only."""


def unknown_members(body: bytes) -> list[str]:
    """Paths of unknown members of a group, each once, e.g. ``models[].priority``; none if it is no JSON."""
    try:
        return sorted(set(_unknown(json.decode(body), GROUP, "")))
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _unknown(value: object, known: Known, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _unknown(item, known, f"{path}[]")
    if isinstance(value, dict):
        for name, member in value.items():
            member_path = f"{path}.{name}" if path else name
            if name not in known:
                yield member_path
            elif (inner := known[name]) is not None:
                yield from _unknown(member, inner, member_path)
