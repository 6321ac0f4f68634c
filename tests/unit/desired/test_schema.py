"""The published JSON Schema says the same as the loader."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from drift.desired import desired_json_schema, example_directory, load_desired
from drift.rules import FILE_RULES

CASES = Path(__file__).parents[2] / "cases"
SHAPES = (
    "version-*",
    "unknown-keys",
    "wrong-shapes",
    "limit-fields",
    "groups-*",
    "identity-bounds",
    "prices",
    "pin-shapes",
)
THRESHOLDS = ("text", "float", "boolean", "negative", "null", "list", "shorthand", "exponent")


def is_valid(text: str) -> bool:
    validator = jsonschema.Draft202012Validator(desired_json_schema())
    return bool(validator.is_valid(json.loads(json.dumps(yaml.safe_load(text), default=str))))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(desired_json_schema())


@pytest.mark.parametrize("case", [pytest.param(path, id=path.stem) for path in sorted(CASES.glob("valid/*.yaml"))])
def test_it_accepts_what_loads(case: Path) -> None:
    assert is_valid(case.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(path, id=path.stem)
        for shape in (*SHAPES, *(f"threshold-{kind}" for kind in THRESHOLDS))
        for path in sorted(CASES.glob(f"invalid/{shape}.yaml"))
    ],
)
def test_it_refuses_wrong_shapes(case: Path) -> None:
    # JSON knows one kind of number: 1.0 and 5.0 are integers to it.
    assert is_valid(case.read_text(encoding="utf-8")) == case.stem.endswith("-float")


def test_every_key_is_explained_or_explains_itself() -> None:
    schema = desired_json_schema()
    assert tuple(schema["properties"]) == ("version", "profiles", "prices", "accepted", "groups")
    assert tuple(schema["$defs"]["RateLimitItem"]["properties"]) == ("type", "unit", "threshold")
    for definition in schema["$defs"].values():
        assert definition["description"]
        assert definition["additionalProperties"] is False


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    reported = {
        line.split()[2] for file in CASES.glob("*/*.expected") for line in file.read_text(encoding="utf-8").splitlines()
    }
    assert reported == {rule.id for rule in FILE_RULES}


def test_the_worked_example_loads_without_a_warning() -> None:
    desired = load_desired([example_directory()])

    assert desired.groups
    assert desired.warnings == ()
