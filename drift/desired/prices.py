"""The price table, which one file of a run may state."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from drift.desired.nodes import spell
from drift.desired.scalars import WrittenFloat
from drift.desired.wording import did_you_mean, shown
from drift.errors import Level, Location, Problem
from drift.model.prices import Price, Prices

if TYPE_CHECKING:
    from drift.desired.schema import PricesItem


class PriceTable:
    """The prices of a run, and where they stand."""

    def __init__(self) -> None:
        self.prices: Prices | None = None
        self.problems: list[Problem] = []
        """Tables beyond the first."""
        self._at: Location | None = None
        self._places: Mapping[str, Location] = {}

    def add(self, item: "PricesItem", at: Location, places: Mapping[str, Location]) -> None:
        """State the prices; the first table stands. ``places`` are those of the slugs."""
        if self._at is not None:
            message, hint = f"prices are already stated at {self._at}", "keep one table; it is for all files of a run"
            self.problems.append(Problem("V25", Level.ERROR, at, "prices", message, hint))
            return
        self._at, self._places = at, places
        models = {
            slug: Price(_exact(price["input"]), _exact(price["output"])) for slug, price in item["models"].items()
        }
        self.prices = Prices(item["currency"], models, item.get("per", 1_000_000))

    def unknown(self, slugs: Collection[str]) -> Iterator[Problem]:
        """V26: some group lists every model that has a price."""
        for slug, at in self._places.items():
            if slug not in slugs:
                hint = did_you_mean(slug, slugs) or "remove the price, or leave the warning out with `--ignore V26`"
                path = spell(("prices", "models", slug))
                yield Problem("V26", Level.WARNING, at, path, f"no group lists the model {shown(slug)}", hint)


def _exact(number: float) -> Decimal:
    return Decimal(number.written.replace("_", "") if isinstance(number, WrittenFloat) else int(number))
