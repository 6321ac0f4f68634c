"""The fast look at a value's shape lets nothing through that the schema refuses, and hardly refuses what it takes."""

import copy
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from drift.desired.scalars import PlainScalars
from drift.desired.schema import DOCUMENT, GROUP, PROFILE
from drift.desired.shape import Block, fits, wrong_with
from tests.examples import drawn_part

ADAPTERS: dict[Block, TypeAdapter[Any]] = {"": DOCUMENT, "groups": GROUP, "profiles": PROFILE}
LIMITS: dict[str, Any] = {
    "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 1000}],
    "usage_limits": [{"type": "REQUEST", "unit": "DAY", "threshold": 0}],
}
GROUP_VALUE: dict[str, Any] = {
    "id": "grp1",
    "metadata": {"external_entity_id": "acme", "name": None},
    "hierarchy": {"limit_enforcement": "CASCADING", "parent": "root", "parent_group_id": None},
    "manage": "listed",
    "models": [{"slug": "org/model", "profile": "gold", **LIMITS}, {"slug": "org/other"}],
    "effective": [
        {
            "slug": "org/model",
            "rate_limits": [{"type": "TOKEN", "unit": "SECOND", "threshold": 5, "source": "root"}],
            "usage_limits": [{"type": "TOKEN", "unit": "DAY", "threshold": 5, "source_group": "grp1"}],
        }
    ],
    "effective_models": [1],
    "created_at": None,
}
PRICES: dict[str, Any] = {
    "currency": "USD",
    "per": 1000,
    "models": {"org/model": {"input": PlainScalars()["0.15"], "output": 3}},
}
WHOLE: dict[Block, dict[str, Any]] = {
    "": {"version": 1, "profiles": {"gold": LIMITS}, "prices": PRICES, "groups": [GROUP_VALUE]},
    "groups": GROUP_VALUE,
    "profiles": LIMITS,
}
SCALARS = PlainScalars()
odd_values = st.one_of(
    st.sampled_from(
        ["", "x" * 255, "x" * 256, "USD\n", "TOKEN", "DAY", "MINUTE", "exact", "gold", 0, 1, 2, -1, 10**30, 1.0, 5.5]
    ),
    st.sampled_from([True, False, None, [], {}, [[]], [{}], {"": {}}, {"threshold": 1}]),
    st.sampled_from([SCALARS["no"], SCALARS["0777"], SCALARS["2026-01-31"]]),
)


def takes(value: object, block: Block) -> bool:
    """What the schema says."""
    try:
        ADAPTERS[block].validate_python(value)
    except ValidationError:
        return False
    return True


def places(value: object) -> list[tuple[Any, Any]]:
    """Every container with each of its keys or indices."""
    found: list[tuple[Any, Any]] = []
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    for key, part in parts:
        found += [(value, key), *places(part)]
    return found


@pytest.mark.parametrize("block", ["groups", "profiles"])
def test_every_member_is_known(block: Block) -> None:
    """A member that only the schema knows would be right, but slow for every group that has it."""
    assert takes(WHOLE[block], block)
    assert fits(WHOLE[block], block)
    assert ADAPTERS[block].json_schema()["properties"].keys() == WHOLE[block].keys()


@given(st.sampled_from(["", "groups", "profiles"]), st.data())
def test_nothing_wrong_passes(block: Block, data: st.DataObject) -> None:
    """Whatever is put in the place of whichever part: what fits, the schema takes."""
    value = copy.deepcopy(WHOLE[block])
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = drawn_part(data, places(value) or [(value, "x")])
        change = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "replace":
            container[key] = copy.deepcopy(data.draw(odd_values))
        elif change == "remove" and key in range(len(container)) if isinstance(container, list) else key in container:
            del container[key]
        elif isinstance(container, dict):
            extra = data.draw(st.sampled_from(["extra", "", "threshold", "parent"]))
            container[extra] = copy.deepcopy(data.draw(odd_values))
    if fits(value, block):
        assert takes(value, block)
    assert bool(wrong_with(value, block)) is not takes(value, block)


def test_good_files_need_no_pydantic() -> None:
    """It takes longer to import than a thousand groups to read."""
    program = (
        "import sys; from drift.desired import example_directory, load_desired; "
        "load_desired([example_directory()]); sys.exit('pydantic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
