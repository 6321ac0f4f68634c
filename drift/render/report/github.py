"""The report as workflow commands, which GitHub shows as annotations on the lines of the desired files.

Of each step GitHub keeps ten annotations of a kind and drops the others in silence (actions/toolkit,
``docs/problem-matchers.md``), so the worst come first and the last one says how many there are besides.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from drift.errors import Location
from drift.model.wording import counted, number
from drift.render import RenderOptions
from drift.render.report.remarks import Remark, remarks
from drift.render.visible import clipped, visible
from drift.render.words import UNLISTED, outcome
from drift.report.finding import ChangeStatus
from drift.report.report import Report
from drift.rules import Severity

Kind: TypeAlias = Literal["error", "warning", "notice"]

_PER_KIND = 10
_KINDS: Mapping[Severity, Kind] = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
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
    room = {"error": _PER_KIND, "warning": _PER_KIND, "notice": _PER_KIND - 1}
    left = dict.fromkeys(room, 0)
    for annotation in _annotations(report):
        if room[annotation.kind]:
            room[annotation.kind] -= 1
            shown.append(_command(annotation))
        else:
            left[annotation.kind] += 1
    if any(left.values()):
        kinds = ", ".join(counted(count, kind) for kind, count in left.items() if count)
        message = f"{kinds} not shown here, where a step has room for {_PER_KIND} of a kind; other formats have all"
        shown.append(_command(_Annotation("notice", None, f"{number(sum(left.values()))} more", message)))
    return "".join(f"{line}\n" for line in [*shown, f"{report.verdict.value}: {clipped(outcome(report), _MESSAGE)}"])


def _annotations(report: Report) -> Iterator[_Annotation]:
    if report.unseen:
        yield _Annotation("warning", None, UNLISTED, report.unseen)
    for remark in remarks(report):
        if not remark.accepted:
            # An unmanaged group stands on no line.
            place = remark.finding.source if remark.finding else remark.place
            yield _Annotation(_kind(remark), place, _title(remark), remark.text)
        elif remark.accepted.expiring:
            by = remark.accepted.acceptance
            title = f"accepted until {by.until}: {remark.subject}"
            yield _Annotation("notice", by.source, title, f"{remark.text}; owner {by.owner}")


def _kind(remark: Remark) -> Kind:
    """What only says what applying the files will change is a notice; what is no finding, at least a warning."""
    finding = remark.finding
    if finding is None:
        return "error" if remark.severity is Severity.HIGH else "warning"
    return "notice" if finding.status is ChangeStatus.INTRODUCED else _KINDS[finding.severity]


def _title(remark: Remark) -> str:
    about = f": {remark.subject}" if remark.subject else ""
    finding = remark.finding
    if finding is None:
        return f"{remark.rule}{about}"
    status = f"{finding.status}, " if finding.status else ""
    return f"{remark.rule} [{status}{finding.severity}, {finding.direction}]{about}"


def _command(annotation: _Annotation) -> str:
    place = annotation.place
    properties: dict[str, str] = {}
    if place is not None:
        properties = {"file": visible(place.file), "line": str(place.line), "col": str(place.column)}
    properties["title"] = clipped(annotation.title, _TITLE)
    shown = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
    return f"::{annotation.kind} {shown}::{_data(clipped(annotation.message, _MESSAGE))}"


def _data(text: str) -> str:
    """As the runner reads it back; no line can end within."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
