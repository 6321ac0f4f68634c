"""What the files of a run declare for all of them: profiles, the price table and acceptances."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from msgspec import UNSET

from drift.desired.declared import Declared, Profile
from drift.desired.nodes import Path, Value, spell
from drift.desired.problems import Suggestions, not_declared, shown
from drift.desired.scalars import Surprise
from drift.desired.shape import AcceptedItem, PricesItem
from drift.errors import Level, Location, Problem
from drift.model.paths import path_of
from drift.model.prices import Price, Prices
from drift.model.wording import did_you_mean
from drift.report.acceptance import Acceptance
from drift.rules import DRIFT_RULES

if TYPE_CHECKING:
    from drift.report.finding import Value as LiveValue

_RULE_IDS = tuple(rule.id for rule in DRIFT_RULES)


class Shared:
    """The profiles by name, the prices, the acceptances, and what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.profiles: dict[str, Profile] = {}
        self.prices: Prices | None = None
        self.acceptances: list[Acceptance] = []
        self._prices_at: Location | None = None
        self._slugs_at: Mapping[str, Location] = {}
        self._accepted_at: dict[tuple[object, ...], Location] = {}

    def add_profile(self, name: str, profile: Profile) -> None:
        """Declare a profile; the first of a name stands."""
        first = self.profiles.setdefault(name, profile)
        if first is not profile:
            message = f"the profile {shown(name)} is already declared at {first.location}"
            hint = "profiles are shared by all files of a run: rename one of them"
            self._wrong("V22", profile.location, profile.path, message, hint)

    def add_prices(self, item: PricesItem, at: Location, slugs_at: Mapping[str, Location]) -> None:
        """State the prices; the first table stands."""
        if self._prices_at is not None:
            message = f"prices are already stated at {self._prices_at}"
            self._wrong("V25", at, "prices", message, "keep one table; it is for all files of a run")
            return
        self._prices_at, self._slugs_at = at, slugs_at
        models = {slug: Price(Decimal(price.input), Decimal(price.output)) for slug, price in item.models.items()}
        self.prices = Prices(item.currency, models, item.per or 1_000_000)

    def add_acceptance(self, item: AcceptedItem, index: int, at: Callable[[Path], Location]) -> None:
        """Take an entry of ``accepted``; ``at`` finds the place of a part of it."""
        wrong = list(_wrong_with_acceptance(item))
        source, path = at(()), None if item.path is UNSET else tuple(item.path)
        key = (item.group, item.rule, path)
        if key in self._accepted_at:
            message = f"the same difference is already accepted at {self._accepted_at[key]}"
            wrong.append(((), message, "keep one of the two"))
        for part, message, hint in wrong:
            self._wrong("V40", at(part), spell(("accepted", index, *part)), message, hint)
        if not wrong:
            self._accepted_at[key] = source
            self.acceptances.append(
                Acceptance(
                    group=item.group,
                    rule=item.rule or None,
                    path=None if path is None else path_of(path),
                    live=cast("LiveValue", item.live),
                    reason=item.reason,
                    owner=item.owner,
                    until=str(item.until),
                    rule_set=item.rule_set or 1,
                    source=source,
                )
            )

    def unknown_profiles(self, groups: Sequence[Declared], *, complete: bool) -> Iterator[Problem]:
        """V22: every profile that a model names is declared in some file."""
        suggestions = Suggestions(self.profiles)
        for group in groups:
            for index, entry in enumerate(group.entries or ()):
                name = entry.profile
                if name is None or name in self.profiles:
                    continue
                hint = suggestions.near(name) or "declare it under `profiles` in any file"
                message = f"the profile {shown(name)} is {not_declared(complete=complete)}"
                path = group.path("models", index, "profile")
                yield Problem("V22", Level.ERROR, group.profile_at(index), path, message, hint)

    def unused_prices(self, slugs: Collection[str]) -> Iterator[Problem]:
        """V26: some group lists every model that has a price."""
        for slug, at in self._slugs_at.items():
            if slug not in slugs:
                hint = did_you_mean(slug, slugs) or "remove the price, or leave the warning out with `--ignore V26`"
                path, message = spell(("prices", "models", slug)), f"no group lists the model {shown(slug)}"
                yield Problem("V26", Level.WARNING, at, path, message, hint)

    def _wrong(self, rule: str, at: Location, path: str, message: str, hint: str) -> None:
        self.problems.append(Problem(rule, Level.ERROR, at, path, message, hint))


def _wrong_with_acceptance(item: AcceptedItem) -> Iterator[tuple[Path, str, str]]:
    """V40: where, message and hint of all that is wrong with an entry of the right shape."""
    if item.rule is UNSET and item.path is UNSET:
        yield (), "neither `rule` nor `path` says which difference is accepted", "write one of them, or both"
    if item.rule and item.rule not in _RULE_IDS and (item.rule_set or 1) == 1:
        hint = did_you_mean(item.rule, _RULE_IDS) or "`drift explain` lists the rules"
        yield ("rule",), f"there is no rule {shown(item.rule)} for live groups", hint
    try:
        date.fromisoformat(item.until)
    except ValueError:
        yield ("until",), f"{shown(item.until)} is no day of the calendar", "write it as 2026-12-31"
    try:
        path_of(item.path or ())
    except ValueError as error:
        yield ("path",), str(error), "copy the path from the report, or leave it out"
    yield from _not_json(cast("Value", item.live), ("live",))


def _not_json(value: Value, path: Path) -> Iterator[tuple[Path, str, str]]:
    """What of a live value no report can contain, and where."""
    if isinstance(value, Surprise):
        yield path, f"expected text or a number, got {shown(value)}", f'quote it: "{value.written}"'
    elif isinstance(value, bool | float):
        message = f"expected text, an integer, a limit or a model, got {shown(value)}"
        yield path, message, "copy it from the report"
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield from _not_json(part, (*path, step))
