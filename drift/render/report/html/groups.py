"""The groups of a report as an outline: who hangs below whom, as far as the report says.

A report may be cut to a shard, be older than ``parent``, or name parents that nobody read; such groups stand
at the top, and nothing is guessed. Cycles, which a broken answer can have, are cut at the group that comes first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from drift.model.wording import counted, number
from drift.render.report.outline import Ancestry, GroupKey, group_key
from drift.render.words import spoken, titled
from drift.report.report import GroupEntry, Status

DEEPEST = 16
"""Levels that are shown as such. The API accepts five; browsers give up at some hundreds."""
OPEN = 200
"""With more groups, branches begin closed."""


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


def group_rows(
    entries: Sequence[GroupEntry], ancestry: Ancestry, links: Mapping[GroupKey, str], found: Counter[GroupKey]
) -> list[Row]:
    """All groups, parents before children, with a link to those that have findings on the page."""
    order, levels = _walk(ancestry.parents)
    below, troubled = _tally(entries, ancestry.parents, order, levels)
    rows = []
    for index, level, following in zip(order, levels, [*levels[1:], 1], strict=False):
        entry = entries[index]
        key = group_key(entry.group)
        findings = f" · {counted(found[key], 'finding')}" if found[key] else ""
        rows.append(
            Row(
                titled(entry.group),
                entry.status.value,
                f"{spoken(entry.status)}{findings}",
                links.get(key, ""),
                str(entry.source) if entry.source else "",
                _note(entry, ancestry.parents[index], level),
                _below(below[index], troubled[index]) if following > level else "",
                entry.status is Status.IN_SYNC and not troubled[index],
                len(entries) <= OPEN or bool(troubled[index]),
                range(max(level - following, 0)),
            )
        )
    return rows


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
            levels.append(min(level, DEEPEST))
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


def _note(entry: GroupEntry, parent: int | None, level: int) -> str:
    if entry.parent is not None and parent is None:
        return f"below {titled(entry.parent)}, which is not in this report"
    return f"more than {DEEPEST} levels deep" if level == DEEPEST else ""


def _below(groups: int, troubled: int) -> str:
    return f"{number(groups)} below, {f'{number(troubled)} not in sync' if troubled else 'all in sync'}"
