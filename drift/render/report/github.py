"""The report as workflow commands, which GitHub shows as annotations on the lines of the desired files.

Of each step GitHub keeps ten annotations of a kind and drops the others in silence (actions/toolkit,
``docs/problem-matchers.md``), so the worst come first and the last one says how many there are besides.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

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


Annotation: TypeAlias = tuple[Kind, Location | None, str, str]
"""Its kind, where it stands, title and message."""


def render(report: Report, _options: RenderOptions) -> str:
    """The annotations, worst first, then the verdict as a plain line."""
    shown: list[str] = []
    seen: Counter[Kind] = Counter()
    room: dict[Kind, int] = {"error": _PER_KIND, "warning": _PER_KIND, "notice": _PER_KIND - 1}
    for annotation in _annotations(report):
        kind = annotation[0]
        seen[kind] += 1
        if seen[kind] <= room[kind]:
            shown.append(_command(*annotation))
    left = {kind: seen[kind] - most for kind, most in room.items() if seen[kind] > most}
    if left:
        kinds = ", ".join(counted(count, kind) for kind, count in left.items())
        message = f"{kinds} not shown here, where a step has room for {_PER_KIND} of a kind; other formats have all"
        shown.append(_command("notice", None, f"{number(sum(left.values()))} more", message))
    return "".join(f"{line}\n" for line in [*shown, f"{report.verdict.value}: {clipped(outcome(report), _MESSAGE)}"])


def _annotations(report: Report) -> Iterator[Annotation]:
    if report.unseen:
        yield "warning", None, UNLISTED, report.unseen
    for remark in remarks(report):
        if not remark.accepted:
            # An unmanaged group stands on no line.
            place = remark.finding.source if remark.finding else remark.place
            yield _kind(remark), place, _title(remark), remark.text
        elif remark.accepted.expiring:
            by = remark.accepted.acceptance
            yield (
                "notice",
                by.source,
                f"accepted until {by.until}: {remark.subject}",
                f"{remark.text}; owner {by.owner}",
            )


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


def _command(kind: Kind, place: Location | None, title: str, message: str) -> str:
    where = f"file={_property(visible(place.file))},line={place.line},col={place.column}," if place else ""
    return f"::{kind} {where}title={_property(clipped(title, _TITLE))}::{_data(clipped(message, _MESSAGE))}"


def _data(text: str) -> str:
    """As the runner reads it back; no line can end within."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
