"""What the declarations mean once they are read."""

from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import UNSET

from drift.desired import Desired, DesiredFile, load_desired
from drift.errors import DesiredError, Location
from drift.model.groups import DesiredGroup
from drift.model.limits import LimitKey

TPM = LimitKey("rate_limits", "TOKEN", "MINUTE")
RPS = LimitKey("rate_limits", "REQUEST", "SECOND")
TPD = LimitKey("usage_limits", "TOKEN", "DAY")
CASES = Path(__file__).parents[2] / "cases"


def load(text: str) -> Desired:
    return load_desired(["-"], stdin=text.encode)


def groups(text: str) -> dict[str, DesiredGroup]:
    """The groups of a file without its first two lines, by their label."""
    return {group.ref.label: group for group in load(f"version: 1\ngroups:\n{text}").groups}


def test_a_block_that_is_left_out_is_not_declared() -> None:
    (group,) = groups("- metadata: {external_entity_id: acme}").values()
    assert (group.id, group.external_entity_id) == (None, "acme")
    assert (group.name, group.models) == (UNSET, UNSET)
    assert (group.limit_enforcement, group.parent, group.parent_group_id) == (UNSET, UNSET, UNSET)
    assert group.manage == "exact"
    assert group.profiles == {}


def test_null_is_a_name_and_a_parent_of_its_own() -> None:
    (group,) = groups(
        "- metadata: {external_entity_id: acme, name: null}\n  hierarchy: {parent_group_id: null}"
    ).values()
    assert group.name is None
    assert group.parent is None
    assert group.parent_group_id is UNSET


def test_a_list_left_out_inside_a_model_is_an_empty_list() -> None:
    (group,) = groups("- {id: abc, models: [{slug: o/m}, {slug: o/n, rate_limits: []}]}").values()
    assert group.models == {"o/m": {}, "o/n": {}}


def test_limits_are_keyed_by_kind_type_and_unit() -> None:
    (group,) = groups("""
- id: abc
  manage: listed
  models:
  - slug: o/m
    usage_limits: [{type: TOKEN, unit: DAY, threshold: 3}]
    rate_limits: [{threshold: 1_000, type: TOKEN, unit: MINUTE}, {type: REQUEST, unit: SECOND, threshold: 2}]
""").values()
    assert group.models == {"o/m": {TPM: 1000, RPS: 2, TPD: 3}}
    assert group.manage == "listed"


@pytest.mark.parametrize(
    ("hierarchy", "mode"),
    [
        ("{}", "INDEPENDENT"),
        ("{parent: null}", "INDEPENDENT"),
        ("{limit_enforcement: CASCADING}", "CASCADING"),
        ("{parent: pool}", "CASCADING"),
        ("{parent: below-pool}", "CASCADING"),
        ("{parent: template}", "INDEPENDENT"),
        ("{parent_group_id: pool-id}", "CASCADING"),
        ("{parent: template, limit_enforcement: INDEPENDENT}", "INDEPENDENT"),
        ("{parent_group_id: not-declared}", UNSET),
        ("{parent: without-hierarchy}", UNSET),
    ],
)
def test_a_mode_left_out_is_the_parents_and_a_roots_is_independent(hierarchy: str, mode: str) -> None:
    found = groups(f"""
- {{id: abc, hierarchy: {hierarchy}}}
- {{metadata: {{external_entity_id: below-pool}}, hierarchy: {{parent: pool}}}}
- {{id: pool-id, metadata: {{external_entity_id: pool}}, hierarchy: {{limit_enforcement: CASCADING}}}}
- {{metadata: {{external_entity_id: template}}, hierarchy: {{}}}}
- {{metadata: {{external_entity_id: without-hierarchy}}}}
""")
    assert found["abc"].limit_enforcement == mode


def test_a_very_long_chain_of_parents_is_one_error() -> None:
    links = "".join(
        f"- {{metadata: {{external_entity_id: g{n}}}, hierarchy: {{parent: g{n + 1}}}}}\n" for n in range(5000)
    )
    with pytest.raises(DesiredError) as caught:
        groups(f"{links}- {{metadata: {{external_entity_id: g5000}}, hierarchy: {{limit_enforcement: CASCADING}}}}")
    (problem,) = caught.value.problems
    assert problem.rule == "V15"
    assert problem.message == '"g4995", with 4,995 groups below it, is on level 6 below "g5000" at <stdin>:5003:3'


def test_a_profile_gives_its_limits_and_a_written_list_replaces_its_own_kind() -> None:
    desired = load_desired([CASES / "valid" / "profile-with-own-list.yaml"])
    (group,) = desired.groups
    assert group.models == {"o/m": {RPS: 1, TPD: 100}, "o/n": {TPM: 10}}
    assert group.profiles == {"o/m": "gold", "o/n": "gold"}


def test_profiles_are_seen_across_files_whatever_their_order() -> None:
    desired = load_desired([CASES / "valid" / "directory"])
    assert [group.models for group in desired.groups] == [{"o/m": {TPM: 10}}]


def test_merge_keys_and_aliases_mean_what_yaml_says() -> None:
    first, second = load_desired([CASES / "valid" / "merge-keys.yaml"]).groups
    assert first.models == second.models == {"o/m": {TPM: 10}, "o/n": {}}


def test_a_live_group_can_be_pasted() -> None:
    group = load_desired([CASES / "valid" / "pasted-from-the-api.yaml"]).groups[0]
    assert (group.id, group.external_entity_id, group.name) == ("abc123hash", "cust_42", "Acme prod")
    assert (group.limit_enforcement, group.parent) == ("INDEPENDENT", None)
    assert group.models == {"your-org/your-model": {TPM: 1_000_000}}


def test_positions_survive_into_the_groups() -> None:
    text = """\
version: 1
profiles:
  gold:
    rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 10}]
groups:
  - effective_models: [{slug: ignored, rate_limits: []}]
    metadata:
      name: Acme
      external_entity_id: acme
    models:
      - usage_limits:
          - {type: TOKEN, unit: DAY, threshold: 3}
        slug: o/m
        profile: gold
        rate_limits:
          - {type: REQUEST, unit: SECOND, threshold: 1}
          - type: TOKEN
            unit: MINUTE
            threshold: 2
      - {profile: gold, slug: o/n}
    hierarchy:
      limit_enforcement: INDEPENDENT
    id: abc
"""
    (group,) = load(text).groups
    models = group.models
    assert models is not UNSET
    positions = group.positions

    def at(location: Location) -> tuple[int, int]:
        return location.line, location.column

    assert {field: at(positions.field(field)) for field in ("group", "id", "external_entity_id", "name", "models")} == {
        "group": (6, 5),
        "id": (23, 5),
        "external_entity_id": (9, 7),
        "name": (8, 7),
        "models": (10, 5),
    }
    assert at(positions.field("limit_enforcement")) == (22, 7)
    # Nobody wrote a parent: the block says that there is none.
    assert at(positions.field("parent")) == (21, 5)
    assert at(positions.model(models, "o/m")) == (11, 9)
    assert at(positions.model(models, "o/n")) == (20, 9)
    assert at(positions.limit(models, "o/m", TPD)) == (12, 13)
    assert at(positions.limit(models, "o/m", RPS)) == (16, 13)
    assert at(positions.limit(models, "o/m", TPM)) == (17, 13)
    # A limit of a profile stands where the group names the profile.
    assert at(positions.limit(models, "o/n", TPM)) == (20, 10)


def test_a_column_beyond_what_a_mark_holds_keeps_its_line() -> None:
    padding = " " * (1 << 24)
    (group,) = load(f"version: 1\ngroups: [{padding}{{id: abc}}]").groups
    assert group.positions.field("group") == Location("<stdin>", 2, (1 << 24) - 1)


def test_files_are_listed_with_the_digest_of_what_was_read() -> None:
    text = "version: 1\ngroups: [{id: abc}]\n"
    assert load(text).files == (DesiredFile("<stdin>", sha256(text.encode()).hexdigest()),)


def test_equal_lists_of_limits_are_one_value_in_memory() -> None:
    limits = "[{slug: o/m, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 7}]}]"
    first, second = groups(f"- {{id: a, models: {limits}}}\n- {{id: b, models: {limits}}}").values()
    assert first.models is not UNSET
    assert second.models is not UNSET
    assert first.models["o/m"] is second.models["o/m"]


def test_problems_come_sorted_by_file_line_and_column() -> None:
    with pytest.raises(DesiredError) as caught:
        load_desired([CASES / "invalid" / "every-file-is-read", CASES / "invalid" / "unknown-keys.yaml"])
    locations = [problem.location for problem in caught.value.problems]
    assert locations == sorted(locations)


def test_a_parent_may_be_in_the_part_of_a_file_that_was_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "version: 1\ngroups: [{metadata: {external_entity_id: acme}}, @]", encoding="utf-8"
    )
    (tmp_path / "b.yaml").write_text(
        "version: 1\ngroups: [{id: x, hierarchy: {parent: zzz}, models: [{slug: o/m, profile: gold}]}]",
        encoding="utf-8",
    )
    with pytest.raises(DesiredError) as caught:
        load_desired([tmp_path])
    messages = [problem.message for problem in caught.value.problems if problem.rule != "V00"]
    assert messages == [
        'the parent "zzz" is not declared in what could be read',
        'the profile "gold" is not declared in what could be read',
    ]


def test_thousands_of_problems_end_in_their_number() -> None:
    entries = "- {}\n" * 1500
    with pytest.raises(DesiredError) as caught:
        groups(entries)
    assert len(caught.value.problems) == 1001
    assert caught.value.problems[0].message == "more than 1,000 errors; no more are shown"


def test_thousands_of_warnings_do_not_hide_an_error() -> None:
    entries = "".join(f"- {{id: g{n}, models: []}}\n" for n in range(1500))
    with pytest.raises(DesiredError) as caught:
        groups(f"{entries}- {{}}")
    assert "neither `metadata.external_entity_id` nor `id` is given" in {p.message for p in caught.value.problems}


def test_a_group_with_more_problems_than_are_kept_is_still_only_wrong() -> None:
    broken = "{type: TOKEN, unit: MINUTE, threshold: x}, " * 2000
    with pytest.raises(DesiredError) as caught:
        groups(f"- {{id: a, models: [{{slug: o/m, rate_limits: [{broken}]}}]}}")
    assert len(caught.value.problems) == 1001


def test_thousands_of_duplicate_keys_end_the_reading() -> None:
    with pytest.raises(DesiredError) as caught:
        load("version: 1\n" + "version: 1\n" * 2000)
    assert len(caught.value.problems) == 1001


def test_of_very_many_misspelt_names_the_first_get_a_suggestion() -> None:
    models = "".join(f"  - {{slug: o/m{number}, profile: golden{number}}}\n" for number in range(150))
    text = f"version: 1\nprofiles: {{golden: {{}}}}\ngroups:\n- id: a\n  models:\n{models}"
    with pytest.raises(DesiredError) as caught:
        load(text)
    hints = [problem.hint for problem in caught.value.problems]
    assert hints == ["did you mean `golden`?"] * 100 + ["declare it under `profiles` in any file"] * 50


def test_an_internal_id_spelt_like_an_external_one_makes_no_cycle() -> None:
    (group,) = groups("- {metadata: {external_entity_id: a}, hierarchy: {parent_group_id: a}}").values()
    assert group.parent_group_id == "a"
