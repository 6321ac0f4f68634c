"""The report as SARIF 2.1.0, for code scanning: every difference at the YAML line that declares it.

It keeps within what GitHub accepts (https://docs.github.com/en/code-security/reference/code-scanning,
"SARIF support" and "SARIF results exceed one or more limits"): one run, 25,000 results, a place for every result,
fingerprints, texts of rules and results of at most 1,024 characters. There is no ``security-severity``: drift is no
vulnerability, and without it GitHub ranks by ``level``. There is no ``helpUri``: the help travels inside.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote

from drift.errors import Level, Location
from drift.model.wording import counted, number
from drift.render import RenderOptions, json
from drift.render.report.outline import by_cause
from drift.render.report.remarks import Remark, remarks
from drift.render.visible import visible
from drift.render.words import UNLISTED, kind
from drift.report.report import Report
from drift.rules import RULES, DriftRule, FileRule, Rule, RunRule, Severity

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub rejects a run with more; it stores the 5,000 worst."""
_LONGEST = 1_024
_ROOT = "%SRCROOT%"
"""The name that SARIF's own examples give to the root of the repository; GitHub resolves relative URIs there."""
_LEVELS: Mapping[Severity, str] = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_POSITIONS: Mapping[str, int] = {rule: index for index, rule in enumerate(RULES)}

Json: TypeAlias = dict[str, object]


def render(report: Report, options: RenderOptions) -> str:
    """One SARIF log with one run. The members have the standard's own names."""
    return json.render({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, options)


def _run(report: Report) -> Json:
    placed = [(remark, remark.place) for remark in remarks(report) if remark.place]
    results = [_result(remark, place) for remark, place in placed[:MOST_RESULTS]]
    notifications = [
        {"level": level, "message": {"text": _plain(visible(text))}}
        for level, text in _notifications(report, cut=len(placed) - len(results))
    ]
    invocation = {
        "executionSuccessful": not (report.failure or report.unread or report.unseen),
        "exitCode": report.exit_code,
        "startTimeUtc": report.started_at,
        "endTimeUtc": report.finished_at,
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }
    rules = [_rule(rule) for rule in RULES.values()]
    return {
        "tool": {"driver": {"name": report.tool.name, "version": visible(report.tool.version), "rules": rules}},
        "automationDetails": {"id": _category(report)},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "properties": {"verdict": report.verdict.value, "apiUrl": visible(report.api_url)},
    }


def _category(report: Report) -> str:
    """GitHub takes what stands before the last slash for the category, and accepts each category once a commit."""
    shard = visible(report.shard or "").replace("/", "-of-")
    return f"baseten-drift/shard-{shard}/" if shard else "baseten-drift/"


def _notifications(report: Report, *, cut: int) -> Iterator[tuple[str, str]]:
    if report.failure:
        yield "error", f"nothing was compared: {report.failure.message}; {report.failure.hint}"
    for cause, hint, entries in by_cause(report.unread):
        groups = f"{counted(len(entries), 'group')} not read: {cause.value}"
        yield "error", f"{groups}; {hint}" if hint else groups
    if report.unseen:
        yield "error", f"{UNLISTED}: {report.unseen}"
    if cut:
        most = number(MOST_RESULTS)
        left = f"{number(cut)} more results are left out, the mildest, for a run may have {most} of them"
        yield "warning", f"{left}; the JSON report has all"
    for warning in report.warnings:
        yield "warning", warning


def _rule(rule: Rule) -> Json:
    level, tags = _level_and_tags(rule)
    severity = "recommendation" if level == "note" else level
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _cut(rule.explain.partition("\n\n")[0])},
        "help": {"text": rule.explain, "markdown": f"**{rule.title}** ({kind(rule)})\n\n{rule.explain}"},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": tags, "precision": "very-high", "problem.severity": severity},
    }


def _level_and_tags(rule: Rule) -> tuple[str, list[str]]:
    match rule:
        case DriftRule():
            return _LEVELS[rule.severity], ["drift", *([rule.direction.value] if rule.direction else [])]
        case FileRule():
            return "error" if rule.level is Level.ERROR else "note", ["desired"]
        case RunRule():
            return "warning", ["run"]


def _result(remark: Remark, place: Location) -> Json:
    finding, fingerprint, location = remark.finding, remark.fingerprint, _place(place)
    result: Json = {
        "ruleId": remark.rule,
        # A report of a later version may know rules that this one does not.
        "ruleIndex": _POSITIONS.get(remark.rule, -1),
        "level": _LEVELS[remark.severity],
        "message": {"text": _plain(visible(remark.sentence))},
        "locations": [location],
        "partialFingerprints": {
            # The one that GitHub matches alerts by; it would else be made of the line's text.
            "primaryLocationLineHash": f"{fingerprint[:16]}:1",
            "groupRulePath/v1": fingerprint,
        },
    }
    if remark.accepted:
        by = remark.accepted.acceptance
        why = _cut(visible(f"until {by.until}, {by.owner}: {by.reason}"))
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": why, "location": _place(by.source)}
        ]
    if finding:
        names = [visible(name) for name in (finding.group.label, *finding.path.parts)]
        location["logicalLocations"] = [{"name": names[-1], "fullyQualifiedName": ".".join(names), "kind": "object"}]
        result["properties"] = {
            "severity": finding.severity.value,
            "direction": finding.direction.value,
            "group": names[0],
            **({"status": finding.status.value} if finding.status else {}),
        }
    return result


def _place(place: Location) -> Json:
    region = {"startLine": max(place.line, 1), "startColumn": max(place.column, 1)}
    return {"physicalLocation": {"artifactLocation": _artifact(place.file), "region": region}}


@lru_cache(maxsize=1_000)
def _artifact(file: str) -> Mapping[str, str]:
    """A path as URI reference: relative to the repository's root unless it is absolute."""
    try:
        uri = quote(file.removeprefix("./"), errors="surrogateescape")
    except UnicodeEncodeError:
        uri = quote(file.removeprefix("./"), errors="backslashreplace")
    return {"uri": f"file://{uri}"} if uri.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}


def _plain(text: str) -> str:
    """Text that no viewer takes for a link: SARIF has ``[text](target)`` in plain messages too (section 3.11.6)."""
    if "](" in text:
        text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
