"""The report as metrics, for node_exporter's textfile collector and whatever else reads Prometheus text.

The textfile collector reads the older Prometheus text format, OpenMetrics readers the newer one. The file is both:
only gauges (the older one knows no ``info``, and every run starts at zero, so nothing here is a counter), no
timestamps, ``# EOF`` at the end, which the older one takes for a comment. All series are always there, zeros
included, so that an alert can tell "none" from "no report". No label is a group's name: how many series there are
does not depend on how many groups there are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import product
from typing import TypeAlias

from drift.errors import Cause, ExitCode, Level
from drift.render import RenderOptions
from drift.render.visible import visible
from drift.render.words import times
from drift.report.acceptance import Lapse
from drift.report.exposure import Amount, Exposure
from drift.report.report import Report, Status
from drift.rules import Direction, Severity

Labels: TypeAlias = Mapping[str, str]
Sample: TypeAlias = tuple[Labels, float]
Family: TypeAlias = tuple[str, str, float | Iterable[Sample]]
"""Name without prefix, help, and samples, or the one number without a label."""

_PREFIX = "baseten_drift_"
_NO_SUCCESS = "0 if it is not, for a run knows nothing of earlier ones"
_EXPOSED = "live permits beyond the declaration; +Inf if unlimited"


def render(report: Report, _options: RenderOptions) -> str:
    """Families of gauges, then ``# EOF``."""
    return exposition(_families(report))


def exposition(families: Iterable[Family]) -> str:
    """The families as text, whose end is marked."""
    lines: list[str] = []
    for name, about, found in families:
        samples = [({}, found)] if isinstance(found, int | float) else found
        lines += [f"# HELP {_PREFIX}{name} {about}", f"# TYPE {_PREFIX}{name} gauge"]
        lines += [f"{_PREFIX}{name}{_shown(labels)} {_number(value)}" for labels, value in samples]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _families(report: Report) -> Iterator[Family]:
    started, finished = times(report)
    complete, counts = _succeeded(report), report.counts
    identity = {"version": report.tool.version, "api_url": report.api_url, "shard": report.shard or ""}
    exposure = report.exposure or Exposure()
    statuses = _counted("status", Status, (entry.status for entry in report.groups))
    causes = _counted("cause", Cause, (entry.cause for entry in report.unread))
    reasons = _counted("reason", Lapse, (entry.lapse for entry in report.lapsed))
    levels = _counted("level", Level, (problem.level for problem in report.problems))
    last_success = finished.timestamp() if complete else 0
    yield "info", "Which program and run this is; always 1.", [(identity | {"verdict": report.verdict.value}, 1)]
    yield "success", "1 if every declared group was read and compared, whatever came out; else 0.", complete
    yield "exit_code", "Exit code of the run.", report.exit_code
    yield "last_run_timestamp_seconds", "When the run ended.", finished.timestamp()
    yield "last_success_timestamp_seconds", f"When the run ended if success is 1; {_NO_SUCCESS}.", last_success
    yield "duration_seconds", "How long the run took.", (finished - started).total_seconds()
    yield "findings", "Differences that are not accepted, by severity and direction.", _findings(report)
    yield "declared_groups", "Groups that the desired files declare.", counts.declared
    yield "groups", "Groups by how they ended; unmanaged ones are not declared.", statuses
    yield "unread_groups", "Declared groups about which nothing is known, by cause.", causes
    yield "accepted_findings", "Differences that somebody accepted.", counts.accepted
    yield "expiring_acceptances", "Accepted differences whose acceptance ends soon.", counts.expiring
    yield "lapsed_acceptances", "Acceptances that no longer apply, by reason.", reasons
    yield "problems", "Problems of the desired files, by level.", levels
    yield "transient_findings", "Differences that a second read did not confirm.", counts.transient
    yield "exposed_tokens_per_day", f"Most tokens a day that {_EXPOSED}.", _amount(exposure.token_per_day)
    yield "exposed_requests_per_day", f"Most requests a day that {_EXPOSED}.", _amount(exposure.request_per_day)
    yield "api_requests", "Requests that the run sent.", sum(report.requests.values())


def _succeeded(report: Report) -> bool:
    """Whether the run did its work: all was read and compared. Drift is a result, not a failure."""
    ended_well = report.exit_code in {ExitCode.IN_SYNC, ExitCode.DRIFT}
    return ended_well and not (report.failure or report.unread or report.unseen)


def _findings(report: Report) -> Iterator[Sample]:
    found = Counter((finding.severity, finding.direction) for finding in report.findings)
    for severity, direction in product(reversed(Severity), Direction):
        yield {"severity": severity.value, "direction": direction.value}, found[severity, direction]


def _counted(label: str, kinds: Iterable[StrEnum], found: Iterable[StrEnum]) -> Iterator[Sample]:
    """How many there are of each kind, also of those of which there are none."""
    counts = Counter(found)
    return (({label: kind.value}, counts[kind]) for kind in kinds)


def _amount(amount: Amount) -> float:
    return float("inf") if isinstance(amount, str) else amount


def _shown(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    """Backslash and quote by the formats' own rule; line feeds are gone already, being unprintable."""
    return visible(value).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return repr(int(value)) if value == int(value) else repr(value)
