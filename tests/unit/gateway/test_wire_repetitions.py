"""Keys that occur twice in live data: nothing is lost, the order does not matter, and the group says so."""

from itertools import permutations
from typing import Any

import msgspec

from drift.gateway.wire import decode_group
from drift.model.groups import Group
from drift.model.limits import LimitKey


def decoded(models: Any, effective: Any = None) -> Group:  # noqa: ANN401 (any JSON value)
    """A group with these models."""
    value = {
        "id": "a",
        "metadata": {"external_entity_id": "e"},
        "hierarchy": {"limit_enforcement": "INDEPENDENT"},
        "created_at": "",
        "models": models,
        "effective_models": effective,
    }
    return decode_group(msgspec.json.encode(value), "")


def limit(threshold: int, unit: str = "MINUTE", **more: str) -> dict[str, object]:
    """A limit on tokens."""
    return {"type": "TOKEN", "unit": unit, "threshold": threshold, **more}


def key(unit: str) -> LimitKey:
    """Its key."""
    return LimitKey("rate_limits", "TOKEN", unit)


def test_repeated_limit() -> None:
    """The smallest threshold keeps the key, the others are numbered."""
    for limits in permutations([limit(30), limit(10), limit(20), limit(5, "SECOND")]):
        group = decoded([{"slug": "m", "rate_limits": limits}])
        assert group.models == {
            "m": {key("MINUTE"): 10, key("MINUTE (2)"): 20, key("MINUTE (3)"): 30, key("SECOND"): 5}
        }
        assert group.anomalies == ("rate_limits of 'm' hold TOKEN/MINUTE more than once (10, 20, 30)",)


def test_repeated_limit_beside_its_numbered_name() -> None:
    """A unit that looks like a numbered one is not overwritten."""
    group = decoded([{"slug": "m", "rate_limits": [limit(1), limit(2), limit(9, "MINUTE (2)")]}])
    assert group.models == {"m": {key("MINUTE"): 1, key("MINUTE (2)"): 9, key("MINUTE (3)"): 2}}


def test_repeated_slug() -> None:
    """Both entries stay, in an order that does not depend on the list's."""
    entries = [{"slug": "m", "rate_limits": [limit(2)]}, {"slug": "m"}, {"slug": "m (2)"}, {"slug": "n"}]
    for models in permutations(entries):
        group = decoded(models)
        assert group.models == {"m": {}, "m (2)": {}, "m (3)": {key("MINUTE"): 2}, "n": {}}
        assert group.anomalies == ("model 'm' is listed 2 times",)


def test_effective_limits_of_several_groups_are_no_repetition() -> None:
    """In a CASCADING tree every ancestor's limit of the same type and unit is listed."""
    limits = [limit(70, source_group="a"), limit(100, source_group="root")]
    group = decoded([], [{"slug": "m", "rate_limits": limits}])
    assert group.effective_models is not None
    assert sorted(group.effective_models["m"].values()) == [70, 100]
    assert group.anomalies == ()


def test_repeated_effective_limit() -> None:
    """The same group twice is one."""
    limits = [limit(70, source_group="a"), limit(60, source_group="a")]
    group = decoded([], [{"slug": "m", "rate_limits": limits}, {"slug": "m"}])
    assert len(group.anomalies) == 2
    assert "effective model 'm' is listed 2 times" in group.anomalies


def test_an_endless_supply_of_limit_types() -> None:
    """Keys beyond those that are interned are as good."""
    limits = [{"type": f"T{number}", "unit": "MINUTE", "threshold": number} for number in range(2000)]
    group = decoded([{"slug": "m", "rate_limits": limits}])
    assert group.models["m"][LimitKey("rate_limits", "T1999", "MINUTE")] == 1999
