"""The report as one web page: a file that needs nothing else, for people who were not there.

Texts are made safe by :mod:`drift.render.pages`, whatever the template does with them. The page carries its style and
its script with it and allows, by its own Content-Security-Policy, exactly these two, known by their hashes: nothing
from elsewhere is loaded, run or sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.render import RenderOptions, words
from drift.render.pages import allowed, asset, template
from drift.render.report.html.cards import Card, card
from drift.render.report.outline import Ancestry, by_cause
from drift.report.finding import Finding
from drift.report.report import GroupEntry, Report, Status

_LONG = 200
"""Findings from which on laying out all of them at once is felt."""
_DEEPEST = 16
"""Levels that are shown as such. The API accepts five; browsers give up at some hundreds."""
_OPEN = 200
"""With more groups, branches begin closed."""

_Key: TypeAlias = tuple[str | None, str | None]


class PageSection(NamedTuple):
    """The findings of one group."""

    id: str
    label: str
    name: str | None
    above: Sequence[str]
    """The groups above it, the topmost first."""
    cards: Sequence[Card]


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


def render(report: Report, _options: RenderOptions) -> str:
    """One HTML document; always complete, for the page itself folds and filters."""
    style, script = asset(__name__, "report.css"), asset(__name__, "report.js")
    policy = f"default-src 'none'; style-src {allowed(style)}; script-src {allowed(script)}; img-src data:"
    # One join over all pieces: a page of 10,000 findings is megabytes.
    return "".join(
        template(__name__, "report.html.jinja").generate(
            _content(report), policy=f"{policy}; base-uri 'none'; form-action 'none'", style=style, script=script
        )
    )


def _content(report: Report) -> Mapping[str, object]:
    """What the template shows beside the members of the report, in the order of the page."""
    ancestry = Ancestry(report.groups)
    sections = _sections(report.findings, ancestry)
    verdict = "Nothing compared" if report.failure else words.spoken(report.verdict).capitalize()
    summary = report.failure.message if report.failure else words.headline(report)
    started, _ = words.times(report)
    rows = _group_rows(report.groups, ancestry, sections)
    return {
        "report": report,
        "counts": report.counts,
        "title": f"{verdict}: {summary}",
        "verdict": verdict,
        "look": "failed" if report.failure else report.verdict.value,
        "headline": summary,
        "details": list(_details(report)),
        "facts": _facts(report),
        "started": f"{started.day} {started:%B %Y, %H:%M:%S} {started.tzname()}",
        "shares": _shares(report),
        "changes": Counter(finding.status for finding in report.findings if finding.status),
        "sections": list(sections.values()),
        "long": len(report.findings) > _LONG,
        "rows": rows,
        "quiet": sum(row.quiet for row in rows),
        "opened": len(rows) <= _OPEN,
        "unread": by_cause(report.unread),
        "accepted": [
            (_section(f"accepted-{index}", [entry.finding], ancestry), entry)
            for index, entry in enumerate(report.accepted, 1)
        ],
        "settled": list(_sections(report.base.settled, ancestry, "settled").values()) if report.base else [],
        "number": number,
        "counted": counted,
        "words": words,
    }


def _sections(findings: Sequence[Finding], ancestry: Ancestry, prefix: str = "group") -> dict[_Key, PageSection]:
    """The findings by group, in their own order: the group with the worst one first."""
    by_group: dict[_Key, list[Finding]] = {}
    for finding in findings:
        by_group.setdefault(_key(finding.group), []).append(finding)
    return {
        group: _section(f"{prefix}-{index}", of_group, ancestry)
        for index, (group, of_group) in enumerate(by_group.items(), 1)
    }


def _section(anchor: str, findings: Sequence[Finding], ancestry: Ancestry) -> PageSection:
    group = findings[0].group
    above = [words.titled(ancestor) for ancestor in islice(ancestry.above(group), _DEEPEST)]
    return PageSection(anchor, group.label, words.other_name(group), above[::-1], list(map(card, findings)))


def _key(group: GroupRef) -> _Key:
    """By what a report knows a group: findings of a group that was not read lack its internal id."""
    return (group.external_entity_id, None if group.external_entity_id is not None else group.id)


def _details(report: Report) -> Iterator[str]:
    """What must not be overlooked, one line each."""
    counts = report.counts
    if counts.unread:
        yield f"{counted(counts.unread, 'group')} could not be read: nothing is known about them."
    if report.unseen:
        yield f"{words.UNLISTED.capitalize()}: {report.unseen}"
    if report.shard:
        yield f"Only shard {report.shard} of the declared groups was checked."
    if counts.expiring:
        yield f"{counted(counts.expiring, 'acceptance')} will expire soon."
    if counts.transient:
        yield f"{counted(counts.transient, 'difference')} of a first read did not show in a second one."


def _facts(report: Report) -> Mapping[str, str]:
    started, finished = words.times(report)
    return {
        "Live": report.api_url,
        "Exit code": f"{report.exit_code} ({words.gate(report)})",
        "Took": f"{(finished - started).total_seconds():.1f} s",
        "Requests": words.nonzero(report.requests) or "none",
        **({"Base": report.base.name} if report.base else {}),
        **({"Shard": report.shard} if report.shard else {}),
    }


def _shares(report: Report) -> list[tuple[str, str, str, str, str]]:
    """A bar of all groups, cut by how they ended: kind, words, how many, where the part begins and how wide it is."""
    ends = {**words.declared_counts(report), "unmanaged": report.counts.unmanaged}
    total = sum(ends.values())
    shares, start = [], 0
    for end, count in ends.items():
        if count:
            begin, wide = (f"{100 * part / total:.2f}%" for part in (start, count))
            shares.append((end.replace(" ", "-"), end, number(count), begin, wide))
            start += count
    return shares


def _group_rows(entries: Sequence[GroupEntry], ancestry: Ancestry, sections: Mapping[_Key, PageSection]) -> list[Row]:
    """All groups, parents before children, as far as the report says who is below whom.

    A report may be cut to a shard, be older than ``parent``, or name parents that nobody read; such groups stand
    at the top, and nothing is guessed. Cycles, which a broken answer can have, are cut at the group that comes first.
    """
    below, troubled = [0] * len(entries), [0] * len(entries)
    rows = []
    following = 1
    # From the end, so that of each group all that is below it has been counted.
    for index, level in reversed(_walk(ancestry.parents)):
        entry, parent = entries[index], ancestry.parents[index]
        section = sections.get(_key(entry.group))
        findings = f" · {counted(len(section.cards), 'finding')}" if section else ""
        in_sync = entry.status is Status.IN_SYNC
        rows.append(
            Row(
                words.titled(entry.group),
                entry.status.value,
                f"{words.spoken(entry.status)}{findings}",
                section.id if section else "",
                str(entry.source) if entry.source else "",
                _note(entry, parent, level),
                _below(below[index], troubled[index]) if following > level else "",
                in_sync and not troubled[index],
                len(entries) <= _OPEN or bool(troubled[index]),
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
                found[index] = min(level, _DEEPEST)
                todo.extend((child, level + 1) for child in reversed(children.get(index, ())))
    return list(found.items())


def _note(entry: GroupEntry, parent: int | None, level: int) -> str:
    if entry.parent is not None and parent is None:
        return f"below {words.titled(entry.parent)}, which is not in this report"
    return f"more than {_DEEPEST} levels deep" if level == _DEEPEST else ""


def _below(groups: int, troubled: int) -> str:
    return f"{number(groups)} below, {f'{number(troubled)} not in sync' if troubled else 'all in sync'}"
