"""How many examples a property is tried with."""

from hypothesis import settings


def examples(times: float) -> settings:
    """So many times what the profile says, for properties that many or few examples suit better."""
    return settings(max_examples=int(times * settings().max_examples))
