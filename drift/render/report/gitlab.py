"""The report as GitLab's Code Quality artifact: a list of remarks that a merge request shows beside the lines.

https://docs.gitlab.com/ci/testing/code_quality/ names the members that GitLab reads. Accepted differences are left
out, for the format has no word for them.
"""

from drift.render import RenderOptions, json
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


def render(report: Report, options: RenderOptions) -> str:
    """One JSON list, worst first; empty if there is nothing to say."""
    return json.render([_issue(remark) for remark in remarks(report) if not remark.accepted], options)


def _issue(remark: Remark) -> dict[str, object]:
    path = visible(remark.place.file.removeprefix("./")) if remark.place else _NO_FILE
    return {
        "description": visible(remark.sentence),
        "check_name": remark.rule,
        "fingerprint": remark.fingerprint,
        "severity": _SEVERITIES[remark.severity],
        "location": {"path": path, "lines": {"begin": remark.place.line if remark.place else 1}},
    }
