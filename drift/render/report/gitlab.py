"""The report as GitLab's Code Quality artifact: a list of remarks that a merge request shows beside the lines.

https://docs.gitlab.com/ci/testing/code_quality/ names the members that GitLab reads. Accepted differences are left
out, for the format has no word for them.
"""

import msgspec
from msgspec import Struct

from drift.render import RenderOptions
from drift.render.report.remarks import Remark, remarks
from drift.render.visible import visible
from drift.report.report import Report
from drift.rules import Severity

_SEVERITIES = {
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
_NO_FILE = "."
"""GitLab drops an entry without a path; this one is of a run that knows no file."""


class _Lines(Struct, frozen=True):
    begin: int


class _Location(Struct, frozen=True):
    path: str
    lines: _Lines


class _Issue(Struct, frozen=True):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: _Location


def render(report: Report, _options: RenderOptions) -> str:
    """One JSON list, worst first; empty if there is nothing to say."""
    issues = [_issue(remark) for remark in remarks(report) if not remark.acceptance]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def _issue(remark: Remark) -> _Issue:
    path = visible(remark.place.file.removeprefix("./")) if remark.place else _NO_FILE
    return _Issue(
        description=remark.text,
        check_name=remark.rule,
        fingerprint=remark.fingerprint,
        severity=_SEVERITIES[remark.severity],
        location=_Location(path, _Lines(remark.place.line if remark.place else 1)),
    )
