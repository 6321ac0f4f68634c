"""Common limits under a name: profiles that are there already, and new ones for limits that models share."""

from collections import Counter
from collections.abc import Iterable, Mapping

from drift.export.writing import Plain, limit_lists, order
from drift.model.groups import Group
from drift.model.limits import LimitKey, Limits

_TYPES = {"TOKEN": "t", "REQUEST": "r"}
_UNITS = {"SECOND": "ps", "MINUTE": "pm", "DAY": "pd"}
_SIZES = ((10**9, "g"), (10**6, "m"), (10**3, "k"))
_SHARED = 2

_Content = frozenset[tuple[LimitKey, int]]


class Profiles:
    """Which profile a model can name instead of its limits."""

    def __init__(self, known: Mapping[str, Limits], taken: Iterable[str] = ()) -> None:
        """``known`` profiles of the files by name; ``taken`` names that no new one may have."""
        self._names: dict[_Content, str] = {}
        for name, limits in sorted(known.items()):
            self._names.setdefault(_content(limits), name)
        self._taken = {*known, *taken}
        self.added: dict[str, Plain] = {}
        """New profiles by name, as the files have them."""

    def lift(self, groups: Iterable[Group]) -> None:
        """Make a profile of all limits that several models of these groups share."""
        uses = Counter(_content(limits) for group in groups for limits in group.models.values() if limits)
        shared = [dict(content) for content, count in uses.items() if count >= _SHARED and content not in self._names]
        for name, limits in sorted((_name(limits), limits) for limits in shared):
            free = next(spelt for spelt in _variants(name) if spelt not in self._taken)
            self._taken.add(free)
            self._names[_content(limits)] = free
            self.added[free] = {**limit_lists(limits)}

    def of(self, limits: Limits) -> str | None:
        """The profile that has exactly these limits."""
        return self._names.get(_content(limits)) if limits else None


def _content(limits: Limits) -> _Content:
    return frozenset(limits.items())


def _name(limits: Limits) -> str:
    """From what it says, so that every export gives it the same: ``tpm-1m-rpm-600-tpd-200m``."""
    parts = []
    for key in sorted(limits, key=order):
        short = _TYPES.get(key.type, f"{key.type.lower().replace('_', '-')}-")
        parts.append(f"{short}{_UNITS[key.unit]}-{_short(limits[key])}")
    return "-".join(parts)


def _short(threshold: int) -> str:
    for size, letter in _SIZES:
        if threshold and threshold % size == 0:
            return f"{threshold // size}{letter}"
    return str(threshold)


def _variants(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
