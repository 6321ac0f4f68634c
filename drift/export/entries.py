"""A live group as an entry of ``groups``, in the API's shape, and what keeps one from being declared."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count

from msgspec import Struct

from drift.export.writing import Plain
from drift.model.effective import MODES
from drift.model.groups import Group
from drift.model.limits import LIMIT_TYPES, UNITS, JsonLimit, LimitKey, Limits, limit_lists

_LONGEST = 255
_MOST_BITS = 10_000
"""Python neither reads nor writes much longer numbers."""
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_TYPES_IN_NAMES = {"TOKEN": "t", "REQUEST": "r"}
_UNITS_IN_NAMES = {"SECOND": "ps", "MINUTE": "pm", "DAY": "pd"}
_SIZES = ((10**9, "g"), (10**6, "m"), (10**3, "k"))
_SHARED = 2
"""Models with the same limits, from which on these get a profile."""


class Links(Struct, frozen=True):
    """How declared groups can refer to live ones: by external id if that is declared, else by internal id."""

    live: Mapping[str, Group]
    """By internal id."""
    declared: Collection[str]
    """External ids, those about to be written included."""

    def hierarchy(self, group: Group) -> Mapping[str, Plain]:
        """The group's place and mode; the mode is left out where it is the declared parent's."""
        mode: Mapping[str, Plain] = {"limit_enforcement": group.limit_enforcement}
        if group.parent_group_id is None:
            return mode
        parent = self.live.get(group.parent_group_id)
        if parent is None or not names_itself(parent) or parent.external_entity_id not in self.declared:
            return {"parent_group_id": group.parent_group_id, **mode}
        link: Mapping[str, Plain] = {"parent": parent.external_entity_id}
        return link if parent.limit_enforcement == group.limit_enforcement else {**link, **mode}


class ProfileNames:
    """The profile that a model can name instead of its limits: one that is there, or a new one for limits in common."""

    def __init__(self, known: Mapping[str, Limits], groups: Iterable[Group]) -> None:
        """``known`` profiles of the files by name; new ones are made for what several models of ``groups`` share."""
        self._names: dict[frozenset[tuple[LimitKey, int]], str] = {}
        for name, limits in sorted(known.items()):
            self._names.setdefault(frozenset(limits.items()), name)
        self.added: dict[str, Plain] = {}
        """New profiles by name, as the files have them."""
        uses = Counter(frozenset(limits.items()) for group in groups for limits in group.models.values() if limits)
        shared = [dict(content) for content, times in uses.items() if times >= _SHARED and content not in self._names]
        for name, limits in sorted((_profile_name(limits), limits) for limits in shared):
            spelt = (name if number == 1 else f"{name}-{number}" for number in count(1))
            free = next(one for one in spelt if one not in known and one not in self.added)
            self._names[frozenset(limits.items())] = free
            self.added[free] = {**written_lists(limits)}

    def of(self, limits: Limits) -> str | None:
        """The name of the profile that has exactly these limits."""
        return self._names.get(frozenset(limits.items())) if limits else None


def names_itself(group: Group) -> bool:
    """Whether the group has an external id that can be declared; one that has not is known by its internal id."""
    return 0 < len(group.external_entity_id) <= _LONGEST


def key_of(group: Group) -> str:
    """The id by which a declaration knows the group, as ``drift.model.forest.desired_key``."""
    return group.external_entity_id if names_itself(group) else group.id


def entry(group: Group, links: Links, profiles: ProfileNames | None, *, pin: bool) -> Mapping[str, Plain]:
    """The whole group, everything in it managed."""
    metadata: dict[str, Plain] = {"external_entity_id": group.external_entity_id} if names_itself(group) else {}
    metadata["name"] = group.name
    return {
        **({"id": group.id} if pin or not names_itself(group) else {}),
        "metadata": metadata,
        "hierarchy": links.hierarchy(group),
        "models": [model(slug, limits, profiles) for slug, limits in sorted(group.models.items())],
    }


def model(slug: str, limits: Limits, profiles: ProfileNames | None = None) -> Mapping[str, Plain]:
    """One entry of ``models``."""
    profile = profiles.of(limits) if profiles else None
    rest: Mapping[str, Plain] = {"profile": profile} if profile else {**written_lists(limits)}
    return {"slug": slug, **rest}


def written_lists(limits: Limits) -> Mapping[str, Sequence[JsonLimit]]:
    """The API's lists that are not empty, in the order in which people write limits."""
    lists = limit_lists(limits).items()
    return {kind: sorted(items, key=lambda limit: _rank(str(limit["type"]))) for kind, items in lists if items}


def _rank(type_: str) -> tuple[bool, bool, str]:
    """Tokens before requests, and those before the others."""
    return type_ != "TOKEN", type_ != "REQUEST", type_


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
    if group.limit_enforcement not in MODES:
        yield f"its mode {group.limit_enforcement!r} is not known to this version"
    for slug, limits in group.models.items():
        yield from (f"its model {slug!r} {reason}" for reason in _unsound(slug, limits))


def _unsound(slug: str, limits: Limits) -> Iterator[str]:
    if not slug or _SURROGATE.search(slug):
        yield "has no slug that a file can hold"
    for limit, threshold in limits.items():
        if limit.type not in LIMIT_TYPES or limit.unit not in UNITS[limit.kind]:
            yield f"has the limit {limit!s}, which is not known to this version"
        if threshold.bit_length() > _MOST_BITS:
            yield f"has a limit {limit!s} of thousands of digits"
    for (kind, type_), times in Counter((limit.kind, limit.type) for limit in limits).items():
        if times > 1:
            yield f"has two {kind} of type {type_}"


def _profile_name(limits: Limits) -> str:
    """From what it says, so that every export gives it the same: ``tpm-1m-rpm-600-tpd-200m``."""
    return "-".join(
        f"{_TYPES_IN_NAMES.get(key.type) or key.type.lower().replace('_', '-') + '-'}"
        f"{_UNITS_IN_NAMES[key.unit]}-{_short(limits[key])}"
        for key in sorted(limits, key=lambda key: (key.kind, _rank(key.type)))
    )


def _short(threshold: int) -> str:
    for size, letter in _SIZES:
        if threshold and threshold % size == 0:
            return f"{threshold // size}{letter}"
    return str(threshold)
