"""The report as JUnit XML: a test case for each group, for the test view of any CI.

There is no one standard; this is what Jenkins, GitLab, Azure DevOps and GitHub actions read alike: ``testsuites``,
one ``testsuite``, and in a ``testcase`` at most one of ``failure`` (drift), ``error`` (not read) and ``skipped``
(accepted), each with a ``message`` and the complete text inside. Characters that XML cannot hold are written out.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgspec import Struct

from drift.errors import HINTS, Level, Location
from drift.model.groups import GroupRef
from drift.render import RenderOptions
from drift.render.report.text import accepted_lines, finding_lines, lapsed_lines
from drift.render.terminal import show
from drift.render.visible import visible
from drift.render.words import UNLISTED, takes_descendants, times
from drift.report.acceptance import Accepted
from drift.report.finding import Finding
from drift.report.report import GroupEntry, Report, Status, Unread

_SUITE = "baseten-drift"


def render(report: Report, _options: RenderOptions) -> str:
    """One XML document; a run that failed has at least one case with an error."""
    cases = [*_of_run(report), *_of_groups(report)]
    started, finished = times(report)
    failures, errors, skipped = (
        str(sum(case.find(tag) is not None for case in cases)) for tag in ("failure", "error", "skipped")
    )
    seconds = f"{(finished - started).total_seconds():.3f}"
    counts = {"name": _SUITE, "tests": str(len(cases)), "failures": failures, "errors": errors, "time": seconds}
    root = Element("testsuites", counts)
    # Without a zone, as JUnit's own schemas have it; it is UTC.
    timestamp = started.strftime("%Y-%m-%dT%H:%M:%S")
    suite = SubElement(root, "testsuite", {**counts, "skipped": skipped, "timestamp": timestamp})
    _properties(suite, _facts(report))
    suite.extend(cases)
    if output := [*report.warnings, *show(lapsed_lines(report.lapsed)).splitlines()]:
        _output(suite, output)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _facts(report: Report) -> Mapping[str, str | None]:
    evidence = report.evidence
    return {
        "verdict": report.verdict.value,
        "exit_code": str(report.exit_code),
        "version": report.tool.version,
        "api_url": report.api_url,
        "shard": report.shard,
        "git_commit": evidence.git_commit if evidence else None,
        "digest": evidence.digest if evidence else None,
    }


def _of_run(report: Report) -> Iterator[Element]:
    """Cases that are of no group: why the run itself is not what it should be."""
    if report.failure:
        case = _case("check", None, "run")
        _outcome(case, "error", "check-failed", report.failure.message, [report.failure.message, report.failure.hint])
        yield case
    for problem in report.problems:
        case = _case(f"{problem.rule} {problem.path}".rstrip(), problem.location)
        text = [str(problem.location), problem.hint]
        if problem.level is Level.ERROR:
            _outcome(case, "error", problem.rule, problem.message, [problem.message, *text])
        else:
            _output(case, [f"warning: {problem.message}", *text])
        yield case
    if report.unseen:
        case = _case("live groups", None, "run")
        _outcome(case, "error", "unseen", f"{UNLISTED}: {report.unseen}", [])
        yield case


class _OfGroup(Struct):
    """A group and all that the report says about it."""

    entry: GroupEntry
    findings: list[Finding] = []
    accepted: list[Accepted] = []
    unread: Unread | None = None
    gone_with: str | None = None
    """The ancestor whose deletion took this group with it."""


def _of_groups(report: Report) -> Iterator[Element]:
    """A case for each group: those of the run, and whichever others a finding names."""
    for of_group in _groups(report):
        entry = of_group.entry
        case = _case(entry.group.label, entry.source)
        source = str(entry.source) if entry.source else None
        facts = {"group_id": entry.group.id, "group_name": entry.group.name, "source": source}
        _properties(case, {"status": entry.status.value, **facts})
        _judge(case, of_group)
        yield case


def _groups(report: Report) -> Sequence[_OfGroup]:
    groups: list[_OfGroup] = []
    exact: dict[tuple[str, str | None], _OfGroup] = {}
    by_label: dict[str, _OfGroup] = {}

    def add(entry: GroupEntry) -> _OfGroup:
        groups.append(added := _OfGroup(entry))
        exact.setdefault((entry.group.label, entry.group.id), added)
        by_label.setdefault(entry.group.label, added)
        return added

    def of(group: GroupRef, source: Location | None) -> _OfGroup:
        # A group that was re-created has another id in a finding than in the files.
        known = exact.get((group.label, group.id)) or by_label.get(group.label)
        return known or add(GroupEntry(group, Status.UNMANAGED, source))

    for entry in report.groups:
        add(entry)
    for finding in report.findings:
        of(finding.group, finding.source).findings.append(finding)
    for accepted in report.accepted:
        of(accepted.finding.group, accepted.finding.source).accepted.append(accepted)
    for unread in report.unread:
        of(unread.group, unread.source).unread = unread
    for finding in filter(takes_descendants, report.findings):
        for affected in finding.affected:
            of(affected.group, None).gone_with = finding.group.label
    return groups


def _judge(case: Element, of_group: _OfGroup) -> None:
    """Error before failure before skipped: a viewer shows one of them."""
    status, unread = of_group.entry.status, of_group.unread
    drift = [finding for finding in of_group.findings if finding.is_drift]
    shown = [*map(finding_lines, of_group.findings), *map(accepted_lines, of_group.accepted)]
    # In the text report lines of groups stand two columns in.
    lines = [row.removeprefix("  ") for row in show(chain.from_iterable(shown)).splitlines()]
    if unread:
        message = f"{unread.cause.value}: {unread.message}"
        _outcome(case, "error", unread.cause.value, message, [message, HINTS.get(unread.cause, ""), *lines])
    elif drift:
        more = f" (and {len(drift) - 1} more)" if len(drift) > 1 else ""
        _outcome(case, "failure", drift[0].rule, drift[0].message + more, lines)
    elif of_group.gone_with:
        _outcome(case, "failure", status.value, f"gone with {of_group.gone_with}", lines)
    elif status in {Status.DRIFT, Status.MISSING, Status.UNREAD}:
        _outcome(case, "error" if status is Status.UNREAD else "failure", status.value, status.value, lines)
    elif of_group.accepted:
        first = of_group.accepted[0].acceptance
        _outcome(case, "skipped", "accepted", f"accepted until {first.until} by {first.owner}: {first.reason}", lines)
    elif lines:
        _output(case, lines)


def _case(name: str, place: Location | None, otherwise: str = "not declared") -> Element:
    """Viewers split ``classname`` at its last dot: ``desired/acme.yaml`` becomes package desired, class acme."""
    case = Element("testcase", {"classname": f"{_SUITE}.{otherwise}", "name": visible(name), "time": "0"})
    if place is not None:
        stem = place.file.removeprefix("./").removesuffix(".yaml").removesuffix(".yml")
        case.set("classname", visible(stem.strip("/").replace("/", ".")))
        case.set("file", visible(place.file))
    return case


def _outcome(case: Element, tag: str, kind: str, message: str, lines: Sequence[str]) -> None:
    """The text has what the message has: viewers show one or the other."""
    SubElement(case, tag, {"type": kind, "message": visible(message)}).text = _text(lines) or visible(message)


def _output(parent: Element, lines: Sequence[str]) -> None:
    SubElement(parent, "system-out").text = _text(lines)


def _properties(parent: Element, facts: Mapping[str, str | None]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in facts.items():
        if value is not None:
            SubElement(properties, "property", {"name": name, "value": visible(value)})


def _text(lines: Sequence[str]) -> str:
    return "\n".join(visible(line) for line in lines if line)
