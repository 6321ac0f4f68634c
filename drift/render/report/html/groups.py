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
    below, troubled = [0] * len(entries), [0] * len(entries)
    rows = []
    following = 1
    # From the end, so that of each group all that is below it has been counted.
    for index, level in reversed(_walk(ancestry.parents)):
        entry, parent, key = entries[index], ancestry.parents[index], group_key(entries[index].group)
        findings = f" · {counted(found[key], 'finding')}" if found[key] else ""
        in_sync = entry.status is Status.IN_SYNC
        rows.append(
            Row(
                titled(entry.group),
                entry.status.value,
                f"{spoken(entry.status)}{findings}",
                links.get(key, ""),
                str(entry.source) if entry.source else "",
                _note(entry, parent, level),
                _below(below[index], troubled[index]) if following > level else "",
                in_sync and not troubled[index],
                len(entries) <= OPEN or bool(troubled[index]),
                range(max(level - following, 0)),
            )
        )
        if parent is not None and level > 1:
            below[parent] += 1 + below[index]
            troubled[parent] += troubled[index] + (not in_sync)
        following = level
    return rows[::-1]


def _walk(parents: Sequence[int | None]) -> list[tuple[int, int]]:
    """Index and level, from 1, of each group in the order of the outline."""
    children: dict[int | None, list[int]] = {}
    for index, parent in enumerate(parents):
        children.setdefault(parent, []).append(index)
    found: dict[int, int] = {}
    # What no root leads to hangs on a cycle: it is entered where it comes first.
    for start in (*children.get(None, ()), *range(len(parents))):
        todo = [(start, 1)]
        while todo:
            index, level = todo.pop()
            if index not in found:
                found[index] = min(level, DEEPEST)
                todo.extend((child, level + 1) for child in reversed(children.get(index, ())))
    return list(found.items())


def _note(entry: GroupEntry, parent: int | None, level: int) -> str:
    if entry.parent is not None and parent is None:
        return f"below {titled(entry.parent)}, which is not in this report"
    return f"more than {DEEPEST} levels deep" if level == DEEPEST else ""


def _below(groups: int, troubled: int) -> str:
    return f"{number(groups)} below, {f'{number(troubled)} not in sync' if troubled else 'all in sync'}"
