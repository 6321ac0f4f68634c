"""The groups of a report as an outline: who hangs below whom, as far as the report says.

A report may be cut to a shard, be older than ``parent``, or name parents that nobody read; such groups stand
at the top, and nothing is guessed. Cycles, which a broken answer can have, are cut at the group that comes first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.render.report.html.cards import titled
from drift.report.report import GroupEntry, Status

GroupKey = tuple[str | None, str | None]
_DEEPEST = 16
"""Levels that are shown as such. The API accepts five; browsers give up at some hundreds."""
_OPEN = 200
"""With more groups, branches begin closed."""
_MARKS: Mapping[Status, str] = {
    Status.IN_SYNC: "in sync",
    Status.DRIFT: "drift",
    Status.MISSING: "missing",
    Status.UNREAD: "unread",
    Status.UNMANAGED: "not declared",
    Status.ACCEPTED: "accepted",
}


class Row(NamedTuple):
    """One group of the outline; the template unpacks it in this order."""

    title: str
    status: str
    mark: str
    """The status in words, with the number of findings."""
    link: str
    """The id of its findings on the page; empty without any."""
    source: str
    note: str
    below: str
    """What is below it; empty for a leaf."""
    quiet: bool
    """Whether it and all below it are in sync."""
    opened: bool
    closes: Sequence[int]
    """One item for each level that ends after this row."""


class Outline(NamedTuple):
    """The forest, flattened: parents before children."""

    rows: Sequence[Row]
    opened: bool
    """Whether it is small enough to be shown at once."""
    quiet: int
    """Rows that hold nothing but groups in sync."""


class Ways:
    """The entries by key, with their parents."""

    def __init__(self, entries: Sequence[GroupEntry]) -> None:
        """Where two entries have one id, the first is the parent of those that name it."""
        self.entries = entries
        by_id: dict[str, int] = {}
        by_external: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if entry.group.id is not None:
                by_id.setdefault(entry.group.id, index)
            if entry.group.external_entity_id is not None:
                by_external.setdefault(entry.group.external_entity_id, index)
        self.parents = [_place(entry.parent, by_id, by_external) for entry in entries]
        self._index = {group_key(entry.group): index for index, entry in reversed(list(enumerate(entries)))}

    def above(self, group: GroupRef) -> list[str]:
        """The titles of a group's ancestors, the topmost first."""
        at = self._index.get(group_key(group))
        way: list[int] = []
        while at is not None and (at := self.parents[at]) is not None and at not in way and len(way) < _DEEPEST:
            way.append(at)
        return [titled(self.entries[index].group) for index in reversed(way)]


def outline(ways: Ways, links: Mapping[GroupKey, str], found: Counter[GroupKey]) -> Outline:
    """All groups as rows, with a link to those that have findings on the page."""
    order, levels = _walk(ways.parents)
    below, troubled = _tally(ways.entries, ways.parents, order, levels)
    opened = len(order) <= _OPEN
    rows = []
    for at, index in enumerate(order):
        entry = ways.entries[index]
        level, following = levels[at], levels[at + 1] if at + 1 < len(order) else 1
        key = group_key(entry.group)
        has_children = following > level
        rows.append(
            Row(
                titled(entry.group),
                entry.status.value,
                _mark(entry.status, found[key]),
                links.get(key, ""),
                str(entry.source) if entry.source else "",
                _note(entry, ways.parents[index], level),
                _below(below[index], troubled[index]) if has_children else "",
                entry.status is Status.IN_SYNC and not troubled[index],
                opened or bool(troubled[index]),
                range(max(level - following, 0)),
            )
        )
    return Outline(rows, opened, sum(row.quiet for row in rows))


def group_key(group: GroupRef) -> GroupKey:
    """By what a page knows a group: findings of a group that was not read lack its internal id."""
    return (group.external_entity_id, None if group.external_entity_id is not None else group.id)


def _place(parent: GroupRef | None, by_id: Mapping[str, int], by_external: Mapping[str, int]) -> int | None:
    if parent is None:
        return None
    if parent.id is not None and parent.id in by_id:
        return by_id[parent.id]
    return None if parent.external_entity_id is None else by_external.get(parent.external_entity_id)


def _walk(parents: Sequence[int | None]) -> tuple[list[int], list[int]]:
    """Indexes in the order of the outline, and the level of each, from 1."""
    children: dict[int, list[int]] = {}
    for index, parent in enumerate(parents):
        if parent is not None:
            children.setdefault(parent, []).append(index)
    order: list[int] = []
    levels: list[int] = []
    seen = [False] * len(parents)
    roots = [index for index, parent in enumerate(parents) if parent is None]
    # What no root leads to hangs on a cycle: it is entered where it comes first.
    for start in (*roots, *range(len(parents))):
        todo = [(start, 1)]
        while todo:
            index, level = todo.pop()
            if seen[index]:
                continue
            seen[index] = True
            order.append(index)
            levels.append(min(level, _DEEPEST))
            todo.extend((child, level + 1) for child in reversed(children.get(index, ())))
    return order, levels


def _tally(
    entries: Sequence[GroupEntry], parents: Sequence[int | None], order: Sequence[int], levels: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Of each entry, how many stand below it in the outline, and how many of those are not in sync."""
    below, troubled = [0] * len(entries), [0] * len(entries)
    for at in range(len(order) - 1, -1, -1):
        index = order[at]
        parent = parents[index]
        if parent is not None and levels[at] > 1:
            below[parent] += 1 + below[index]
            troubled[parent] += troubled[index] + (entries[index].status is not Status.IN_SYNC)
    return below, troubled


def _mark(status: Status, findings: int) -> str:
    return f"{_MARKS[status]} · {counted(findings, 'finding')}" if findings else _MARKS[status]


def _note(entry: GroupEntry, parent: int | None, level: int) -> str:
    if entry.parent is not None and parent is None:
        return f"below {titled(entry.parent)}, which is not in this report"
    return f"more than {_DEEPEST} levels deep" if level == _DEEPEST else ""


def _below(groups: int, troubled: int) -> str:
    return f"{number(groups)} below, {f'{number(troubled)} not in sync' if troubled else 'all in sync'}"
