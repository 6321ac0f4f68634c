"""YAML to plain values with positions: what PyYAML's safe loader reads, and what is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from drift.desired.nodes import Path, Places, Problems, UnreadableError, Value, YamlValue, size, spell
from drift.desired.reader import MOST_ALIASED, read_document
from drift.desired.scalars import PlainScalars
from drift.errors import Problem


def read(text: str) -> YamlValue:
    problems = Problems("file.yaml")
    node = read_document(text.encode(), problems, scalars=PlainScalars())
    assert problems.all() == []
    assert node is not None
    assert len(node.positions) == size(node.value)
    return node


def value(text: str) -> Value:
    return read(text).value


def at(text: str, *path: str | int, key: bool = False) -> tuple[int, int]:
    return Places(read(text)).find(path, key=key)


def problems_of(text: str) -> list[Problem]:
    problems = Problems("file.yaml")
    try:
        read_document(text.encode(), problems, scalars=PlainScalars())
    except UnreadableError:
        assert problems.all()
    return problems.all()


def test_every_part_knows_its_line_and_column() -> None:
    text = "a:\n  - {b: 1, c: [x]}\n  - é: {d: y}\n"
    assert at(text) == (1, 1)
    assert at(text, "a", key=True) == (1, 1)
    assert at(text, "a") == (2, 3)
    assert at(text, "a", 0, "c", 0) == (2, 16)
    assert at(text, "a", 1, "é", "d", key=True) == (3, 9)
    assert at(text, "a", 1, "é", "d") == (3, 12)


def test_what_is_missing_stands_where_it_would_have_to_go() -> None:
    assert at("a: {b: 1}", "a", "zzz", key=True) == (1, 4)
    assert at("a: [1]", "a", 7, "deeper") == (1, 4)


def test_an_alias_stands_where_it_is_used_and_its_parts_where_they_are_written() -> None:
    text = "a: &x\n  b: 1\nc: *x\n"
    assert value(text) == {"a": {"b": 1}, "c": {"b": 1}}
    assert at(text, "c") == (3, 4)
    assert at(text, "c", "b") == (2, 6)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {x: 1, y: [1, 2]}\nb: {<<: *a, x: 2}",
        "a: &a {x: 1, y: 2}\nb: &b {x: 3, z: {w: 1}}\nc: {v: 0, <<: [*b, *a], y: 5}",
        "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}\nd: *b",
        "a: &a one\nb: {*a : 2}",
        "&k a: 1\nb: *k",
        "<<: {a: 1}\nb: 2",
        "a: ! b\nc: ! 5",
        "'<<': {a: 1}",
        "a:\n- 1\n-\n- ~\nb: 'x''y'\nc: |\n  text\n  more\nd: >-\n  folded\n  text\n",
    ],
)
def test_anchors_merges_and_styles_read_as_the_safe_loader_reads_them(text: str) -> None:
    assert value(text) == yaml.safe_load(text)


def test_an_anchor_may_be_given_again_as_yaml_allows_though_the_safe_loader_does_not() -> None:
    assert value("a: &x 1\nb: *x\nc: &x 2\nd: *x") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_merged_entries_keep_their_positions() -> None:
    text = "a: &a\n  x: 1\n  y: {z: 2}\nb:\n  <<: *a\n  x: 3\n"
    assert at(text, "b", "x") == (6, 6)
    assert at(text, "b", "y", "z") == (3, 10)


def test_what_is_refused_leaves_no_trace_in_the_positions() -> None:
    problems = Problems("file.yaml")
    text = "a: 1\n? [x, y]\n: {z: 1}\na: [1, 2, 3]\n7: {q: [r]}\nb: {c: 2}\n"
    node = read_document(text.encode(), problems, scalars=PlainScalars())
    assert node is not None
    assert node.value == {"a": 1, "b": {"c": 2}}
    assert Places(node).find(("b", "c")) == (6, 8)
    assert [problem.location.line for problem in problems.all()] == [2, 4, 5]


def test_groups_can_be_handed_on_one_by_one() -> None:
    seen: list[tuple[int, Value, tuple[int, int]]] = []

    def sink(index: int, node: YamlValue) -> None:
        seen.append((index, node.value, Places(node).find(())))

    text = b"a: &a {x: 1}\ngroups:\n- *a\n- [y, {groups: [1]}]\nz: {groups: [2]}\n"
    node = read_document(text, Problems("f"), scalars=PlainScalars(), sink=sink)
    assert node is not None
    assert node.value == {"a": {"x": 1}, "groups": [], "z": {"groups": [2]}}
    assert Places(node).find(("z", "groups", 0)) == (5, 14)
    assert seen == [(0, {"x": 1}, (3, 3)), (1, ["y", {"groups": [1]}], (4, 3))]


@pytest.mark.parametrize("text", ["groups: &all [1]\nz: *all", "&top {groups: [1], z: [1]}"])
def test_a_list_that_an_alias_may_ask_for_is_kept_whole(text: str) -> None:
    node = read_document(text.encode(), Problems("f"), scalars=PlainScalars(), sink=lambda *_: pytest.fail("handed on"))
    assert node is not None
    assert node.value == {"groups": [1], "z": [1]}


def test_an_alias_bomb_is_stopped_before_it_grows() -> None:
    levels = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9))
    (problem,) = problems_of(f"a: &a [x, x, x, x, x, x, x, x, x, x]\n{levels}")
    assert problem.message == f"aliases expand to more than {MOST_ALIASED:,} values"


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "[" * 500 + "]" * 500])
def test_depth_ends_in_a_problem_not_in_a_recursion(text: str) -> None:
    (problem,) = problems_of(text)
    assert problem.rule == "V00"


def test_the_deepest_that_is_allowed_is_read() -> None:
    assert value("[" * 64 + "]" * 64) == yaml.safe_load("[" * 64 + "]" * 64)


@contextmanager
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        yield


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {x: 1, y: [~, no, 0777, 1_000]}\nb: {<<: *a, z: 'q'}\n",
        "a: [1, 2\nb: 3",
        "a: \x07",
        "a: !!int 5",
        "a: *b",
        'a: "\\ud800"',
        "a: 1\n---\nb: 2",
    ],
)
def test_without_libyaml_the_same_is_read_and_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, problems = Problems("f"), Problems("f")
    with without_libyaml(monkeypatch):
        slow_node = _try_to_read(text, problems)
    fast_node = _try_to_read(text, fast)
    assert (slow_node and slow_node.value) == (fast_node and fast_node.value)
    assert [(p.rule, p.path) for p in problems.all()] == [(p.rule, p.path) for p in fast.all()]


def _try_to_read(text: str, problems: Problems) -> YamlValue | None:
    try:
        return read_document(text.encode(), problems, scalars=PlainScalars())
    except UnreadableError:
        return None


def test_paths_are_spelt_as_people_write_them() -> None:
    path: Path = ("groups", 2, "models", 0, "slug")
    assert spell(path) == "groups[2].models[0].slug"
    assert spell(("profiles", "gold plan", "rate_limits")) == 'profiles["gold plan"].rate_limits'
    assert spell(()) == ""
