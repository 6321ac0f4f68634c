"""The report as workflow commands, which GitHub shows as annotations on the lines of the desired files.

Of each step GitHub keeps ten annotations of a kind and drops the others in silence (actions/toolkit,
``docs/problem-matchers.md``), so the worst come first and the last one says how many there are besides.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from drift.errors import Level, Location, Problem
from drift.model.wording import counted, number
from drift.render import RenderOptions
from drift.render.report.amounts import exposed
from drift.render.visible import clipped, visible
from drift.render.words import effect, lapse, outcome
from drift.report.acceptance import Accepted, Lapsed
from drift.report.finding import ChangeStatus, Finding
from drift.report.report import Report
from drift.rules import Severity

Kind: TypeAlias = Literal["error", "warning", "notice"]

PER_KIND = 10
KINDS: Mapping[Severity, Kind] = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
"""What findings become; those that only say what applying the files will change are notices."""
_LEVELS: Mapping[Level, Kind] = {Level.ERROR: "error", Level.WARNING: "warning"}
_TITLE = 255
_MESSAGE = 2_000


class _Annotation(NamedTuple):
    kind: Kind
    place: Location | None
    title: str
    message: str


def render(report: Report, _options: RenderOptions) -> str:
    """The annotations, worst first, then the verdict as a plain line."""
    shown: list[str] = []
    room = {"error": PER_KIND, "warning": PER_KIND, "notice": PER_KIND - 1}
    left = dict.fromkeys(room, 0)
    for annotation in _annotations(report):
        if room[annotation.kind]:
            room[annotation.kind] -= 1
            shown.append(_command(annotation))
        else:
            left[annotation.kind] += 1
    if any(left.values()):
        kinds = ", ".join(counted(count, kind) for kind, count in left.items() if count)
        more = f"{number(sum(left.values()))} more"
        told = f"{kinds} not shown here, where a step has room for {PER_KIND} of a kind; other formats have all"
        shown.append(_command(_Annotation("notice", None, more, told)))
    return "".join(f"{line}\n" for line in [*shown, f"{report.verdict.value}: {clipped(outcome(report), _MESSAGE)}"])


def _annotations(report: Report) -> Iterator[_Annotation]:
    if report.failure:
        message = ". ".join(text for text in (report.failure.message, report.failure.hint) if text)
        yield _Annotation("error", None, "nothing was compared", message)
    yield from (_problem(problem) for problem in report.problems if problem.level is Level.ERROR)
    yield from map(_finding, report.findings)
    for unread in report.unread:
        yield _Annotation("warning", unread.source, f"unread: {unread.group.label}", unread.message)
    if report.unseen:
        yield _Annotation("warning", None, "not all undeclared groups were seen", report.unseen)
    yield from map(_lapsed, report.lapsed)
    yield from (_expiring(entry) for entry in report.accepted if entry.expiring)
    yield from (_problem(problem) for problem in report.problems if problem.level is not Level.ERROR)


def _lapsed(lapsed: Lapsed) -> _Annotation:
    acceptance = lapsed.acceptance
    title = f"lapsed acceptance of {acceptance.rule or 'any rule'}: {acceptance.group}"
    return _Annotation("warning", acceptance.source, title, f"{lapse(lapsed)}; owner {acceptance.owner}")


def _expiring(entry: Accepted) -> _Annotation:
    title = f"accepted until {entry.acceptance.until}: {entry.finding.group.label}"
    message = f"{entry.finding.message}; owner {entry.acceptance.owner}"
    return _Annotation("notice", entry.acceptance.source, title, message)


def _finding(finding: Finding) -> _Annotation:
    status = f"{finding.status}, " if finding.status else ""
    kind = "notice" if finding.status is ChangeStatus.INTRODUCED else KINDS[finding.severity]
    title = f"{finding.rule} [{status}{finding.severity}, {finding.direction}]: {finding.group.label}"
    parts = [finding.message]
    parts += [effect(finding)] if finding.affected else []
    parts += [f"exposes {exposed(finding.exposure)}"] if finding.exposure else []
    return _Annotation(kind, finding.source, title, "; ".join(parts))


def _problem(problem: Problem) -> _Annotation:
    path = f"{problem.path}: " if problem.path else ""
    hint = f" (hint: {problem.hint})" if problem.hint else ""
    return _Annotation(_LEVELS[problem.level], problem.location, problem.rule, f"{path}{problem.message}{hint}")


def _command(annotation: _Annotation) -> str:
    place = annotation.place
    properties: dict[str, str] = {}
    if place is not None:
        properties = {"file": visible(place.file), "line": str(place.line), "col": str(place.column)}
    properties["title"] = clipped(annotation.title, _TITLE)
    told = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
    return f"::{annotation.kind} {told}::{_data(clipped(annotation.message, _MESSAGE))}"


def _data(text: str) -> str:
    """As the runner reads it back; no line can end within."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
