"""The report as SARIF 2.1.0, for code scanning: every difference at the YAML line that declares it.

It keeps within what GitHub accepts (https://docs.github.com/en/code-security/reference/code-scanning,
"SARIF support" and "SARIF results exceed one or more limits"): one run, 25,000 results, a place for every result,
fingerprints, texts of rules and results of at most 1,024 characters. There is no ``security-severity``: drift is no
vulnerability, and without it GitHub ranks by ``level``. There is no ``helpUri``: the help travels inside.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

import msgspec

from drift.errors import HINTS, Location
from drift.errors import Level as ProblemLevel
from drift.model.wording import counted, number
from drift.render import RenderOptions
from drift.render.report import sarif_shapes as sarif
from drift.render.report.remarks import Remark, remarks
from drift.render.rules import kind
from drift.render.visible import visible
from drift.report.acceptance import Acceptance
from drift.report.report import Report
from drift.rules import RULES, DriftRule, FileRule, Rule, Severity

MOST_RESULTS = 25_000
"""GitHub rejects a run with more; it stores the 5,000 worst."""
_LONGEST = 1_024
_ROOT = "%SRCROOT%"
"""The name that SARIF's own examples give to the root of the repository; GitHub resolves relative URIs there."""
_LEVELS: Mapping[Severity, sarif.Level] = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_PROBLEM_SEVERITIES: Mapping[sarif.Level, str] = {"error": "error", "warning": "warning", "note": "recommendation"}
_RULES: Mapping[str, int] = {rule: index for index, rule in enumerate(RULES)}


def render(report: Report, _options: RenderOptions) -> str:
    """One SARIF log with one run."""
    log = sarif.Log(sarif.SCHEMA, "2.1.0", (_run(report),))
    document = msgspec.json.encode(log)
    return msgspec.json.format(document, indent=2).decode() + "\n"


def _run(report: Report) -> sarif.Run:
    placed = [(remark, remark.place) for remark in remarks(report) if remark.place]
    results = tuple(_result(remark, place) for remark, place in placed[:MOST_RESULTS])
    return sarif.Run(
        tool=sarif.Tool(
            sarif.Driver(report.tool.name, visible(report.tool.version), tuple(_rule(rule) for rule in RULES.values()))
        ),
        automation_details=sarif.AutomationDetails(_category(report)),
        invocations=(
            sarif.Invocation(
                execution_successful=not (report.failure or report.unread or report.unseen),
                exit_code=report.exit_code,
                start_time_utc=report.started_at,
                end_time_utc=report.finished_at,
                tool_execution_notifications=tuple(_notifications(report, cut=len(placed) - len(results))),
            ),
        ),
        column_kind="unicodeCodePoints",
        results=results,
        original_uri_base_ids={_ROOT: {"description": sarif.Message("The root of the repository.")}},
        properties={"verdict": report.verdict.value, "apiUrl": visible(report.api_url)},
    )


def _category(report: Report) -> str:
    """GitHub takes what stands before the last slash for the category, and accepts each category once a commit."""
    shard = visible(report.shard or "").replace("/", "-of-")
    return f"baseten-drift/shard-{shard}/" if shard else "baseten-drift/"


def _notifications(report: Report, *, cut: int) -> Iterator[sarif.Notification]:
    if report.failure:
        yield _note("error", f"nothing was compared: {report.failure.message}; {report.failure.hint}")
    for cause, count in Counter(unread.cause for unread in report.unread).items():
        hint = f"; {HINTS[cause]}" if cause in HINTS else ""
        yield _note("error", f"{counted(count, 'group')} not read: {cause.value}{hint}")
    if report.unseen:
        yield _note("error", f"not all undeclared groups were seen: {report.unseen}")
    if cut:
        yield _note(
            "warning",
            f"{number(cut)} more results are left out, the mildest, for a run may have {number(MOST_RESULTS)} of them; "
            "the JSON report has all",
        )
    for warning in report.warnings:
        yield _note("warning", warning)


def _note(level: sarif.Level, text: str) -> sarif.Notification:
    return sarif.Notification(level, sarif.Message(_plain(visible(text))))


def _rule(rule: Rule) -> sarif.RuleShape:
    level = _level(rule)
    return sarif.RuleShape(
        id=rule.id,
        short_description=sarif.Message(rule.title),
        full_description=sarif.Message(_cut(rule.explain.partition("\n\n")[0])),
        help=sarif.Message(rule.explain, f"**{rule.title}** ({kind(rule)})\n\n{rule.explain}"),
        default_configuration=sarif.Configuration(level),
        properties={"tags": _tags(rule), "precision": "very-high", "problem.severity": _PROBLEM_SEVERITIES[level]},
    )


def _level(rule: Rule) -> sarif.Level:
    match rule:
        case DriftRule():
            return _LEVELS[rule.severity]
        case FileRule():
            return "error" if rule.level is ProblemLevel.ERROR else "note"
        case _:
            return "warning"


def _tags(rule: Rule) -> tuple[str, ...]:
    match rule:
        case DriftRule():
            return ("drift", *((rule.direction.value,) if rule.direction else ()))
        case FileRule():
            return ("desired",)
        case _:
            return ("run",)


def _result(remark: Remark, place: Location) -> sarif.Result:
    finding = remark.finding
    return sarif.Result(
        rule_id=remark.rule,
        # A report of a later version may know rules that this one does not.
        rule_index=_RULES.get(remark.rule, -1),
        level=_LEVELS[remark.severity],
        message=sarif.Message(_plain(remark.text)),
        locations=(_place(place, _logical(remark)),),
        partial_fingerprints={
            # The one that GitHub matches alerts by; it would else be made of the line's text.
            "primaryLocationLineHash": f"{remark.fingerprint[:16]}:1",
            "groupRulePath/v1": remark.fingerprint,
        },
        suppressions=(_suppression(remark.acceptance),) if remark.acceptance else (),
        properties={
            "severity": finding.severity.value,
            "direction": finding.direction.value,
            "group": visible(finding.group.label),
            **({"status": finding.status.value} if finding.status else {}),
        }
        if finding
        else None,
    )


def _suppression(acceptance: Acceptance) -> sarif.Suppression:
    text = f"until {acceptance.until}, {acceptance.owner}: {acceptance.reason}"
    return sarif.Suppression("external", "accepted", _cut(visible(text)), _place(acceptance.source))


def _logical(remark: Remark) -> tuple[sarif.LogicalLocation, ...]:
    if remark.finding is None:
        return ()
    group = visible(remark.finding.group.label)
    parts = [visible(part) for part in remark.finding.path.parts]
    return (sarif.LogicalLocation(parts[-1] if parts else group, ".".join([group, *parts]), "object"),)


def _place(place: Location, logical: tuple[sarif.LogicalLocation, ...] = ()) -> sarif.Place:
    return sarif.Place(
        sarif.PhysicalLocation(_artifact(place.file), sarif.Region(max(place.line, 1), max(place.column, 1))), logical
    )


@lru_cache(maxsize=1_000)
def _artifact(file: str) -> sarif.ArtifactLocation:
    """A path as URI reference: relative to the repository's root unless it is absolute."""
    try:
        uri = quote(file.removeprefix("./"), errors="surrogateescape")
    except UnicodeEncodeError:
        uri = quote(file.removeprefix("./"), errors="backslashreplace")
    if uri.startswith("/"):
        return sarif.ArtifactLocation(f"file://{uri}")
    return sarif.ArtifactLocation(uri, _ROOT)


def _plain(text: str) -> str:
    """Text that no viewer takes for a link: SARIF has ``[text](target)`` in plain messages too (section 3.11.6)."""
    if "](" in text:
        text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
