"""Every rule there is, with the text that ``drift explain`` prints: one catalogue, ids never reused.

Rules for live groups and for files have modules of their own. Here is what a run says about itself, for formats that
know only rules and places: it is no drift, and not nothing.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from drift.rules.drift_rules import DRIFT_RULES, Direction, DriftRule, Severity
from drift.rules.file_rules import FILE_RULES, FileRule


class RunRule(Struct, frozen=True):
    """One way in which a run is incomplete, or its acceptances out of date."""

    id: str
    title: str
    explain: str
    """What it means, and what to do."""


GROUP_UNREAD = RunRule(
    "group-unread",
    "A declared group could not be read",
    "Nothing is known about this group: neither that it is in sync nor that it drifted. The message tells the cause, "
    "for example a refused key, a server error, or a time budget that ran out.\n\n"
    "Remove the cause and run the check again. Results of earlier runs about this group are neither confirmed nor "
    "refuted by this one.",
)
ACCEPTANCE_LAPSED = RunRule(
    "acceptance-lapsed",
    "An acceptance no longer applies",
    "An entry of `accepted` in the desired files has no effect: its last day is over, live moved on to a value that "
    "nobody accepted, or the difference is gone.\n\n"
    "Remove the entry, or renew it with a new date and, if it moved, the new value.",
)
CHECK_FAILED = RunRule(
    "check-failed",
    "The check could not be done",
    "The run ended before it could compare anything, because of its settings, its desired files or an error. It says "
    "nothing about any group: not that it is in sync, and not that it drifted.\n\n"
    "The message tells what happened and what to do. Results of earlier runs are neither confirmed nor refuted.",
)
RUN_RULES: tuple[RunRule, ...] = (GROUP_UNREAD, ACCEPTANCE_LAPSED, CHECK_FAILED)

Rule: TypeAlias = DriftRule | FileRule | RunRule
RULE_SET = 1
"""The version of the rules for live groups. It grows when a rule's id or meaning changes, so that what was accepted
under older rules still is (see :mod:`drift.report.acceptance`)."""

_ALL: tuple[Rule, ...] = (*DRIFT_RULES, *FILE_RULES, *RUN_RULES)
RULES: Mapping[str, Rule] = {rule.id: rule for rule in _ALL}

__all__ = [
    "ACCEPTANCE_LAPSED",
    "CHECK_FAILED",
    "DRIFT_RULES",
    "FILE_RULES",
    "GROUP_UNREAD",
    "RULES",
    "RULE_SET",
    "RUN_RULES",
    "Direction",
    "DriftRule",
    "FileRule",
    "Rule",
    "RunRule",
    "Severity",
]
