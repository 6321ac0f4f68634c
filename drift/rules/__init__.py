"""Every rule there is, with the text that ``drift explain`` prints: one catalogue, ids never reused."""

from collections.abc import Mapping
from typing import TypeAlias

from drift.rules.drift_rules import DRIFT_RULES, Direction, DriftRule, Severity
from drift.rules.file_rules import FILE_RULES, FileRule
from drift.rules.run_rules import RUN_RULES, RunRule

Rule: TypeAlias = DriftRule | FileRule | RunRule
RULE_SET = 1
"""The version of the rules for live groups. It grows when a rule's id or meaning changes, so that what was accepted
under older rules still is (see :mod:`drift.report.acceptance`)."""

_ALL: tuple[Rule, ...] = (*DRIFT_RULES, *FILE_RULES, *RUN_RULES)
RULES: Mapping[str, Rule] = {rule.id: rule for rule in _ALL}

__all__ = [
    "DRIFT_RULES",
    "FILE_RULES",
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
