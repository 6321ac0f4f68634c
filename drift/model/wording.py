"""Numbers, names and times as people read them, the same in every message and report."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal

_LONGEST_WORD = 100
_MOST_CANDIDATES = 1000
_TIMES_FROM = 10
"""From a tenfold change on, "12x" says more than "+1,100 %"."""
_MOST_BITS = 10_000
"""Python refuses to write out integers much longer than that; a hexadecimal threshold can be one."""


def number(value: int) -> str:
    """``1000000`` as ``1,000,000``."""
    return f"{value:,}" if value.bit_length() <= _MOST_BITS else "a number of thousands of digits"


def change(desired: int, live: int) -> str:
    """``1,000,000 -> 1,500,000 (+50 %)``; from nothing, no percentage can be given."""
    return f"{number(desired)} -> {number(live)}{growth(desired, live)}"


def size(desired: int, live: int) -> str:
    """``+50 %``, ``x12``; empty where there is nothing to hold it against."""
    return growth(desired, live).strip(" ()")


def growth(desired: int, live: int) -> str:
    """`` (+50 %)``, with the blank before it; nothing where no percentage can be given."""
    if desired in (0, live):
        return ""
    if live >= _TIMES_FROM * desired:
        return f" (x{_short(live, desired)})"
    # Integers all the way: thresholds may exceed what a float holds exactly, or at all.
    tenths = (abs(live - desired) * 1000 + desired // 2) // desired
    sign = "+" if live > desired else "-"
    if tenths == 0:
        return f" ({sign}<0.1 %)"
    whole, tenth = divmod(tenths, 10)
    return f" ({sign}{whole}{f'.{tenth}' if tenth else ''} %)"


def _short(live: int, desired: int) -> str:
    whole, rest = divmod(live, desired)
    return f"{number(whole)}{'+' if rest else ''}"


def counted(count: int, noun: str) -> str:
    """``1 group``, ``2 groups``."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def quoted(text: str | None) -> str:
    """A name in double quotes; null as it is in the API."""
    return "null" if text is None else f'"{text}"'


def did_you_mean(word: str, known: Collection[str]) -> str:
    """``did you mean `slug`?`` where a known word is close, else nothing."""
    if not 0 < len(word) <= _LONGEST_WORD:
        return ""
    folded = word.casefold()
    near = next((candidate for candidate in known if candidate.casefold() == folded), None)
    if near is None and len(known) <= _MOST_CANDIDATES:
        from difflib import get_close_matches  # noqa: PLC0415 - only for a name that does not exist

        near = next(iter(get_close_matches(word, known, n=1)), None)
    return "" if near is None else f"did you mean `{near}`?"


def timestamp(moment: datetime, *, precision: Literal["seconds", "milliseconds"] = "seconds") -> str:
    """RFC 3339 in UTC, as all documents write times."""
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
