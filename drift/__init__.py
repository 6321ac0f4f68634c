"""Read-only drift checker for Baseten Frontier Gateway groups.

The names below are the library's promise. Each is imported when it is first used, so that importing
``drift`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from drift.version import __version__

if TYPE_CHECKING:
    from drift.checker.check import GroupSource, check
    from drift.desired import Desired, load_desired
    from drift.errors import DesiredError, DriftError, ExitCode, GatewayError
    from drift.model.groups import DesiredGroup, Group
    from drift.render import render_report
    from drift.report.finding import Finding
    from drift.report.report import Report, Verdict

_HOMES = {
    "Desired": "drift.desired",
    "DesiredError": "drift.errors",
    "DesiredGroup": "drift.model.groups",
    "DriftError": "drift.errors",
    "ExitCode": "drift.errors",
    "Finding": "drift.report.finding",
    "GatewayError": "drift.errors",
    "Group": "drift.model.groups",
    "GroupSource": "drift.checker.check",
    "Report": "drift.report.report",
    "Verdict": "drift.report.report",
    "check": "drift.checker.check",
    "load_desired": "drift.desired",
    "render_report": "drift.render",
}

__all__ = [
    "Desired",
    "DesiredError",
    "DesiredGroup",
    "DriftError",
    "ExitCode",
    "Finding",
    "GatewayError",
    "Group",
    "GroupSource",
    "Report",
    "Verdict",
    "__version__",
    "check",
    "load_desired",
    "render_report",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'drift' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
