"""A declaration becomes one canonical text, whoever wrote it, and comes back whole."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from drift.desired import load_desired
from drift.errors import DesiredError, Location
from drift.model.groups import DesiredGroup, Positions
from pulumi_provider.declared import canonical_json, declared_from_yaml, parse
from pulumi_provider.errors import DeclaredError
from tests.builders import MODEL, RPM, TPD, TPM, declared

EXAMPLE = Path(__file__).parent.parent.parent.parent / "desired"
NOWHERE = Positions("x", [])

MAPPING = {
    "metadata": {"external_entity_id": "acme", "name": None},
    "hierarchy": {"limit_enforcement": "CASCADING", "parent_group_id": None},
    "models": [
        {"slug": "org/b"},
        {
            "slug": "org/a",
            "usage_limits": [{"type": "TOKEN", "unit": "DAY", "threshold": 2**60 + 1}],
            "rate_limits": [
                {"type": "TOKEN", "unit": "MINUTE", "threshold": 5},
                {"type": "REQUEST", "unit": "SECOND", "threshold": 0},
            ],
        },
    ],
}
TEXT = (
    '{"hierarchy":{"limit_enforcement":"CASCADING","parent":null},"manage":"exact",'
    '"metadata":{"external_entity_id":"acme","name":null},"models":[{"rate_limits":['
    '{"threshold":0,"type":"REQUEST","unit":"SECOND"},{"threshold":5,"type":"TOKEN","unit":"MINUTE"}],"slug":"org/a",'
    '"usage_limits":[{"threshold":1152921504606846977,"type":"TOKEN","unit":"DAY"}]},{"slug":"org/b"}]}'
)


def without_lines(group: DesiredGroup) -> DesiredGroup:
    return replace(group, positions=NOWHERE, profiles={})


def test_the_text_is_a_format_that_stands_in_users_state() -> None:
    # Texts like this one are recorded: change nothing here without reading the old form as well.
    assert canonical_json(MAPPING) == TEXT
    assert canonical_json(parse(TEXT)) == TEXT


@pytest.mark.parametrize(
    "group",
    [
        declared(),
        declared(None, id="grp1", name=UNSET, models=UNSET, parent=UNSET, limit_enforcement=UNSET),
        declared(name=None, parent=UNSET, parent_group_id="grp9", limit_enforcement="CASCADING"),
        declared(parent="above", models={}, manage="listed"),
        declared(models={MODEL: {TPM: 0, RPM: 7, TPD: 2**62}, "org/other": {}}),
        declared(name='"quoted" \u2028 \x85 \U0001f600 no'),
    ],
)
def test_whatever_a_group_declares_comes_back(group: DesiredGroup) -> None:
    assert without_lines(parse(canonical_json(group))) == without_lines(group)


def test_a_mapping_and_the_same_group_in_a_file_are_one_text(tmp_path: Path) -> None:
    file = tmp_path / "desired.yaml"
    file.write_text(json.dumps({"version": 1, "groups": [MAPPING]}), encoding="utf-8")
    assert declared_from_yaml(file, "acme") == canonical_json(MAPPING)
    assert canonical_json(load_desired([file]).groups[0]) == canonical_json(MAPPING)


def test_profiles_and_modes_of_parents_are_resolved() -> None:
    staging = json.loads(declared_from_yaml(EXAMPLE, "acme-staging"))
    assert staging["hierarchy"] == {"limit_enforcement": "INDEPENDENT", "parent": "acme"}
    assert staging["models"][0]["usage_limits"] == [{"threshold": 1_000_000, "type": "TOKEN", "unit": "DAY"}]


def test_what_a_stack_reference_made_of_integers_is_read() -> None:
    limits = [{"type": "TOKEN", "unit": "MINUTE", "threshold": 5.0}]
    shared = {"slug": "org/a", "rate_limits": limits, "usage_limits": []}
    assert '"threshold":5,' in canonical_json({"metadata": {"external_entity_id": "a"}, "models": [shared]})


def test_hostile_names_survive() -> None:
    name = 'no\x85\u2028\x7f\U0001f600 "\\ %{}'
    assert parse(canonical_json({"metadata": {"external_entity_id": "a", "name": name}})).name == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {"external_entity_id": "a", "nam": "A"}},
        {"metadata": {"external_entity_id": "a"}, "hierarchy": {"parent": "nobody"}},
        {"metadata": {"external_entity_id": "a"}, "models": [{"slug": "org/a"}, {"slug": "org/a"}]},
        {"models": []},
        {"metadata": {"external_entity_id": 5}, "models": [{"slug": "org/a", "profile": "gold"}]},
        {
            "metadata": {"external_entity_id": "a"},
            "models": [{"slug": "org/a", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 1.5}]}],
        },
    ],
)
def test_problems_are_those_of_the_command(wrong: dict[str, object]) -> None:
    document = json.dumps({"version": 1, "groups": [wrong]}).encode()
    with pytest.raises(DesiredError) as of_file:
        load_desired(["-"], stdin=lambda: document)
    with pytest.raises(DeclaredError) as of_mapping:
        canonical_json(wrong)
    lines = of_mapping.value.message.splitlines()[1:]
    problems = of_file.value.problems
    assert len(lines) == len(problems) > 0
    for problem in problems:
        assert any(problem.rule in line and problem.message in line for line in lines)


def test_everything_in_a_text_is_on_its_first_line() -> None:
    positions, models = parse(TEXT).positions, parse(TEXT).models
    assert isinstance(models, Mapping)
    assert positions.field("name") == positions.model(models, "org/b") == Location("declared", 1, 1)


@pytest.mark.parametrize("wrong", [5, ["a"], {"id": object()}, {"id": {1, 2}}, b"{}"])
def test_what_is_no_declaration_at_all_is_refused(wrong: object) -> None:
    with pytest.raises(DeclaredError):
        canonical_json(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"future":1}',
        '{"metadata":{"name":5}}',
        '{"effective":[]}',
        '{"created_at":"2026-01-01"}',
        '{"models":[{"slug":"org/a","profile":"gold"}]}',
        "[" * 100_000,
    ],
)
def test_a_text_of_a_later_release_is_refused_not_half_read(text: str) -> None:
    with pytest.raises(DeclaredError, match="recorded declaration"):
        parse(text)


def test_problems_of_files_name_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "desired.yaml"
    file.write_text("version: 1\ngroups:\n  - metadata: {external_entity_id: a}\n    modles: []\n", encoding="utf-8")
    with pytest.raises(DeclaredError, match=r"desired\.yaml:4:5: V20 .*modles"):
        declared_from_yaml(file, "a")


def test_a_group_that_no_file_declares_is_refused() -> None:
    with pytest.raises(DeclaredError, match=r"no group 'acme-prot' is declared \(did you mean `acme-prod`\?\)"):
        declared_from_yaml(EXAMPLE, "acme-prot")
