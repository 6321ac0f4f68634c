"""What tokens cost, as the desired files state it; what an amount of them costs at most."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct


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
