"""The report as one web page: a file that needs nothing else, for people who were not there.

Texts are made safe by :mod:`drift.render.pages`, whatever the template does with them. The page carries its style and
its script with it and allows, by its own Content-Security-Policy, exactly these two, known by their hashes: nothing
from elsewhere is loaded, run or sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.render import RenderOptions, words
from drift.render.pages import allowed, asset, template
from drift.render.report.html.cards import Card, card
from drift.render.report.html.groups import DEEPEST, OPEN, group_rows
from drift.render.report.outline import Ancestry, GroupKey, by_cause, group_key
from drift.report.finding import Finding
from drift.report.report import Report

_LONG = 200
"""Findings from which on laying out all of them at once is felt."""


class Section(NamedTuple):
    """The findings of one group."""

    id: str
    group: GroupRef
    above: Sequence[str]
    """The groups above it, the topmost first."""
    cards: Sequence[Card]


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
    links = {group: section.id for group, section in sections.items()}
    found = Counter(group_key(finding.group) for finding in report.findings)
    verdict = "Nothing compared" if report.failure else words.spoken(report.verdict).capitalize()
    summary = report.failure.message if report.failure else words.headline(report)
    started, _ = words.times(report)
    rows = group_rows(report.groups, ancestry, links, found)
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
        "exposure": words.exposures(report.exposure) if report.exposure else [],
        "shares": _shares(report),
        "changes": Counter(finding.status for finding in report.findings if finding.status),
        "sections": list(sections.values()),
        "long": len(report.findings) > _LONG,
        "rows": rows,
        "quiet": sum(row.quiet for row in rows),
        "opened": len(rows) <= OPEN,
        "unread": by_cause(report.unread),
        "accepted": [
            (_section(f"accepted-{index}", [entry.finding], ancestry), entry)
            for index, entry in enumerate(report.accepted, 1)
        ],
        "lapsed": [(entry.acceptance, words.lapse(entry)) for entry in report.lapsed],
        "settled": list(_sections(report.base.settled, ancestry, "settled").values()) if report.base else [],
        "number": number,
        "counted": counted,
        "titled": words.titled,
        "other_name": words.other_name,
        "effect": words.effect,
        "exposed": words.exposed,
    }


def _sections(findings: Sequence[Finding], ancestry: Ancestry, prefix: str = "group") -> dict[GroupKey, Section]:
    """The findings by group, in their own order: the group with the worst one first."""
    by_group: dict[GroupKey, list[Finding]] = {}
    for finding in findings:
        by_group.setdefault(group_key(finding.group), []).append(finding)
    return {
        group: _section(f"{prefix}-{index}", of_group, ancestry)
        for index, (group, of_group) in enumerate(by_group.items(), 1)
    }


def _section(anchor: str, findings: Sequence[Finding], ancestry: Ancestry) -> Section:
    group = findings[0].group
    above = [words.titled(ancestor) for ancestor in islice(ancestry.above(group), DEEPEST)]
    return Section(anchor, group, above[::-1], list(map(card, findings)))


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
