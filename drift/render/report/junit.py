"""The report as JUnit XML: a test case for each group, for the test view of any CI.

There is no one standard; this is what Jenkins, GitLab, Azure DevOps and GitHub actions read alike: ``testsuites``,
one ``testsuite``, and in a ``testcase`` at most one of ``failure`` (drift), ``error`` (not read) and ``skipped``
(accepted), each with a ``message`` and the whole text inside. Characters that XML cannot hold are written out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgspec import Struct

from drift.errors import HINTS, Level, Location
from drift.model.groups import GroupRef
from drift.model.wording import counted
from drift.render import RenderOptions
from drift.render.report.amounts import exposed
from drift.render.visible import visible
from drift.report.acceptance import Accepted
from drift.report.finding import Finding
from drift.report.report import GroupEntry, Report, Status, Unread

_SUITE = "baseten-drift"
_NOWHERE = "not declared"
_RUN = "run"
_TAKES_DESCENDANTS = frozenset({"group-missing", "group-recreated"})
_NAMED = 20
"""Descendants that are named at a finding."""


def render(report: Report, _options: RenderOptions) -> str:
    """One XML document; a run that failed has at least one case with an error."""
    cases = [*_run(report), *_groups(report)]
    started, finished = (datetime.fromisoformat(text) for text in (report.started_at, report.finished_at))
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{(finished - started).total_seconds():.3f}",
    }
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    root = Element("testsuites", {"name": _SUITE, **counts})
    # Without a zone, as JUnit's own schemas have it; it is UTC.
    timestamp = started.strftime("%Y-%m-%dT%H:%M:%S")
    suite = SubElement(root, "testsuite", {"name": _SUITE, **counts, "skipped": skipped, "timestamp": timestamp})
    _properties(suite, _facts(report))
    suite.extend(cases)
    if said := [*report.warnings, *(_lapses(report))]:
        SubElement(suite, "system-out").text = _text(said)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _facts(report: Report) -> Mapping[str, str]:
    evidence = report.evidence
    return {
        "verdict": report.verdict.value,
        "exit_code": str(report.exit_code),
        "version": report.tool.version,
        "api_url": report.api_url,
        **({"shard": report.shard} if report.shard else {}),
        **({"git_commit": evidence.git_commit} if evidence and evidence.git_commit else {}),
        **({"digest": evidence.digest} if evidence else {}),
    }


def _run(report: Report) -> Iterator[Element]:
    """Cases that are of no group: why the run as a whole is not what it should be."""
    if report.failure:
        case = _case("check", None, _RUN)
        _outcome(case, "error", "check-failed", report.failure.message, [report.failure.message, report.failure.hint])
        yield case
    for problem in report.problems:
        case = _case(f"{problem.rule} {problem.path}".rstrip(), problem.location)
        text = [str(problem.location), *([problem.hint] if problem.hint else [])]
        if problem.level is Level.ERROR:
            _outcome(case, "error", problem.rule, problem.message, [problem.message, *text])
        else:
            SubElement(case, "system-out").text = _text([f"warning: {problem.message}", *text])
        yield case
    if report.unseen:
        case = _case("undeclared groups", None, _RUN)
        _outcome(case, "error", "unseen", f"not all undeclared groups were seen: {report.unseen}", [])
        yield case


def _groups(report: Report) -> Iterator[Element]:
    """A case for each group: those of the run, and whichever others a finding names."""
    cases = _Cases(report.groups)
    for finding in report.findings:
        cases.of(finding.group, finding.source).findings.append(finding)
    for accepted in report.accepted:
        cases.of(accepted.finding.group, accepted.finding.source).accepted.append(accepted)
    for unread in report.unread:
        cases.of(unread.group, unread.source).unread = unread
    for finding in report.findings:
        if finding.rule in _TAKES_DESCENDANTS:
            for affected in finding.affected:
                cases.of(affected.group, None).gone_with = finding.group.label
    for of_group in cases.all:
        case = _case(of_group.entry.group.label, of_group.entry.source)
        _properties(case, _about(of_group.entry))
        _judge(case, of_group)
        yield case


class _Case(Struct):
    """A group and all that the report says about it."""

    entry: GroupEntry
    findings: list[Finding] = []
    accepted: list[Accepted] = []
    unread: Unread | None = None
    gone_with: str | None = None
    """The ancestor whose deletion took this group with it."""


class _Cases:
    """Groups by what findings call them: a group that was re-created has another id there than in the files."""

    def __init__(self, entries: Sequence[GroupEntry]) -> None:
        self.all = [_Case(entry) for entry in entries]
        self._exact: dict[tuple[str, str | None], _Case] = {}
        self._by_label: dict[str, _Case] = {}
        for case in self.all:
            self._know(case)

    def of(self, group: GroupRef, source: Location | None) -> _Case:
        found = self._exact.get((group.label, group.id)) or self._by_label.get(group.label)
        if found is None:
            found = _Case(GroupEntry(group, Status.UNMANAGED, source))
            self.all.append(found)
            self._know(found)
        return found

    def _know(self, case: _Case) -> None:
        group = case.entry.group
        self._exact.setdefault((group.label, group.id), case)
        self._by_label.setdefault(group.label, case)


def _judge(case: Element, of_group: _Case) -> None:
    """Error before failure before skipped: a viewer shows one of them."""
    status, unread = of_group.entry.status, of_group.unread
    drift = [finding for finding in of_group.findings if finding.is_drift]
    lines = [line for finding in of_group.findings for line in _finding(finding)]
    lines += [line for excused in of_group.accepted for line in _accepted(excused)]
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
        SubElement(case, "system-out").text = _text(lines)


def _finding(finding: Finding) -> Iterator[str]:
    place = str(finding.source) if finding.source else f"({_NOWHERE})"
    yield f"{place}: {finding.severity.value} {finding.rule} [{finding.direction.value}]"
    yield f"  {finding.message}"
    if finding.affected:
        names = ", ".join(affected.group.label for affected in finding.affected[:_NAMED])
        yield f"  moves {counted(len(finding.affected), 'descendant')}: {names}{_more(len(finding.affected))}"
    if finding.exposure:
        yield f"  exposes {exposed(finding.exposure)}"


def _more(count: int) -> str:
    return f" and {count - _NAMED} more" if count > _NAMED else ""


def _accepted(entry: Accepted) -> Iterator[str]:
    yield from _finding(entry.finding)
    excuse = entry.acceptance
    soon = ", which is soon" if entry.expiring else ""
    yield f"  accepted until {excuse.until}{soon}, by {excuse.owner}: {excuse.reason} ({excuse.source})"


def _lapses(report: Report) -> Iterator[str]:
    for lapsed in report.lapsed:
        entry = lapsed.acceptance
        yield f"{entry.source}: the acceptance for {entry.group} excuses nothing: {lapsed.lapse.value}"


def _about(entry: GroupEntry) -> Mapping[str, str]:
    group = entry.group
    facts = {
        "status": entry.status.value,
        "group_id": group.id,
        "group_name": group.name,
        "source": str(entry.source) if entry.source else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _case(name: str, place: Location | None, otherwise: str = _NOWHERE) -> Element:
    """Viewers split ``classname`` at its last dot: ``desired/acme.yaml`` becomes package desired, class acme."""
    if place is None:
        return Element("testcase", {"classname": f"{_SUITE}.{otherwise}", "name": visible(name), "time": "0"})
    stem = place.file.removeprefix("./").removesuffix(".yaml").removesuffix(".yml")
    classname = visible(stem.strip("/").replace("/", "."))
    return Element(
        "testcase", {"classname": classname, "name": visible(name), "time": "0", "file": visible(place.file)}
    )


def _outcome(case: Element, tag: str, kind: str, message: str, lines: Sequence[str]) -> None:
    """The text has what the message has: viewers show one or the other."""
    SubElement(case, tag, {"type": kind, "message": visible(message)}).text = _text(lines) or visible(message)


def _properties(parent: Element, facts: Mapping[str, str]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in facts.items():
        SubElement(properties, "property", {"name": name, "value": visible(value)})


def _text(lines: Sequence[str]) -> str:
    return "\n".join(visible(line) for line in lines if line)
