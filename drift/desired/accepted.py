"""The acceptances of a run, which any of its files may list."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, cast

from drift.desired.nodes import Path, Value, spell
from drift.desired.scalars import Surprise
from drift.desired.wording import did_you_mean, shown
from drift.errors import Level, Location, Problem
from drift.model.paths import path_of
from drift.report.acceptance import Acceptance
from drift.rules import DRIFT_RULES

if TYPE_CHECKING:
    from drift.desired.schema import AcceptedItem
    from drift.report.finding import Value as LiveValue

_RULE_IDS = tuple(rule.id for rule in DRIFT_RULES)


class AcceptedList:
    """The entries of all files, and what is wrong with them."""

    def __init__(self) -> None:
        self.acceptances: list[Acceptance] = []
        self.problems: list[Problem] = []
        self._seen: dict[tuple[str, str | None, tuple[str, ...] | None], Location] = {}

    def add(self, item: "AcceptedItem", index: int, at: Callable[[Path], Location]) -> None:
        """Take an entry of the right shape; ``at`` finds the place of a part of it."""

        def wrong(part: Path, message: str, hint: str = "") -> None:
            path = spell(("accepted", index, *part))
            self.problems.append(Problem("V40", Level.ERROR, at(part), path, message, hint))

        rule, path = item.get("rule"), item.get("path")
        found = len(self.problems)
        if rule is None and path is None:
            wrong((), "neither `rule` nor `path` says which difference is accepted", "write one of them, or both")
        if rule is not None and rule not in _RULE_IDS and item.get("rule_set", 1) == 1:
            hint = did_you_mean(rule, _RULE_IDS) or "`drift explain` lists the rules"
            wrong(("rule",), f"there is no rule {shown(rule)} for live groups", hint)
        try:
            date.fromisoformat(item["until"])
        except ValueError:
            wrong(("until",), f"{shown(item['until'])} is no day of the calendar", "write it as 2026-12-31")
        place = None
        if path is not None:
            try:
                place = path_of(path)
            except ValueError as error:
                wrong(("path",), str(error), "copy the path from the report, or leave it out")
        if bad := _not_json(cast("Value", item["live"]), ("live",)):
            wrong(*bad)
        key = (item["group"], rule, None if path is None else tuple(path))
        if key in self._seen:
            wrong((), f"the same difference is already accepted at {self._seen[key]}", "keep one of the two")
        if len(self.problems) == found:
            self._seen[key] = at(())
            self.acceptances.append(
                Acceptance(
                    group=item["group"],
                    rule=rule,
                    path=place,
                    live=cast("LiveValue", item["live"]),
                    reason=item["reason"],
                    owner=item["owner"],
                    until=item["until"],
                    rule_set=item.get("rule_set", 1),
                    source=at(()),
                )
            )


def with_dates_as_text(document: dict[str, Value]) -> dict[str, Value]:
    """A copy in which each unquoted ``until`` is the text that was written: here a date is meant to be one."""
    entries = document.get("accepted")
    if not isinstance(entries, list):
        return dict(document)
    return {**document, "accepted": [_with_date_as_text(entry) for entry in entries]}


def _with_date_as_text(entry: Value) -> Value:
    until = entry.get("until") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(until, Surprise):
        return entry
    return {**entry, "until": until.written}


def _not_json(value: Value, path: Path) -> tuple[Path, str, str] | None:
    """What of a live value no report can contain, and where."""
    if isinstance(value, Surprise):
        return path, f"expected text or a number, got {shown(value)}", f'quote it: "{value.written}"'
    if isinstance(value, bool | float):
        return path, f"expected text, an integer, a limit or a model, got {shown(value)}", "copy it from the report"
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        if bad := _not_json(part, (*path, step)):
            return bad
    return None
