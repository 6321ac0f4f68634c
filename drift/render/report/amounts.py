"""Exposure in words, the same in every report for people."""

from collections.abc import Iterator

from drift.model.wording import number
from drift.report.exposure import Amount, Cost, Exposure


def exposed(exposure: Exposure) -> str:
    """``up to 720,000,000 TOKEN/day more (at most USD 10,800.00/day)``."""
    return ", ".join(_amounts(exposure)) + (f" ({_cost(exposure.cost)})" if exposure.cost else "")


def amounts(exposure: Exposure) -> Iterator[str]:
    """The same as a list: tokens, requests, cost."""
    yield from _amounts(exposure)
    if exposure.cost:
        yield _cost(exposure.cost)


def _amounts(exposure: Exposure) -> Iterator[str]:
    for amount, type_ in ((exposure.token_per_day, "TOKEN"), (exposure.request_per_day, "REQUEST")):
        if amount != 0:
            yield _amount(amount, type_)


def _amount(amount: Amount, type_: str) -> str:
    return f"unlimited {type_}/day" if isinstance(amount, str) else f"up to {number(amount)} {type_}/day more"


def _cost(cost: Cost) -> str:
    whole, _, hundredths = cost.per_day.partition(".")
    money = f"at most {cost.currency} {number(int(whole))}.{hundredths}/day" if hundredths else "unlimited cost"
    without = f", without {', '.join(cost.unpriced)}: no price" if cost.unpriced else ""
    return f"{money}{without}"
