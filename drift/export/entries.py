"""A live group as an entry of ``groups``, in the API's shape, and what keeps one from being declared."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, get_args

from drift.export.writing import Plain, limit_lists
from drift.model.groups import Group
from drift.model.limits import Kind, Limits

ProfileOf: TypeAlias = Callable[[Limits], str | None]
"""The profile that has exactly these limits, if there is one."""

_LONGEST = 255
_MOST_BITS = 10_000
"""Python neither reads nor writes much longer numbers."""
_TYPES = frozenset(("REQUEST", "TOKEN", "CONCURRENT_REQUEST", "UNCACHED_INPUT_TOKEN", "OUTPUT_TOKEN"))
_UNITS: Mapping[Kind, frozenset[str]] = {
    "rate_limits": frozenset(("SECOND", "MINUTE")),
    "usage_limits": frozenset(("DAY",)),
}
_MODES = frozenset(("INDEPENDENT", "CASCADING"))
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Links:
    """How declared groups can refer to live ones: by external id if that is declared, else by internal id."""

    def __init__(self, live: Mapping[str, Group], declared: frozenset[str]) -> None:
        """``live`` groups by internal id; ``declared`` external ids, those about to be written included."""
        self._live = live
        self._declared = declared

    def hierarchy(self, group: Group) -> Mapping[str, Plain]:
        """The group's place and mode; the mode is left out where it is the declared parent's."""
        mode: Mapping[str, Plain] = {"limit_enforcement": group.limit_enforcement}
        if group.parent_group_id is None:
            return mode
        parent = self._live.get(group.parent_group_id)
        if parent is None or not names_itself(parent) or parent.external_entity_id not in self._declared:
            return {"parent_group_id": group.parent_group_id, **mode}
        link: Mapping[str, Plain] = {"parent": parent.external_entity_id}
        return link if parent.limit_enforcement == group.limit_enforcement else {**link, **mode}


def names_itself(group: Group) -> bool:
    """Whether the group has an external id that can be declared; one that has not is known by its internal id."""
    return 0 < len(group.external_entity_id) <= _LONGEST


def key_of(group: Group) -> str:
    """The id by which a declaration knows the group, as ``drift.model.forest.desired_key``."""
    return group.external_entity_id if names_itself(group) else group.id


def entry(group: Group, links: Links, *, pin: bool, profile_of: ProfileOf) -> Mapping[str, Plain]:
    """The whole group, everything in it managed."""
    metadata: dict[str, Plain] = {"external_entity_id": group.external_entity_id} if names_itself(group) else {}
    metadata["name"] = group.name
    return {
        **({"id": group.id} if pin or not names_itself(group) else {}),
        "metadata": metadata,
        "hierarchy": links.hierarchy(group),
        "models": [model(slug, limits, profile_of) for slug, limits in sorted(group.models.items())],
    }


def model(slug: str, limits: Limits, profile_of: ProfileOf = lambda _: None) -> Mapping[str, Plain]:
    """One entry of ``models``."""
    profile = profile_of(limits)
    rest: Mapping[str, Plain] = {"profile": profile} if profile else {**limit_lists(limits)}
    return {"slug": slug, **rest}


def undeclarable(group: Group, *, pin: bool) -> Iterator[str]:
    """What the API reports of the group and desired files cannot say, in words."""
    yield from group.anomalies
    for what, text in (("its external id", group.external_entity_id), ("its name", group.name or "")):
        if _SURROGATE.search(text):
            yield f"{what} holds half a character (a lone surrogate), which no file can"
    if len(group.name or "") > _LONGEST:
        yield f"its name is longer than {_LONGEST} characters"
    by_id = pin or not names_itself(group)
    for what, text in (("its id", group.id if by_id else ""), ("its parent's id", group.parent_group_id or "")):
        if len(text) > _LONGEST or _CONTROL.search(text) or _SURROGATE.search(text):
            yield f"{what} is too long, or holds a control character"
    if group.limit_enforcement not in _MODES:
        yield f"its mode {group.limit_enforcement!r} is not known to this version"
    for slug, limits in group.models.items():
        yield from (f"its model {slug!r} {reason}" for reason in _unsound(slug, limits))


def _unsound(slug: str, limits: Limits) -> Iterator[str]:
    if not slug or _SURROGATE.search(slug):
        yield "has no slug that a file can hold"
    for kind in get_args(Kind):
        seen: set[tuple[str, str]] = set()
        for limit in (key for key in limits if key.kind == kind):
            if limit.type not in _TYPES or limit.unit not in _UNITS[limit.kind]:
                yield f"has the limit {limit!s}, which is not known to this version"
            slot = (limit.type, "" if kind == "rate_limits" else limit.unit)
            if slot in seen:
                yield f"has two {kind} of type {limit.type}"
            seen.add(slot)
            if limits[limit].bit_length() > _MOST_BITS:
                yield f"has a limit {limit!s} of thousands of digits"
