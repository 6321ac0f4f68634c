"""The most that live lets through in a day and the declaration would refuse, and what it costs; published, added up."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

from msgspec import Struct

Daily: TypeAlias = int | None
"""An amount per day; None is unlimited."""
_MOST_BITS = 10_000
"""A larger number cannot be written out, and is as good as none: it counts as unlimited."""

Amount: TypeAlias = int | Literal["unlimited"]


class Cost(Struct, frozen=True):
    """What the exposed tokens of a day cost at most, at the stated prices."""

    currency: str
    per_day: str
    """A decimal with two places, e.g. ``"10800.00"``, or ``unlimited``."""
    unpriced: tuple[str, ...] = ()
    """Models that are exposed too and have no price, so they are not in it."""


class Exposure(Struct, frozen=True):
    """The most that live lets through in a day and the declaration would refuse; an upper bound."""

    token_per_day: Amount = 0
    request_per_day: Amount = 0
    cost: Cost | None = None
    """Null if the desired files state no price of any model that tokens are exposed of."""


class Price(Struct, frozen=True):
    """Money for so many tokens of one model; exact decimals."""

    input: Decimal
    output: Decimal


class Prices(Struct, frozen=True):
    """A price table: for each model the money for ``per`` tokens."""

    currency: str
    models: Mapping[str, Price]
    per: int = 1_000_000

    def hundredths(self, slug: str, tokens: int) -> int:
        """The most that so many tokens of a model with a price cost, in hundredths of the currency, rounded up."""
        price = self.models[slug]
        # Limits count input and output tokens together, so the dearer of the two bounds any mixture.
        numerator, denominator = max(price.input, price.output).as_integer_ratio()
        return -(-numerator * tokens * 100 // (denominator * self.per))


def together(amounts: Iterable[Daily]) -> Daily:
    """The sum; with one amount unlimited, all are."""
    result = 0
    for amount in amounts:
        if amount is None:
            return None
        result += amount
    return result


def combined(exposures: Iterable[Exposure | None]) -> Exposure | None:
    """The sum; costs only where all are stated in one currency."""
    parts = [exposure for exposure in exposures if exposure is not None]
    if not parts:
        return None
    costs = [part.cost for part in parts if part.token_per_day != 0]
    stated = [cost for cost in costs if cost is not None]
    cost = None
    if stated and len(stated) == len(costs) and len({cost.currency for cost in stated}) == 1:
        cost = Cost(
            stated[0].currency,
            money(together(_hundredths(cost.per_day) for cost in stated)),
            tuple(sorted({slug for cost in stated for slug in cost.unpriced})),
        )
    return Exposure(
        published(together(_daily(part.token_per_day) for part in parts)),
        published(together(_daily(part.request_per_day) for part in parts)),
        cost,
    )


def published(amount: Daily) -> Amount:
    """The amount as reports have it."""
    return "unlimited" if amount is None or amount.bit_length() > _MOST_BITS else amount


def _daily(amount: Amount) -> Daily:
    return None if amount == "unlimited" else amount


def money(hundredths: Daily) -> str:
    """Hundredths of a currency as reports have them, e.g. ``10800.00``."""
    if published(hundredths) == "unlimited" or hundredths is None:
        return "unlimited"
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _hundredths(money: str) -> Daily:
    return None if money == "unlimited" else int(money.replace(".", ""))
