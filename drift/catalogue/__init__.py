"""Every rule there is, with the text that ``drift explain`` prints: one catalogue, ids never reused."""

from collections.abc import Mapping
from typing import TypeAlias

from drift.catalogue.drift_rules import DRIFT_RULES, Direction, DriftRule, Severity
from drift.catalogue.file_rules import FILE_RULES, FileRule
from drift.catalogue.run_rules import RUN_RULES, RunRule

Rule: TypeAlias = DriftRule | FileRule | RunRule
_ALL: tuple[Rule, ...] = (*DRIFT_RULES, *FILE_RULES, *RUN_RULES)
RULES: Mapping[str, Rule] = {rule.id: rule for rule in _ALL}

__all__ = [
    "DRIFT_RULES",
    "FILE_RULES",
    "RULES",
    "RUN_RULES",
    "Direction",
    "DriftRule",
    "FileRule",
    "Rule",
    "RunRule",
    "Severity",
]
