"""The report for people: findings by tree and group, worst first, the summary last."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from drift.errors import Location
from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.render import RenderOptions, words
from drift.render.report.outline import by_cause, sections
from drift.render.terminal import Line, Span, line, show
from drift.render.visible import visible
from drift.report.acceptance import Accepted, Lapsed
from drift.report.evidence import Evidence
from drift.report.finding import Finding
from drift.report.report import Report, Status, Unread, Verdict
from drift.rules import Direction, Severity

_SEVERITY_STYLE = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_DIRECTION_STYLE = {
    Direction.PERMISSIVE: "magenta",
    Direction.RESTRICTIVE: "blue",
    Direction.NEUTRAL: "dim",
}
_VERDICT_STYLE = {Verdict.IN_SYNC: "bold green", Verdict.DRIFT: "bold red", Verdict.INCOMPLETE: "bold yellow"}
_NAMED = 20
"""Descendants that are named; JSON has them all."""
_SHOWN_PER_CAUSE = 5
"""When the gateway is down every group is unread for one reason; the first few say it."""
_SHORT_HASH = 12


def render(report: Report, options: RenderOptions) -> str:
    """Quiet: the summary. Normal: what needs attention. Verbose: also what is in sync, accepted and settled."""
    lines: list[Line] = []
    everything = options.verbosity > 0
    if options.verbosity >= 0:
        for paragraph in _paragraphs(report, everything=everything):
            lines += [*paragraph, Line()] if paragraph else []
    lines += _summary(report)
    if everything and report.evidence:
        lines.append(_evidence(report.evidence))
    return show(lines, options.width, colour=options.colour)


def _paragraphs(report: Report, *, everything: bool) -> Iterator[Sequence[Line]]:
    """What is shown above the summary, each followed by an empty line unless it is empty itself."""
    for section in sections(report):
        if report.base:
            title, meaning = words.SECTIONS[section.status]
            yield [line(0, (f"== {title}", "bold underline"), f": {meaning} ({counted(section.total, 'finding')})")]
        for tree in section.trees:
            for findings in tree.groups:
                yield _list(_heading(findings[0].group, tree.root), map(finding_lines, findings))
    accepted = [entry for entry in report.accepted if everything or entry.expiring]
    soon = "" if len(accepted) == len(report.accepted) else ", ending soon"
    head = line(0, (f"accepted{soon}", "bold"), (f" ({counted(len(accepted), 'finding')})", "dim"))
    yield _list(head, map(accepted_lines, accepted))
    yield lapsed_lines(report.lapsed)
    for cause, hint, entries in by_cause(report.unread):
        yield list(_unread(cause, hint, entries, everything=everything))
    if report.unseen:
        yield [line(0, (f"{words.UNLISTED}: ", "bold yellow"), visible(report.unseen))]
    if report.base:
        notes = [[line(2, visible(note))] for note in report.base.notes]
        settled = map(_settled, report.base.settled if everything else ())
        yield _list(line(0, (f"since {visible(report.base.name)}", "bold")), [*notes, *settled])
    in_sync = [entry for entry in report.groups if entry.status is Status.IN_SYNC and everything]
    items = (_item(entry.source, visible(entry.group.label)) for entry in in_sync)
    yield _list(line(0, ("in sync", "bold green")), items)
    yield [line(0, ("warning: ", "yellow"), visible(warning)) for warning in report.warnings]


def _list(head: Line, items: Iterable[Sequence[Line]]) -> Sequence[Line]:
    """The items below their head; nothing if there are none."""
    lines = list(chain.from_iterable(items))
    return [head, *lines] if lines else []


def _item(source: Location | None, *what: Span, texts: Iterable[str] = ()) -> Sequence[Line]:
    """Something at a line of the desired files, and what there is to say about it."""
    place = visible(str(source)) if source else "(not declared)"
    return [line(2, f"{place}: ", *what), *(line(4, text) for text in texts)]


def finding_lines(finding: Finding) -> Sequence[Line]:
    """One finding, without its group."""
    severity = (finding.severity.value, _SEVERITY_STYLE[finding.severity])
    texts = (visible(finding.message), *words.consequences(finding, _NAMED, visible))
    return _item(finding.source, severity, *_rule(finding), texts=texts)


def accepted_lines(entry: Accepted) -> Sequence[Line]:
    """One accepted finding, with who accepted it and why."""
    finding, acceptance = entry.finding, entry.acceptance
    until = f" until {visible(acceptance.until)}{' (soon)' if entry.expiring else ''}"
    return _item(
        acceptance.source,
        visible(finding.group.label),
        *_rule(finding),
        (until, "yellow" if entry.expiring else ""),
        f", owner {visible(acceptance.owner)}",
        texts=(visible(finding.message), f"reason: {visible(acceptance.reason)}"),
    )


def _rule(finding: Finding) -> Sequence[Span]:
    return (
        (f" {visible(finding.rule)} ", "bold"),
        (f"[{finding.direction.value}]", _DIRECTION_STYLE[finding.direction]),
    )


def lapsed_lines(lapsed: Sequence[Lapsed]) -> Sequence[Line]:
    """All acceptances that no longer apply, and why, below a title; nothing if there are none."""
    head = line(0, ("acceptances that no longer apply", "bold yellow"), (f" ({number(len(lapsed))})", "dim"))
    return _list(head, map(_lapsed, lapsed))


def _lapsed(entry: Lapsed) -> Sequence[Line]:
    acceptance = entry.acceptance
    what = f"{visible(acceptance.group)} {visible(acceptance.rule or 'any rule')}, owner {visible(acceptance.owner)}"
    return _item(acceptance.source, what, texts=[visible(words.lapse(entry))])


def _settled(finding: Finding) -> Sequence[Line]:
    what = f"{finding.status or 'settled'} ", (f"{visible(finding.rule)} ", "bold")
    return _item(finding.source, *what, f"of {visible(finding.group.label)}", texts=[visible(finding.message)])


def _heading(group: GroupRef, root: str) -> Line:
    name = words.other_name(group)
    return line(
        0,
        (visible(group.label), "bold"),
        (f" ({visible(name)})" if name else "", "dim"),
        (f" in tree {visible(root)}" if root != group.label else "", "dim"),
    )


def _unread(cause: str, hint: str, entries: Sequence[Unread], *, everything: bool) -> Iterator[Line]:
    yield line(0, (f"unread: {cause}", "bold yellow"), (f" ({counted(len(entries), 'group')})", "dim"))
    if hint:
        yield line(2, (f"hint: {hint}", "dim"))
    shown = entries if everything else entries[:_SHOWN_PER_CAUSE]
    for entry in shown:
        yield from _item(entry.source, visible(entry.group.label), texts=[visible(entry.message)])
    if len(shown) < len(entries):
        yield line(2, (f"... and {number(len(entries) - len(shown))} more (-v shows all)", "dim"))


def _summary(report: Report) -> Iterator[Line]:
    counts = report.counts
    yield line(0, (report.verdict.value, _VERDICT_STYLE[report.verdict]), f": {visible(words.outcome(report))}")
    groups = ", ".join(f"{number(count)} {status}" for status, count in words.declared_counts(report).items())
    extra = f"; {number(counts.unmanaged)} unmanaged" if counts.unmanaged else ""
    extra += f"; {counted(counts.transient, 'transient difference')}" if counts.transient else ""
    yield line(2, f"{counted(counts.declared, 'declared group')}: {groups}{extra}")
    if accepted := words.acceptances(report):
        yield line(2, f"accepted: {accepted}")
    if report.base:
        commit = f" ({visible(report.base.commit[:_SHORT_HASH])})" if report.base.commit else ""
        yield line(2, f"base: {visible(report.base.name)}{commit}: {words.since_base(report)}")
    if report.exposure:
        yield line(2, f"exposure: {visible(words.exposed(report.exposure))}")
    yield line(2, f"live: {visible(report.api_url)} ({visible(words.nonzero(report.requests)) or 'no requests'})")
    yield line(2, f"exit code {report.exit_code} ({words.gate(report)})")


def _evidence(evidence: Evidence) -> Line:
    parts = [f"rule set {evidence.rule_set}", counted(len(evidence.files), "file")]
    if evidence.git_commit:
        changed = " with changes" if evidence.git_dirty else ""
        parts.append(f"commit {visible(evidence.git_commit[:_SHORT_HASH])}{changed}")
    if evidence.key_prefix:
        parts.append(f"key {visible(evidence.key_prefix)}")
    return line(2, f"evidence: {', '.join(parts)}; digest {visible(evidence.digest)}")
