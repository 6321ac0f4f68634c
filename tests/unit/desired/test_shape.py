"""The shape of a desired file: the typed values, the errors and the published schema say the same."""

import copy
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import Struct

from drift.desired import desired_json_schema
from drift.desired.nodes import Value
from drift.desired.scalars import PlainScalars
from drift.desired.shape import DocumentItem, GroupItem, ProfileItem
from drift.desired.validation import validate
from tests.examples import drawn_part

SCHEMA = desired_json_schema()
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
ACCEPTED: dict[str, Any] = {
    "group": "acme",
    "rule": "limit-raised",
    "path": ["models", "org/model"],
    "live": {"slug": "org/model"},
    "reason": "r",
    "owner": "o",
    "until": "2026-12-31",
    "rule_set": 1,
}
WHOLE: dict[type[Struct], dict[str, Any]] = {
    DocumentItem: {
        "version": 1,
        "profiles": {"gold": LIMITS},
        "prices": PRICES,
        "accepted": [ACCEPTED],
        "groups": [GROUP_VALUE],
    },
    GroupItem: GROUP_VALUE,
    ProfileItem: LIMITS,
}
SCALARS = PlainScalars()
SURPRISES = [SCALARS["no"], SCALARS["0777"], SCALARS["2026-01-31"]]
odd_values = st.one_of(
    st.sampled_from(
        ["", "x" * 255, "x" * 256, "USD\n", "TOKEN", "DAY", "MINUTE", "exact", "gold", 0, 1, 2, -1, 10**30, 5.5]
    ),
    st.sampled_from([True, False, None, [], {}, [[]], [{}], {"": {}}, {"threshold": 1}]),
)


def published(shape: type[Struct]) -> Draft202012Validator:
    """What editors check such a value with."""
    if shape is DocumentItem:
        return Draft202012Validator(SCHEMA)
    return Draft202012Validator({"$ref": f"#/$defs/{shape.__name__}", "$defs": SCHEMA["$defs"]})


def is_right(value: Value, shape: type[Struct]) -> bool:
    item, breaches = validate(value, shape)
    assert (item is None) == bool(breaches)
    return item is not None


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


@pytest.mark.parametrize("shape", WHOLE)
def test_a_value_with_every_member_is_right(shape: type[Struct]) -> None:
    assert is_right(WHOLE[shape], shape)
    assert set(shape.__struct_fields__) == WHOLE[shape].keys()


def changed(shape: type[Struct], data: st.DataObject, odd: st.SearchStrategy[Any]) -> dict[str, Any]:
    """A value with whatever put in the place of some of its parts."""
    value = copy.deepcopy(WHOLE[shape])
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = drawn_part(data, places(value) or [(value, "x")])
        change = data.draw(st.sampled_from(["replace", "remove", "add"]))
        new = copy.deepcopy(data.draw(odd))
        if change == "replace":
            container[key] = new
        elif change == "remove" and key in range(len(container)) if isinstance(container, list) else key in container:
            del container[key]
        elif isinstance(container, dict):
            container[data.draw(st.sampled_from(["extra", "", "threshold", "parent"]))] = new
    return value


@given(st.sampled_from(list(WHOLE)), st.data())
def test_what_is_wrong_here_is_wrong_in_editors_and_the_reverse(shape: type[Struct], data: st.DataObject) -> None:
    value = changed(shape, data, odd_values)
    assert is_right(value, shape) is published(shape).is_valid(value)


@given(st.sampled_from(list(WHOLE)), st.data())
def test_words_that_yaml_reads_as_something_else_never_confuse(shape: type[Struct], data: st.DataObject) -> None:
    """Whatever is refused is refused with a reason."""
    is_right(changed(shape, data, st.sampled_from(SURPRISES) | odd_values), shape)


@pytest.mark.parametrize("wrong", [True, 1.0, "1", 2, 10**400, None, SURPRISES[1]])
def test_the_version_is_the_integer_1(wrong: Value) -> None:
    assert not is_right({"version": wrong}, DocumentItem)


def test_an_unquoted_day_is_a_day() -> None:
    assert is_right({"version": 1, "accepted": [{**ACCEPTED, "until": SURPRISES[2]}]}, DocumentItem)


def test_good_files_need_no_description_of_what_is_wrong() -> None:
    """Neither pydantic, should it be installed, nor slow parts of the standard library."""
    program = (
        "import sys; from drift.desired import example_directory, load_desired; "
        "load_desired([example_directory()]); sys.exit('pydantic' in sys.modules or 'difflib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
