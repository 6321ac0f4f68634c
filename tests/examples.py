"""How many examples a property is tried with, and values that a test may change."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

T = TypeVar("T")


def examples(times: float) -> settings:
    """So many times what the profile says, for properties that many or few examples suit better."""
    return settings(max_examples=int(times * settings().max_examples))


def drawn_part(data: st.DataObject, parts: Sequence[T]) -> T:
    """One of the parts, drawn by its index: a test that changes it then changes nothing that Hypothesis drew."""
    return parts[data.draw(st.integers(0, len(parts) - 1))]
