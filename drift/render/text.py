"""The report for people: findings by group, worst first, the summary last.

The lines are made of styled spans and become plain text for files and pipes. Only a terminal, which wants
wrapping and perhaps colour, brings in rich.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

from drift.catalogue import Direction, Severity
from drift.errors import HINTS, Cause, ExitCode, Location
from drift.finding import Finding
from drift.model import GroupRef
from drift.render import RenderOptions
from drift.render.amounts import exposed
from drift.render.visible import visible
from drift.report import Report, Status, Unread, Verdict
from drift.wording import counted, number

Span: TypeAlias = tuple[str, str]
"""Text and style; the style is empty or one that rich knows."""
Line: TypeAlias = tuple[Span, ...]

_SEVERITY_STYLE = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_DIRECTION_STYLE = {Direction.PERMISSIVE: "magenta", Direction.RESTRICTIVE: "blue", Direction.NEUTRAL: "dim"}
_VERDICT_STYLE = {Verdict.IN_SYNC: "bold green", Verdict.DRIFT: "bold red", Verdict.INCOMPLETE: "bold yellow"}
_EFFECTS = {Direction.PERMISSIVE: "loosens", Direction.RESTRICTIVE: "tightens", Direction.NEUTRAL: "changes"}
_NAMED = 20
"""Descendants that are named; JSON has them all."""
_MEANINGS: Mapping[int, str] = {
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.AUTH: "authentication",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}
_SHOWN_PER_CAUSE = 5
"""When the gateway is down every group is unread for one reason; the first few say it."""


def render(report: Report, options: RenderOptions) -> str:
    """Quiet: the summary. Normal: findings and unread groups. Verbose: also the groups in sync and all unread."""
    lines: list[Line] = []
    if options.verbosity >= 0:
        lines += _findings(report.findings)
        lines += _unread(report.unread, everything=options.verbosity > 0)
        if report.unseen:
            lines += [(("unseen: ", "bold yellow"), (f"not all undeclared groups: {visible(report.unseen)}", "")), ()]
        if options.verbosity > 0:
            lines += _in_sync(report)
        lines += _warnings(report.warnings)
    lines += _summary(report)
    return _plain(lines) if options.width is None else _for_terminal(lines, options.width, colour=options.colour)


def _findings(findings: Sequence[Finding]) -> Iterator[Line]:
    by_group: dict[tuple[str | None, str | None], list[Finding]] = {}
    for finding in findings:
        by_group.setdefault((finding.group.external_entity_id, finding.group.id), []).append(finding)
    for of_group in by_group.values():
        yield _heading(of_group[0].group)
        for finding in of_group:
            yield (
                ("  ", ""),
                (_place(finding.source), ""),
                (": ", ""),
                (finding.severity.value, _SEVERITY_STYLE[finding.severity]),
                (f" {finding.rule} ", "bold"),
                (f"[{finding.direction.value}]", _DIRECTION_STYLE[finding.direction]),
            )
            yield ((f"    {visible(finding.message)}", ""),)
            if finding.affected:
                yield ((f"    {_effect(finding)}", ""),)
            if finding.exposure:
                yield ((f"    exposes {visible(exposed(finding.exposure))}", ""),)
        yield ()


def _heading(group: GroupRef) -> Line:
    name = f" ({visible(group.name)})" if group.name and group.name != group.label else ""
    return ((visible(group.label), "bold"), (name, "dim"))


def _effect(finding: Finding) -> str:
    """``loosens 312 descendants: acme-eu, acme-us and 310 more``."""
    gone = finding.rule in {"group-missing", "group-recreated"}
    verb = "takes with it" if gone else _EFFECTS[finding.direction]
    names = [visible(affected.group.label) for affected in finding.affected[:_NAMED]]
    more = len(finding.affected) - len(names)
    return (
        f"{verb} {counted(len(finding.affected), 'descendant')}: {', '.join(names)}"
        f"{f' and {number(more)} more' if more else ''}"
    )


def _place(source: Location | None) -> str:
    return visible(str(source)) if source else "(not declared)"


def _unread(unread: Sequence[Unread], *, everything: bool) -> Iterator[Line]:
    def cause(entry: Unread) -> Cause:
        return entry.cause

    for of_cause, group in groupby(sorted(unread, key=cause), key=cause):
        entries = list(group)
        yield ((f"unread: {of_cause.value}", "bold yellow"), (f" ({counted(len(entries), 'group')})", "dim"))
        if of_cause in HINTS:
            yield ((f"  hint: {HINTS[of_cause]}", "dim"),)
        shown = entries if everything else entries[:_SHOWN_PER_CAUSE]
        for entry in shown:
            yield ((f"  {_place(entry.source)}: {visible(entry.group.label)}", ""),)
            yield ((f"    {visible(entry.message)}", ""),)
        if len(shown) < len(entries):
            yield ((f"  ... and {number(len(entries) - len(shown))} more (-v shows all)", "dim"),)
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
    yield ((report.verdict.value, _VERDICT_STYLE[report.verdict]), (f": {_findings_summary(report)}", ""))
    groups = [
        f"{number(counts.in_sync)} in sync",
        f"{number(counts.drift)} drifted",
        f"{number(counts.missing)} missing",
        f"{number(counts.unread)} unread",
    ]
    extra = [f"{number(counts.unmanaged)} unmanaged"] if counts.unmanaged else []
    extra += [f"{counted(counts.transient, 'transient difference')}"] if counts.transient else []
    yield ((f"  {counted(counts.declared, 'declared group')}: {', '.join(groups)}{_tail(extra)}", ""),)
    if report.exposure:
        yield ((f"  exposure: {visible(exposed(report.exposure))}", ""),)
    requests = ", ".join(f"{number(count)} {kind}" for kind, count in report.requests.items() if count)
    yield ((f"  live: {visible(report.api_url)} ({requests or 'no requests'})", ""),)
    yield ((f"  exit code {report.exit_code} ({_gate(report)})", ""),)


def _findings_summary(report: Report) -> str:
    counts = report.counts
    if report.failure:
        return f"nothing was compared: {visible(report.failure.message)}"
    if not counts.findings:
        return "nothing differs" if report.verdict is Verdict.IN_SYNC else "nothing differs in what could be read"
    severities = ", ".join(f"{number(count)} {name}" for name, count in counts.by_severity.items() if count)
    directions = ", ".join(f"{number(count)} {name}" for name, count in counts.by_direction.items() if count)
    groups = len({(finding.group.external_entity_id, finding.group.id) for finding in report.findings})
    return f"{counted(counts.findings, 'finding')} in {counted(groups, 'group')} ({severities}; {directions})"


def _tail(extra: Iterable[str]) -> str:
    return "".join(f"; {part}" for part in extra)


def _gate(report: Report) -> str:
    gate = f"fail on {report.gate.fail_on.value}{', strict' if report.gate.strict else ''}"
    return f"{_MEANINGS[report.exit_code]}; {gate}" if report.exit_code in _MEANINGS else gate


def _plain(lines: Iterable[Line]) -> str:
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def _for_terminal(lines: Iterable[Line], width: int, *, colour: bool) -> str:
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it, and it is slow to import

    from drift.render.terminal import terminal  # noqa: PLC0415

    console, out = terminal(width, colour=colour)
    for line in lines:
        text = Text()
        for span, style in line:
            text.append(span, style=style)
        indent = len(text.plain) - len(text.plain.lstrip(" "))
        # What does not fit goes on below its own beginning, so that the outline stays visible.
        for part in text[indent:].wrap(console, width - indent, overflow="fold") if text else [text]:
            part.rstrip()
            console.print(Text(" " * indent) + part)
    return out.getvalue()
