"""Limits as plain values: which kinds, types and units there are, what makes two limits the same, and the API's lists.

The one place that knows them all; only the sandbox, which judges the rest, has its own.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

Kind: TypeAlias = Literal["rate_limits", "usage_limits"]
Unit: TypeAlias = Literal["SECOND", "MINUTE", "DAY"]
LimitType: TypeAlias = Literal["REQUEST", "TOKEN", "CONCURRENT_REQUEST", "UNCACHED_INPUT_TOKEN", "OUTPUT_TOKEN"]

UNITS: Final[Mapping[Kind, tuple[Unit, ...]]] = {"rate_limits": ("SECOND", "MINUTE"), "usage_limits": ("DAY",)}
"""The units of each kind, the shortest window first (schemas ``RateLimitV1`` and ``UsageLimitV1``)."""
LIMIT_TYPES: Final[tuple[LimitType, ...]] = get_args(LimitType)
"""Those of schema ``LimitTypeV1`` in its newest form; live groups may have others, which are compared all the same."""
PER_DAY: Final[Mapping[str, int]] = {"SECOND": 86_400, "MINUTE": 1_440, "DAY": 1}
"""How often the window of a unit fits into a day."""


class LimitKey(NamedTuple):
    """What makes a limit the same limit within one model: its kind, type and unit."""

    kind: Kind
    type: str
    unit: str

    def __str__(self) -> str:
        return f"{self.type}/{self.unit}"


@lru_cache(maxsize=1024)
def limit_key(kind: Kind, type_: str, unit: str) -> LimitKey:
    """The key of these parts, the same object each time: comparing maps of limits then looks no further.

    There are a dozen kinds of limits; a server that invents more does not fill the memory.
    """
    return LimitKey(kind, type_, unit)


class EffectiveKey(NamedTuple):
    """A limit of ``effective_models``: in a CASCADING tree one type and unit may come from several groups."""

    kind: Kind
    type: str
    unit: str
    source_group: str


Limits: TypeAlias = Mapping[LimitKey, int]
"""Threshold by limit; 0 is a value, not "no limit"."""
Models: TypeAlias = Mapping[str, Limits]
"""Limits by slug; an empty map of limits means the model may be called without limit."""
EffectiveModels: TypeAlias = Mapping[str, Mapping[EffectiveKey, int]]

JsonLimit: TypeAlias = Mapping[str, str | int]
"""A limit as the API's lists have it: ``{type, unit, threshold}``."""


def limit_item(key: LimitKey | EffectiveKey, threshold: int) -> JsonLimit:
    """A limit as ``RateLimitV1`` and ``UsageLimitV1`` have it."""
    return {"type": key.type, "unit": key.unit, "threshold": threshold}


def limit_lists(limits: Limits) -> Mapping[Kind, list[JsonLimit]]:
    """All limits of a model as ``ModelConfigV1`` has them, each list in the order of type and unit."""
    return {kind: [limit_item(key, limits[key]) for key in sorted(limits) if key.kind == kind] for kind in UNITS}


def each_limit(models: Models) -> Iterator[tuple[str, LimitKey, int]]:
    """Slug, limit and threshold of every limit."""
    for slug, limits in models.items():
        for key, threshold in limits.items():
            yield slug, key, threshold
