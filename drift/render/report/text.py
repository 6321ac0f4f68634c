"""The report for people: findings by tree and group, worst first, the summary last."""

from collections.abc import Iterator, Sequence
from itertools import chain

from drift.errors import Location
from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.render import RenderOptions, words
from drift.render.report.outline import by_cause, sections
from drift.render.terminal import Line, line, show
from drift.render.visible import visible
from drift.report.acceptance import Accepted, Lapsed
from drift.report.evidence import Evidence
from drift.report.finding import Finding
from drift.report.report import Base, Report, Status, Unread, Verdict
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
            lines += paragraph
            lines += [Line()] if paragraph else []
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
                yield [_heading(findings[0].group, tree.root), *chain.from_iterable(map(finding_lines, findings))]
    yield list(_accepted([entry for entry in report.accepted if everything or entry.expiring], report))
    yield list(lapsed_lines(report.lapsed))
    for cause, hint, entries in by_cause(report.unread):
        yield list(_unread(cause, hint, entries, everything=everything))
    if report.unseen:
        yield [line(0, (f"{words.UNLISTED}: ", "bold yellow"), visible(report.unseen))]
    if report.base:
        yield list(_since(report.base, everything=everything))
    in_sync = [entry for entry in report.groups if entry.status is Status.IN_SYNC]
    if everything and in_sync:
        yield [
            line(0, ("in sync", "bold green")),
            *(line(2, f"{_place(entry.source)}: {visible(entry.group.label)}") for entry in in_sync),
        ]
    yield [line(0, ("warning: ", "yellow"), visible(warning)) for warning in report.warnings]


def finding_lines(finding: Finding) -> Iterator[Line]:
    """One finding, without its group."""
    yield line(
        2,
        f"{_place(finding.source)}: ",
        (finding.severity.value, _SEVERITY_STYLE[finding.severity]),
        (f" {visible(finding.rule)} ", "bold"),
        (f"[{finding.direction.value}]", _DIRECTION_STYLE[finding.direction]),
    )
    yield line(4, visible(finding.message))
    for consequence in words.consequences(finding, _NAMED, visible):
        yield line(4, consequence)


def accepted_lines(entry: Accepted) -> Iterator[Line]:
    """One accepted finding, with who accepted it and why."""
    finding, acceptance = entry.finding, entry.acceptance
    yield line(
        2,
        f"{_place(acceptance.source)}: {visible(finding.group.label)}",
        (f" {visible(finding.rule)} ", "bold"),
        (f"[{finding.direction.value}]", _DIRECTION_STYLE[finding.direction]),
        (
            f" until {visible(acceptance.until)}{' (soon)' if entry.expiring else ''}",
            "yellow" if entry.expiring else "",
        ),
        f", owner {visible(acceptance.owner)}",
    )
    yield line(4, visible(finding.message))
    yield line(4, f"reason: {visible(acceptance.reason)}")


def lapsed_lines(lapsed: Sequence[Lapsed]) -> Iterator[Line]:
    """All acceptances that no longer apply, and why, below a title; nothing if there are none."""
    if lapsed:
        yield line(0, ("acceptances that no longer apply", "bold yellow"), (f" ({number(len(lapsed))})", "dim"))
    for entry in lapsed:
        acceptance = entry.acceptance
        what = f"{visible(acceptance.group)} {visible(acceptance.rule or 'any rule')}"
        yield line(2, f"{_place(acceptance.source)}: {what}, owner {visible(acceptance.owner)}")
        yield line(4, visible(words.lapse(entry)))


def _heading(group: GroupRef, root: str) -> Line:
    name = words.other_name(group)
    return line(
        0,
        (visible(group.label), "bold"),
        (f" ({visible(name)})" if name else "", "dim"),
        (f" in tree {visible(root)}" if root != group.label else "", "dim"),
    )


def _place(source: Location | None) -> str:
    return visible(str(source)) if source else "(not declared)"


def _accepted(shown: Sequence[Accepted], report: Report) -> Iterator[Line]:
    if shown:
        soon = "" if len(shown) == len(report.accepted) else ", ending soon"
        yield line(0, (f"accepted{soon}", "bold"), (f" ({counted(len(shown), 'finding')})", "dim"))
    for entry in shown:
        yield from accepted_lines(entry)


def _unread(cause: str, hint: str, entries: Sequence[Unread], *, everything: bool) -> Iterator[Line]:
    yield line(0, (f"unread: {cause}", "bold yellow"), (f" ({counted(len(entries), 'group')})", "dim"))
    if hint:
        yield line(2, (f"hint: {hint}", "dim"))
    shown = entries if everything else entries[:_SHOWN_PER_CAUSE]
    for entry in shown:
        yield line(2, f"{_place(entry.source)}: {visible(entry.group.label)}")
        yield line(4, visible(entry.message))
    if len(shown) < len(entries):
        yield line(2, (f"... and {number(len(entries) - len(shown))} more (-v shows all)", "dim"))


def _since(base: Base, *, everything: bool) -> Iterator[Line]:
    settled = base.settled if everything else ()
    if base.notes or settled:
        yield line(0, (f"since {visible(base.name)}", "bold"))
    for note in base.notes:
        yield line(2, visible(note))
    for finding in settled:
        yield line(
            2,
            f"{_place(finding.source)}: {finding.status or 'settled'} ",
            (f"{visible(finding.rule)} ", "bold"),
            f"of {visible(finding.group.label)}",
        )
        yield line(4, visible(finding.message))


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
