"""Which trees are CASCADING, though not each of their groups says so: a tree has one mode (Rate limits page)."""

from collections.abc import Collection, Mapping

from msgspec import UNSET, UnsetType


def pooled(modes: Mapping[str, str | UnsetType], parents: Mapping[str, str | None]) -> Collection[str]:
    """Of the groups without a mode, those with a CASCADING group among their ancestors or descendants, or beside them.

    Args:
        modes: The declared mode of each group.
        parents: The declared parent of each group; it need not be one of them, and there may be cycles.
    """
    silent = {key: parents[key] for key, mode in modes.items() if mode is UNSET}
    found: set[str] = set()
    if silent:
        cascading = {key for key, mode in modes.items() if mode == "CASCADING"}
        for key in cascading:
            _mark_above(parents[key], silent, found)
        _mark_below(silent, cascading, found)
    return found


def _mark_above(at: str | None, silent: Mapping[str, str | None], found: set[str]) -> None:
    while at is not None and at in silent and at not in found:
        found.add(at)
        at = silent[at]


def _mark_below(silent: Mapping[str, str | None], cascading: Collection[str], found: set[str]) -> None:
    seen: set[str] = set()
    for start in silent:
        at: str | None = start
        walk = []
        # No group is walked over twice, so that chains of any length cost no more than their groups.
        while at is not None and at in silent and at not in found and at not in seen:
            seen.add(at)
            walk.append(at)
            at = silent[at]
        if at in found or at in cascading:
            found.update(walk)
