"""What an edit of the desired files comes to, in a line for each intention: moves, renames, profiles."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from drift.model.groups import DesiredGroup
from drift.model.limits import LimitKey
from drift.model.wording import change, counted, number

_NAMED = 3


def edits(base: Sequence[DesiredGroup], desired: Sequence[DesiredGroup]) -> Iterator[str]:
    """Lines for people about two states of the files."""
    before, now = ({group.ref.label: group for group in groups} for groups in (base, desired))
    added, removed = [label for label in now if label not in before], [label for label in before if label not in now]
    for old, new in _renamed([before[label] for label in removed], [now[label] for label in added]):
        removed.remove(old)
        added.remove(new)
        yield f"{old} is now declared as {new}, with the same id"
    if added:
        yield f"{counted(len(added), 'group')} added: {_names(added)}"
    if removed:
        yield f"{counted(len(removed), 'group')} no longer declared, so no longer compared: {_names(removed)}"
    yield from _moved(before, now)
    yield from _profiles(before, now)


def _renamed(removed: Sequence[DesiredGroup], added: Sequence[DesiredGroup]) -> Iterator[tuple[str, str]]:
    by_id = {group.id: group.ref.label for group in removed if group.id}
    for group in added:
        if group.id in by_id:
            yield by_id[group.id], group.ref.label


def _moved(before: Mapping[str, DesiredGroup], now: Mapping[str, DesiredGroup]) -> Iterator[str]:
    moves: dict[tuple[str, str], list[str]] = {}
    for label, group in now.items():
        old = before.get(label)
        if old is not None and old.positions.file != group.positions.file:
            moves.setdefault((old.positions.file, group.positions.file), []).append(label)
    for (source, target), labels in moves.items():
        yield f"{counted(len(labels), 'group')} moved from {source} to {target}: {_names(labels)}"


def _profiles(before: Mapping[str, DesiredGroup], now: Mapping[str, DesiredGroup]) -> Iterator[str]:
    """Each limit of a profile that changed, once, with how many groups take it from there."""
    edits: Counter[tuple[str, LimitKey, int | None, int | None]] = Counter()
    for label, group in now.items():
        old = before.get(label)
        if old is None or old.models is UNSET or group.models is UNSET or old.models == group.models:
            continue
        for slug, profile in group.profiles.items():
            if old.profiles.get(slug) != profile:
                continue
            left, right = old.models.get(slug, {}), group.models.get(slug, {})
            for key in left.keys() | right.keys():
                if left.get(key) != right.get(key):
                    edits[profile, key, left.get(key), right.get(key)] += 1
    for (profile, key, was, is_), count in sorted(edits.items(), key=lambda item: (item[0][0], item[0][1])):
        yield f"profile {profile}: {key} {_sized(was, is_)}, in {counted(count, 'model')} of groups that use it"


def _sized(was: int | None, is_: int | None) -> str:
    if was is not None and is_ is not None:
        return change(was, is_)
    return f"{'none' if was is None else number(was)} -> {'none' if is_ is None else number(is_)}"


def _names(labels: Sequence[str]) -> str:
    more = len(labels) - _NAMED
    return ", ".join(labels[:_NAMED]) + (f" and {number(more)} more" if more > 0 else "")
