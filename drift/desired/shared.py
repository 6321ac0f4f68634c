"""What the files of a run have in common: maps of limits, profiles, the price table and acceptances."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from msgspec import UNSET

from drift.desired.declared import NO_LIMITS, LimitLists, Profile
from drift.desired.nodes import Breach, Path, Places, Problems, Value, YamlValue, shown, spell
from drift.desired.scalars import Surprise
from drift.desired.shape import AcceptedItem, PricesItem, ProfileItem
from drift.desired.validation import validate
from drift.errors import Level, Location, Problem
from drift.model.limits import UNITS
from drift.model.paths import path_of
from drift.model.wording import did_you_mean
from drift.report.acceptance import Acceptance
from drift.report.exposure import Price, Prices
from drift.rules import DRIFT_RULES

if TYPE_CHECKING:
    from drift.report.finding import Value as LiveValue

_RULE_IDS = tuple(rule.id for rule in DRIFT_RULES)


class Shared:
    """Takes entries as they are written, with the problems of their file and the place of their key."""

    def __init__(self) -> None:
        self.lists = LimitLists()
        self.profiles: dict[str, Profile] = {}
        self.prices: Prices | None = None
        self.acceptances: list[Acceptance] = []
        self._prices_at: Location | None = None
        self._slugs_at: Mapping[str, Location] = {}
        self._accepted_at: dict[tuple[object, ...], Location] = {}

    def take_profile(self, name: str, node: YamlValue, at: tuple[int, int], problems: Problems) -> None:
        """Declare a profile, without limits if it is wrong; the first of a name stands."""
        path = ("profiles", name)
        rates = usages = NO_LIMITS
        if not name:
            problems.error("V22", message="a profile needs a name", path=path, at=at)
        item, breaches = validate(node.value, ProfileItem)
        breaches += self.lists.breaches_below(node.value)
        if item is not None:
            rates, usages = (self.lists.of(kind, getattr(item, kind) or ())[0] for kind in UNITS)
        profile = Profile(Location(problems.file, *at), rates, usages)
        first = self.profiles.setdefault(name, profile)
        if first is not profile:
            message = f"the profile {shown(name)} is already declared at {first.location}"
            hint = "profiles are shared by all files of a run: rename one of them"
            problems.error("V22", message=message, hint=hint, path=path, at=at)
        problems.report(breaches, node, path)

    def take_prices(self, node: YamlValue, at: tuple[int, int], problems: Problems) -> None:
        """State the prices; the first table stands."""
        item, breaches = validate(node.value, PricesItem)
        if item is not None and self._prices_at is not None:
            message = f"prices are already stated at {self._prices_at}"
            hint = "keep one table; it is for all files of a run"
            problems.error("V25", message=message, hint=hint, path=("prices",), at=at)
        elif item is not None:
            places, file = Places(node), problems.file
            self._prices_at = Location(file, *at)
            self._slugs_at = {slug: Location(file, *places.find(("models", slug), key=True)) for slug in item.models}
            models = {slug: Price(Decimal(price.input), Decimal(price.output)) for slug, price in item.models.items()}
            self.prices = Prices(item.currency, models, item.per or 1_000_000)
        problems.report(breaches, node, ("prices",))

    def take_acceptance(self, index: int, node: YamlValue, problems: Problems) -> None:
        """Take an entry of ``accepted``, if nothing is wrong with it."""
        item, breaches = validate(node.value, AcceptedItem)
        if item is not None:
            source = Location(problems.file, *Places(node).find(()))
            path = None if item.path is UNSET else tuple(item.path)
            key = (item.group, item.rule, path)
            breaches += _wrong_with_acceptance(item)
            if key in self._accepted_at:
                message = f"the same difference is already accepted at {self._accepted_at[key]}"
                breaches.append(_breach((), message, "keep one of the two"))
            if not breaches:
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
        problems.report(breaches, node, ("accepted", index))

    def unused_prices(self, slugs: Collection[str]) -> Iterator[Problem]:
        """V26: some group lists every model that has a price."""
        for slug, at in self._slugs_at.items():
            if slug not in slugs:
                hint = did_you_mean(slug, slugs) or "remove the price, or leave the warning out with `--ignore V26`"
                path, message = spell(("prices", "models", slug)), f"no group lists the model {shown(slug)}"
                yield Problem("V26", Level.WARNING, at, path, message, hint)


def _wrong_with_acceptance(item: AcceptedItem) -> Iterator[Breach]:
    """V40: what is wrong with an entry of the right shape."""
    if item.rule is UNSET and item.path is UNSET:
        message = "neither `rule` nor `path` says which difference is accepted"
        yield _breach((), message, "write one of them, or both")
    if item.rule and item.rule not in _RULE_IDS and (item.rule_set or 1) == 1:
        hint = did_you_mean(item.rule, _RULE_IDS) or "`drift explain` lists the rules"
        yield _breach(("rule",), f"there is no rule {shown(item.rule)} for live groups", hint)
    try:
        date.fromisoformat(item.until)
    except ValueError:
        yield _breach(("until",), f"{shown(item.until)} is no day of the calendar", "write it as 2026-12-31")
    try:
        path_of(item.path or ())
    except ValueError as error:
        yield _breach(("path",), str(error), "copy the path from the report, or leave it out")
    yield from _not_json(cast("Value", item.live), ("live",))


def _not_json(value: Value, path: Path) -> Iterator[Breach]:
    """What of a live value no report can contain."""
    if isinstance(value, Surprise):
        yield _breach(path, f"expected text or a number, got {shown(value)}", f'quote it: "{value.written}"')
    elif isinstance(value, bool | float):
        message = f"expected text, an integer, a limit or a model, got {shown(value)}"
        yield _breach(path, message, "copy it from the report")
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield from _not_json(part, (*path, step))


def _breach(path: Path, message: str, hint: str) -> Breach:
    return Breach("V40", Level.ERROR, path, message, hint)
