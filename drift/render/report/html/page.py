"""The whole report as the page's template wants it: words and numbers, in the order of the page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from drift.errors import HINTS, ExitCode
from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.render.report.amounts import amounts
from drift.render.report.html.cards import Card, card
from drift.render.report.html.outline import GroupKey, Outline, Ways, group_key, outline
from drift.report.acceptance import Accepted, Lapse, Lapsed
from drift.report.finding import Finding
from drift.report.report import Report, Unread, Verdict
from drift.rules import RULES

_VERDICTS: Mapping[Verdict, str] = {
    Verdict.IN_SYNC: "In sync",
    Verdict.DRIFT: "Drift",
    Verdict.INCOMPLETE: "Incomplete",
}
_MEANINGS: Mapping[int, str] = {
    ExitCode.IN_SYNC: "success",
    ExitCode.UNEXPECTED: "unexpected error",
    ExitCode.DRIFT: "drift",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.USAGE: "usage, or invalid desired files",
    ExitCode.AUTH: "authentication",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}
_LAPSES: Mapping[Lapse, str] = {
    Lapse.EXPIRED: "expired",
    Lapse.MOVED: "live has another value now",
    Lapse.UNUSED: "there is no such difference any more",
}
_LONG = 200
"""Findings from which on laying out all of them at once is felt."""


class Bar(NamedTuple):
    """A part of the groups: how many, and how wide that is."""

    kind: str
    name: str
    many: str
    start: str
    width: str


class Choice(NamedTuple):
    """A value that findings can be filtered by, and how many have it."""

    value: str
    title: str
    many: str


class Section(NamedTuple):
    """The findings of one group."""

    id: str
    label: str
    name: str
    above: Sequence[str]
    cards: Sequence[Card]


class UnreadCause(NamedTuple):
    """Groups that are unread for one reason."""

    name: str
    many: str
    hint: str
    entries: Sequence[Unread]


class Page(NamedTuple):
    """Everything on the page that is not simply a member of the report."""

    report: Report
    title: str
    verdict: str
    look: str
    """The style of the verdict: that of the report, or ``failed``."""
    headline: str
    details: Sequence[str]
    facts: Sequence[tuple[str, str]]
    started: str
    exposure: Sequence[str]
    bars: Sequence[Bar]
    severities: Sequence[Choice]
    directions: Sequence[Choice]
    rules: Sequence[Choice]
    changes: Sequence[Choice]
    total: str
    sections: Sequence[Section]
    long: bool
    """Whether a browser should lay out only what is in view."""
    outline: Outline
    unread: Sequence[UnreadCause]
    accepted: Sequence[tuple[Section, Accepted]]
    lapsed: Sequence[tuple[Lapsed, str]]
    settled: Sequence[Section]


def page(report: Report) -> Page:
    """The report, prepared."""
    ways = Ways(report.groups)
    sections = _sections(report.findings, ways, "group")
    found = Counter(group_key(finding.group) for finding in report.findings)
    links = {group_key(group): section.id for group, section in sections}
    look = "failed" if report.failure else report.verdict.value
    verdict = "Nothing compared" if report.failure else _VERDICTS[report.verdict]
    headline = _headline(report, len(sections))
    counts = report.counts
    return Page(
        report=report,
        title=f"{verdict}: {headline}",
        verdict=verdict,
        look=look,
        headline=headline,
        details=list(_details(report)),
        facts=list(_facts(report)),
        started=_moment(report.started_at),
        exposure=list(amounts(report.exposure)) if report.exposure else [],
        bars=_bars(report),
        severities=_choices((value.value, count) for value, count in counts.by_severity.items()),
        directions=_choices((value.value, count) for value, count in counts.by_direction.items()),
        rules=_choices(counts.by_rule.items()),
        changes=_choices(
            Counter(finding.status.value for finding in report.findings if finding.status is not None).items()
        ),
        total=number(len(report.findings)),
        sections=[section for _, section in sections],
        long=len(report.findings) > _LONG,
        outline=outline(ways, links, found),
        unread=_unread(report.unread),
        accepted=[(_section(f"accepted-{index}", [entry.finding], ways), entry) for index, entry in _each(report)],
        lapsed=[(entry, _LAPSES[entry.lapse]) for entry in report.lapsed],
        settled=[section for _, section in _sections(report.base.settled, ways, "settled")] if report.base else [],
    )


def _each(report: Report) -> Iterable[tuple[int, Accepted]]:
    return enumerate(report.accepted, 1)


def _sections(findings: Sequence[Finding], ways: Ways, prefix: str) -> list[tuple[GroupRef, Section]]:
    """The findings by group, in their own order: the group with the worst one first."""
    by_group: dict[GroupKey, list[Finding]] = {}
    for finding in findings:
        by_group.setdefault(group_key(finding.group), []).append(finding)
    return [
        (of_group[0].group, _section(f"{prefix}-{index}", of_group, ways))
        for index, of_group in enumerate(by_group.values(), 1)
    ]


def _section(anchor: str, findings: Sequence[Finding], ways: Ways) -> Section:
    group = findings[0].group
    name = group.name if group.name and group.name != group.label else ""
    return Section(anchor, group.label, name, ways.above(group), [card(finding) for finding in findings])


def _headline(report: Report, groups: int) -> str:
    counts = report.counts
    if report.failure:
        return report.failure.message
    if counts.findings:
        return f"{counted(counts.findings, 'finding')} in {counted(groups, 'group')}"
    if report.verdict is Verdict.IN_SYNC:
        if counts.accepted:
            return f"nothing differs but what is accepted ({number(counts.accepted)})"
        return f"{counted(counts.declared, 'declared group')}, and nothing differs"
    return "nothing differs in what could be read"


def _details(report: Report) -> Iterable[str]:
    """What must not be overlooked, one line each."""
    counts = report.counts
    if counts.unread:
        yield f"{counted(counts.unread, 'group')} could not be read: nothing is known about them."
    if report.unseen:
        yield f"Not all undeclared groups were seen: {report.unseen}"
    if report.shard:
        yield f"Only shard {report.shard} of the declared groups was checked."
    if counts.expiring:
        yield f"{counted(counts.expiring, 'acceptance')} will expire soon."
    if counts.transient:
        yield f"{counted(counts.transient, 'difference')} of a first read did not show in a second one."


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    gate = f"fail on {report.gate.fail_on.value}{', strict' if report.gate.strict else ''}"
    requests = ", ".join(f"{number(count)} {kind}" for kind, count in report.requests.items() if count)
    yield "Live", report.api_url
    yield "Exit code", f"{report.exit_code}: {_MEANINGS.get(report.exit_code, 'unknown')} ({gate})"
    yield "Took", _took(report.started_at, report.finished_at)
    yield "Requests", requests or "none"
    if report.base:
        yield "Base", report.base.name
    if report.shard:
        yield "Shard", report.shard


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} {moment.tzname() or ''}".rstrip()


def _took(started: str, finished: str) -> str:
    try:
        seconds = (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    except (ValueError, TypeError):
        return "unknown"
    return f"{seconds:.1f} s"


def _bars(report: Report) -> list[Bar]:
    counts = report.counts
    parts = [
        ("drift", "drifted", counts.drift),
        ("missing", "missing", counts.missing),
        ("unread", "unread", counts.unread),
        ("unmanaged", "not declared", counts.unmanaged),
        ("accepted", "accepted", counts.declared - counts.drift - counts.missing - counts.unread - counts.in_sync),
        ("in-sync", "in sync", counts.in_sync),
    ]
    total = sum(count for _, _, count in parts)
    bars, start = [], 0
    for kind, name, count in parts:
        if count > 0:
            bars.append(Bar(kind, name, number(count), f"{100 * start / total:.2f}%", f"{100 * count / total:.2f}%"))
            start += count
    return bars


def _choices(counts: Iterable[tuple[str, int]]) -> list[Choice]:
    return [Choice(value, _title(value), number(count)) for value, count in counts if count]


def _title(value: str) -> str:
    rule = RULES.get(value)
    return rule.title if rule else value


def _unread(unread: Sequence[Unread]) -> list[UnreadCause]:
    by_cause: dict[str, list[Unread]] = {}
    for entry in unread:
        by_cause.setdefault(entry.cause, []).append(entry)
    return [
        UnreadCause(entries[0].cause.value, counted(len(entries), "group"), HINTS.get(entries[0].cause, ""), entries)
        for _, entries in sorted(by_cause.items())
    ]
