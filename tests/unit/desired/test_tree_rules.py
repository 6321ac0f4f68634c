"""What tests/cases cannot say in a few lines: what is not reported, and how much."""

from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from drift.desired import load_desired
from drift.desired.tree_rules import tree_problems
from drift.desired.trees import Trees
from drift.errors import DesiredError, Level, Problem
from drift.model.groups import DesiredGroup
from drift.rules import FILE_RULES
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared

CASES = Path(__file__).parents[2] / "cases"


def problems(text: str, *, ignore: frozenset[str] = frozenset()) -> list[Problem]:
    """Everything told about a file without its first two lines."""
    try:
        return list(load_desired(["-"], stdin=f"version: 1\ngroups:\n{text}".encode, ignore=ignore).warnings)
    except DesiredError as error:
        return list(error.problems)


def rules(text: str) -> list[str]:
    return [problem.rule for problem in problems(text)]


class TestWhenRulesRun:
    CHILD = "- {metadata: {external_entity_id: a}, hierarchy: {parent: root, limit_enforcement: INDEPENDENT}}\n"
    ROOT = "- {metadata: {external_entity_id: root}, hierarchy: {limit_enforcement: CASCADING}}\n"

    def test_trees_are_judged_when_all_else_is_right(self) -> None:
        assert rules(self.CHILD + self.ROOT) == ["V13"]
        assert rules(self.CHILD + self.ROOT + "- {id: ''}\n") == ["V24"]

    def test_a_file_that_cannot_be_read_brings_no_errors_about_trees(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(f"version: 1\ngroups:\n{self.CHILD}")
        (tmp_path / "b.yaml").write_text("version: 1\ngroups: [\n")
        with pytest.raises(DesiredError) as caught:
            load_desired([tmp_path])
        assert {problem.rule for problem in caught.value.problems} == {"V00", "V14"}

    def test_an_error_does_not_hide_the_warnings_of_other_rules(self) -> None:
        assert rules(self.CHILD + self.ROOT + "- {id: b, hierarchy: {}, models: [{slug: o/m}]}\n") == ["V13", "V19"]


class TestTreesOfWhichNotAllSayTheirMode:
    """A tree has one mode, so one group that says it says it for all."""

    ROOT = "- {id: root, metadata: {external_entity_id: root}, models: [{slug: o/m, rate_limits: [*L]}]}\n"
    LIMIT = "{type: TOKEN, unit: MINUTE, threshold: 100}"

    def found(self, *groups: str) -> list[str]:
        text = "".join(groups).replace("*L", self.LIMIT).replace("*M", self.LIMIT.replace("100", "200"))
        return [f"{one.rule} {one.path}" for one in problems(text) if one.level is Level.ERROR]

    @staticmethod
    def child(name: str, parent: str = "root", mode: str = "") -> str:
        block = f"{{parent: {parent}{mode and f', limit_enforcement: {mode}'}}}"
        return (
            f"- {{id: {name}, metadata: {{external_entity_id: {name}}}, hierarchy: {block}, "
            "models: [{slug: o/m, rate_limits: [*M]}]}\n"
        )

    def test_a_child_makes_its_root_a_pool(self) -> None:
        assert self.found(self.ROOT, self.child("a", mode="CASCADING")) == [
            "V16 groups[1].models[0].rate_limits[0]",
        ]

    def test_and_with_the_root_all_others_below_it(self) -> None:
        found = self.found(self.child("c", "b"), self.child("b"), self.ROOT, self.child("a", mode="CASCADING"))
        assert found == [f"V16 groups[{index}].models[0].rate_limits[0]" for index in (0, 1, 3)]

    @pytest.mark.parametrize("mode", ["", "INDEPENDENT"])
    def test_where_nobody_says_so_there_are_no_pools(self, mode: str) -> None:
        other = "- {id: other, hierarchy: {limit_enforcement: CASCADING}}\n"
        assert self.found(self.ROOT, self.child("a", mode=mode), other) == []


class TestIgnoring:
    def test_it_leaves_out_warnings_of_the_rule(self) -> None:
        unlimited = "- {id: a, hierarchy: {}, metadata: {name: ''}, models: [{slug: o/m}]}"
        assert rules(unlimited) == ["V03", "V19"]
        assert [problem.rule for problem in problems(unlimited, ignore=frozenset({"V19"}))] == ["V03"]

    def test_it_never_leaves_out_an_error(self) -> None:
        found = problems(f"- {{id: a, metadata: {{name: {'n' * 256}}}}}", ignore=frozenset({"V03"}))
        assert [(problem.rule, problem.level) for problem in found] == [("V03", Level.ERROR)]

    def test_it_holds_for_warnings_beside_errors(self) -> None:
        both = "- {id: a, metadata: {name: ''}}\n- {id: b, modls: []}"
        assert rules(both) == ["V03", "V20"]
        assert [problem.rule for problem in problems(both, ignore=frozenset({"V03"}))] == ["V20"]

    def test_the_catalogue_knows_which_rules_warn(self) -> None:
        seen = {
            tuple(line.split()[1:3])
            for file in CASES.glob("*/*.expected")
            for line in file.read_text(encoding="utf-8").splitlines()
        }
        assert {rule.id for rule in FILE_RULES if rule.warns} == {rule for level, rule in seen if level == "warning"}
        errors = {rule.id for rule in FILE_RULES if rule.level is Level.ERROR}
        assert errors == {rule for level, rule in seen if level == "error"}


class TestAmounts:
    def test_of_very_many_problems_of_a_rule_the_first_are_told(self) -> None:
        groups = [
            declared(f"g{number}", models={MODEL: {}}, limit_enforcement="INDEPENDENT", line=10 * number + 1)
            for number in range(1500)
        ]
        found = list(tree_problems(Trees(groups)))
        assert len(found) == 1001
        assert {problem.rule for problem in found} == {"V19"}
        assert found[-1].message == "more than 1,000 warnings of this rule; no more are shown"

    def test_one_profile_is_one_warning_however_many_groups_use_it(self) -> None:
        limits = {TPM: 10, TPD: 5}
        groups = [declared(f"g{number}", models={MODEL: limits}, profiles={MODEL: "gold"}) for number in range(300)]
        (found,) = tree_problems(Trees(groups))
        assert found.rule == "V32"
        assert found.message.endswith('; so for 299 other groups with the profile "gold"')

    def test_a_profile_is_told_again_where_another_ancestor_makes_the_difference(self) -> None:
        groups = [
            declared("slow", models={MODEL: {TPS: 1}}),
            declared("slower", models={MODEL: {TPS: 2}}),
            *(
                declared(f"{root}-{number}", parent=root, models={MODEL: {TPM: 1000}}, profiles={MODEL: "gold"})
                for root in ("slow", "slower")
                for number in range(2)
            ),
        ]
        assert [problem.message.split(" of ")[1].split()[0] for problem in tree_problems(Trees(groups))] == [
            '"slow-0"',
            '"slower-0"',
        ]

    def test_a_model_without_limit_is_told_once_for_a_whole_tree(self) -> None:
        groups = [
            declared("root", models={MODEL: {}}),
            *(declared(f"g{number}", parent="root", models={MODEL: {}}) for number in range(300)),
        ]
        (found,) = tree_problems(Trees(groups))
        assert found.rule == "V19"
        assert "nor is it for 300 groups below" in found.message


class TestSilence:
    """What the documented rules do not make a mistake."""

    @pytest.mark.parametrize("mode", ["INDEPENDENT", "CASCADING"])
    def test_a_tighter_child_below_generous_ancestors(self, mode: str) -> None:
        groups = [
            declared("root", models={MODEL: {TPM: 1000, RPM: 100, TPD: 500_000}}, limit_enforcement=mode),
            declared("child", parent="root", models={MODEL: {TPM: 1}}, limit_enforcement=mode),
        ]
        assert list(tree_problems(Trees(groups))) == []

    def test_limits_that_an_independent_child_replaces(self) -> None:
        groups = [
            declared("root", models={MODEL: {TPM: 10, TPD: 100}}),
            declared("child", parent="root", models={MODEL: {TPM: 1000, TPD: 100_000}}),
        ]
        assert list(tree_problems(Trees(groups))) == []

    def test_pairs_that_only_ancestors_write_are_told_there(self) -> None:
        groups = [
            declared("root", models={MODEL: {TPM: 10, TPD: 5}}, limit_enforcement="CASCADING"),
            declared("child", parent="root", models={MODEL: {RPM: 1}}, limit_enforcement="CASCADING"),
        ]
        assert [(problem.rule, problem.path) for problem in tree_problems(Trees(groups))] == [
            ("V32", "groups[0].models[0].usage_limits[0]")
        ]

    def test_types_that_the_documentation_does_not_describe(self) -> None:
        assert rules("""
- id: a
  models:
  - slug: o/m
    rate_limits: [{type: CONCURRENT_REQUEST, unit: SECOND, threshold: 1}]
    usage_limits: [{type: CONCURRENT_REQUEST, unit: DAY, threshold: 1_000_000}]
""") == ["V07", "V07"]


def test_thresholds_of_thousands_of_digits_are_compared_all_the_same() -> None:
    huge = f"0x1{'0' * 4000}"
    (found,) = problems(f"""
- id: a
  models:
  - slug: o/m
    rate_limits: [{{type: TOKEN, unit: SECOND, threshold: 1}}]
    usage_limits: [{{type: TOKEN, unit: DAY, threshold: {huge}}}]
""")
    assert found.rule == "V31"


def test_paths_count_the_groups_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "version: 1\ngroups:\n- {id: x}\n- {id: y, hierarchy: {}, models: [{slug: o/m}]}\n"
    )
    (tmp_path / "b.yaml").write_text("version: 1\ngroups:\n- {id: z, hierarchy: {}, models: [{slug: o/m}]}\n")
    found = load_desired([tmp_path]).warnings
    assert [problem.path for problem in found] == ["groups[1].models[0]", "groups[0].models[0]"]


class TestAParentIdSpeltLikeAnotherGroupsExternalId:
    """``parent_group_id: top`` is an internal id; the group whose external id is ``top`` has nothing to do with it."""

    @staticmethod
    def told(*groups: DesiredGroup) -> list[str]:
        return [problem.rule for problem in tree_problems(Trees(groups)) if problem.level is Level.ERROR]

    def test_it_has_another_mode(self) -> None:
        stranger = declared("a", parent=UNSET, parent_group_id="top")
        assert self.told(declared("top", limit_enforcement="CASCADING"), stranger) == []
        pinned = declared("top", id="top", limit_enforcement="CASCADING")
        assert self.told(pinned, stranger) == ["V13"]

    def test_it_adds_no_level(self) -> None:
        chain = [declared("top"), *(declared(f"g{n}", parent=f"g{n - 1}" if n else "top") for n in range(4))]
        assert self.told(*chain, declared("a", parent=UNSET, parent_group_id="g3")) == []
        assert self.told(*chain, declared("a", parent="g3")) == ["V15"]

    def test_it_is_no_pool(self) -> None:
        top = declared("top", limit_enforcement="CASCADING", models={MODEL: {TPM: 1}})
        child = declared("a", parent="top", limit_enforcement="CASCADING", models={MODEL: {TPM: 2}})
        assert self.told(top, replace(child, parent=UNSET, parent_group_id="top")) == []
        assert self.told(top, child) == ["V16"]
