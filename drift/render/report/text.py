"""The report for people: findings by tree and group, worst first, the summary last.

The lines are made of styled spans and become plain text for files and pipes. Only a terminal, which wants
wrapping and perhaps colour, brings in rich.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from drift.errors import HINTS, Cause, Location
from drift.model.wording import counted, number
from drift.render import RenderOptions
from drift.render.lines import Line, show
from drift.render.report.amounts import exposed
from drift.render.report.outline import OfGroup, OfTree, Section, sections
from drift.render.visible import visible
from drift.render.words import (
    SECTIONS,
    TITLES,
    acceptances,
    declared_counts,
    effect,
    gate,
    lapse,
    other_name,
    outcome,
    since_base,
)
from drift.report.acceptance import Accepted, Lapsed
from drift.report.finding import Finding
from drift.report.report import Base, Report, Status, Unread, Verdict
from drift.rules import Direction, Severity

_SEVERITY_STYLE = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_DIRECTION_STYLE: Mapping[Direction, str] = {
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
        lines += _findings(report)
        lines += _accepted([entry for entry in report.accepted if everything or entry.expiring], report)
        lines += _lapsed(report.lapsed)
        lines += _unread(report.unread, everything=everything)
        if report.unseen:
            lines += [(("unseen: ", "bold yellow"), (f"not all undeclared groups: {visible(report.unseen)}", "")), ()]
        if report.base:
            lines += _since(report.base, everything=everything)
        if everything:
            lines += _in_sync(report)
        lines += _warnings(report.warnings)
    lines += _summary(report)
    if everything:
        lines += _evidence(report)
    return show(lines, options.width, colour=options.colour)


def _findings(report: Report) -> Iterator[Line]:
    for section in sections(report):
        if report.base:
            yield _title(section)
            yield ()
        for tree in section.trees:
            for of_group in tree.groups:
                yield _heading(of_group, tree)
                for finding in of_group.findings:
                    yield from _finding(finding)
                yield ()


def _title(section: Section) -> Line:
    told = f": {SECTIONS[section.status]} ({counted(section.total, 'finding')})"
    return ((f"== {TITLES[section.status]}", "bold underline"), (told, ""))


def _heading(of_group: OfGroup, tree: OfTree) -> Line:
    group = of_group.group
    name = other_name(group)
    return (
        (visible(group.label), "bold"),
        (f" ({visible(name)})" if name else "", "dim"),
        (f" in tree {visible(tree.root)}" if tree.root != group.label else "", "dim"),
    )


def _finding(finding: Finding) -> Iterator[Line]:
    yield (
        ("  ", ""),
        (_place(finding.source), ""),
        (": ", ""),
        (finding.severity.value, _SEVERITY_STYLE[finding.severity]),
        (f" {visible(finding.rule)} ", "bold"),
        (f"[{finding.direction.value}]", _DIRECTION_STYLE[finding.direction]),
    )
    yield ((f"    {visible(finding.message)}", ""),)
    if finding.affected:
        names = [visible(affected.group.label) for affected in finding.affected[:_NAMED]]
        more = len(finding.affected) - len(names)
        rest = f" and {number(more)} more" if more else ""
        yield ((f"    {effect(finding)}: {', '.join(names)}{rest}", ""),)
    if finding.exposure:
        yield ((f"    exposes {visible(exposed(finding.exposure))}", ""),)


def _place(source: Location | None) -> str:
    return visible(str(source)) if source else "(not declared)"


def _accepted(shown: Sequence[Accepted], report: Report) -> Iterator[Line]:
    if not shown:
        return
    soon = "" if len(shown) == len(report.accepted) else ", ending soon"
    yield ((f"accepted{soon}", "bold"), (f" ({counted(len(shown), 'finding')})", "dim"))
    for entry in shown:
        finding, acceptance = entry.finding, entry.acceptance
        yield (
            (f"  {_place(acceptance.source)}: {visible(finding.group.label)}", ""),
            (f" {visible(finding.rule)} ", "bold"),
            (f"[{finding.direction.value}]", _DIRECTION_STYLE[finding.direction]),
            (f" until {visible(acceptance.until)}", "yellow" if entry.expiring else ""),
            (" (soon)" if entry.expiring else "", "yellow"),
            (f", owner {visible(acceptance.owner)}", ""),
        )
        yield ((f"    {visible(finding.message)}", ""),)
        yield ((f"    reason: {visible(acceptance.reason)}", ""),)
    yield ()


def _lapsed(lapsed: Sequence[Lapsed]) -> Iterator[Line]:
    if not lapsed:
        return
    yield (
        ("lapsed", "bold yellow"),
        (f" ({counted(len(lapsed), 'acceptance')} that excuse{'s' if len(lapsed) == 1 else ''} nothing)", "dim"),
    )
    for entry in lapsed:
        acceptance = entry.acceptance
        what = f"{visible(acceptance.group)} {visible(acceptance.rule or 'any rule')}"
        yield ((f"  {_place(acceptance.source)}: {what}, owner {visible(acceptance.owner)}", ""),)
        yield ((f"    {visible(lapse(entry))}", ""),)
    yield ()


def _unread(unread: Sequence[Unread], *, everything: bool) -> Iterator[Line]:
    def cause(entry: Unread) -> Cause:
        return entry.cause

    for of_cause, group in groupby(sorted(unread, key=cause), key=cause):
        entries = list(group)
        yield ((f"unread: {of_cause.value}", "bold yellow"), (f" ({counted(len(entries), 'group')})", "dim"))
        if of_cause in HINTS:
            yield (("  ", ""), (f"hint: {HINTS[of_cause]}", "dim"))
        shown = entries if everything else entries[:_SHOWN_PER_CAUSE]
        for entry in shown:
            yield ((f"  {_place(entry.source)}: {visible(entry.group.label)}", ""),)
            yield ((f"    {visible(entry.message)}", ""),)
        if len(shown) < len(entries):
            yield (("  ", ""), (f"... and {number(len(entries) - len(shown))} more (-v shows all)", "dim"))
        yield ()


def _since(base: Base, *, everything: bool) -> Iterator[Line]:
    settled = base.settled if everything else ()
    if not (base.notes or settled):
        return
    yield ((f"since {visible(base.name)}", "bold"),)
    for note in base.notes:
        yield ((f"  {visible(note)}", ""),)
    for finding in settled:
        status = finding.status.value if finding.status else "settled"
        yield (
            (f"  {_place(finding.source)}: {status} ", ""),
            (f"{visible(finding.rule)} ", "bold"),
            (f"of {visible(finding.group.label)}", ""),
        )
        yield ((f"    {visible(finding.message)}", ""),)
    yield ()


def _in_sync(report: Report) -> Iterator[Line]:
    entries = [entry for entry in report.groups if entry.status is Status.IN_SYNC]
    if entries:
        yield (("in sync", "bold green"),)
        for entry in entries:
            yield ((f"  {_place(entry.source)}: {visible(entry.group.label)}", ""),)
        yield ()


def _warnings(warnings: Sequence[str]) -> Iterator[Line]:
    for warning in warnings:
        yield (("warning: ", "yellow"), (visible(warning), ""))
    if warnings:
        yield ()


def _summary(report: Report) -> Iterator[Line]:
    counts = report.counts
    yield ((report.verdict.value, _VERDICT_STYLE[report.verdict]), (f": {visible(outcome(report))}", ""))
    groups = ", ".join(f"{number(count)} {status}" for status, count in declared_counts(report))
    extra = f"; {number(counts.unmanaged)} unmanaged" if counts.unmanaged else ""
    extra += f"; {counted(counts.transient, 'transient difference')}" if counts.transient else ""
    yield ((f"  {counted(counts.declared, 'declared group')}: {groups}{extra}", ""),)
    if told := acceptances(report):
        yield ((f"  accepted: {told}", ""),)
    if report.base:
        commit = f" ({visible(report.base.commit[:_SHORT_HASH])})" if report.base.commit else ""
        told = since_base(report) or "nothing differs, nothing did"
        yield ((f"  base: {visible(report.base.name)}{commit}: {told}", ""),)
    if report.exposure:
        yield ((f"  exposure: {visible(exposed(report.exposure))}", ""),)
    requests = ", ".join(f"{number(count)} {visible(kind)}" for kind, count in report.requests.items() if count)
    yield ((f"  live: {visible(report.api_url)} ({requests or 'no requests'})", ""),)
    yield ((f"  exit code {report.exit_code} ({gate(report)})", ""),)


def _evidence(report: Report) -> Iterator[Line]:
    evidence = report.evidence
    if evidence is None:
        return
    parts = [f"rule set {evidence.rule_set}", counted(len(evidence.files), "file")]
    if evidence.git_commit:
        changed = " with changes" if evidence.git_dirty else ""
        parts.append(f"commit {visible(evidence.git_commit[:_SHORT_HASH])}{changed}")
    if evidence.key_prefix:
        parts.append(f"key {visible(evidence.key_prefix)}")
    yield ((f"  evidence: {', '.join(parts)}; digest {visible(evidence.digest)}", ""),)
