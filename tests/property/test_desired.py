"""What holds for every desired file, however odd."""

import random
import re
from collections.abc import Mapping
from typing import TypeAlias

import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from drift.desired import Desired, load_desired
from drift.desired.nodes import Places, Problems, UnreadableError, Value, children, size
from drift.desired.reader import read_document
from drift.desired.scalars import PlainScalars, Surprise
from drift.errors import DesiredError, Location
from drift.model.groups import DesiredGroup, Positions

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""YAML 1.1's, by which libyaml counts lines."""

words = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["no", "on", "~", "null", "0777", "1:30", "1_000", "0x1F", "1e3", "1.5", "<<", "=", "2026-01-31"]),
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), words),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(words, values, max_size=4),
    max_leaves=20,
)


def load(data: bytes) -> Desired:
    return load_desired(["-"], stdin=lambda: data)


def plain(value: Value) -> object:
    """The value as the safe loader has it."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.value if isinstance(value, Surprise) else value


@given(documents, st.sampled_from([True, False, None]))
def test_plain_documents_read_as_the_safe_loader_reads_them(document: Json, flow: bool | None) -> None:  # noqa: FBT001 - hypothesis passes it by position
    text = yaml.safe_dump({"top": document}, default_flow_style=flow, allow_unicode=True)
    problems = Problems("f")
    node = read_document(text.encode(), problems, scalars=PlainScalars())
    assert node is not None
    assert problems.all() == []
    assert plain(node.value) == yaml.load(text, Loader=yaml.CSafeLoader)
    assert len(node.positions) == size(node.value)


@given(st.lists(words.filter(lambda word: word not in {"<<", "="}), min_size=1, max_size=6))
def test_unquoted_words_read_as_the_safe_loader_reads_them(found: list[str]) -> None:
    text = "".join(f"- {word}\n" for word in found)
    try:
        expected = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return
    problems = Problems("f")
    try:
        node = read_document(text.encode(), problems, scalars=PlainScalars())
    except UnreadableError:
        node = None
    if node is None or problems.all():
        return  # stricter than the loader: keys that are not text, duplicate keys
    assert plain(node.value) == expected


def assert_inside(location: Location, data: bytes) -> None:
    text = data.decode("utf-8-sig", errors="replace")
    lines = LINE_BREAK.split(text)
    assert 1 <= location.line <= len(lines)
    assert 1 <= location.column <= len(lines[location.line - 1]) + 1


def load_or_refuse(data: bytes) -> None:
    """Load, and accept nothing but a result or a DesiredError whose positions are in the file."""
    try:
        problems = load(data).warnings
    except DesiredError as error:
        problems = error.problems
        assert problems
    for problem in problems:
        assert_inside(problem.location, data)


@given(st.binary(max_size=200))
def test_any_bytes_load_or_are_refused_with_positions(data: bytes) -> None:
    load_or_refuse(data)


TOKENS = [
    *("version: 1", "groups:", "profiles:", "metadata:", "external_entity_id:", "hierarchy:", "parent:", "models:"),
    *("slug:", "rate_limits:", "{type: TOKEN, unit: MINUTE, threshold: 1}", "&a", "*a", "<<: *a", "a", "no", "0777"),
    *(
        "-",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        "'",
        '"',
        "---\n",
        "!!str",
        "? ",
        "|",
        "é",
    ),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=40))
def test_any_words_load_or_are_refused_with_positions(tokens: list[str]) -> None:
    load_or_refuse(" ".join(tokens).encode())


@given(st.lists(documents, max_size=3), st.dictionaries(words, documents, max_size=3))
def test_any_groups_and_profiles_load_or_are_refused_with_positions(
    groups: list[Json], profiles: dict[str, Json]
) -> None:
    load_or_refuse(yaml.safe_dump({"version": 1, "groups": groups, "profiles": profiles}).encode())


limits = st.fixed_dictionaries({"type": st.sampled_from(["TOKEN", "REQUEST"]), "threshold": st.integers(min_value=0)})
rate_limits = st.lists(
    st.tuples(limits, st.sampled_from(["SECOND", "MINUTE"])), max_size=2, unique_by=lambda limit: str(limit[0]["type"])
).map(lambda found: [{**limit, "unit": unit} for limit, unit in found])
usage_limits = st.lists(limits, max_size=2, unique_by=lambda limit: limit["type"]).map(
    lambda found: [{**limit, "unit": "DAY"} for limit in found]
)
models = st.lists(
    st.fixed_dictionaries(
        {"slug": st.sampled_from([f"org/m{n}" for n in range(5)])},
        optional={"rate_limits": rate_limits, "usage_limits": usage_limits, "profile": st.just("gold")},
    ),
    max_size=4,
    unique_by=lambda model: model["slug"],
)
groups = st.lists(
    st.fixed_dictionaries(
        {"metadata": st.fixed_dictionaries({"external_entity_id": st.text("abcdef", min_size=1, max_size=3)})},
        optional={"models": models, "hierarchy": st.just({}), "id": st.uuids().map(str)},
    ),
    max_size=4,
    unique_by=lambda group: str(group["metadata"]),
)


def shuffled(value: Json, seed: random.Random) -> Json:
    if isinstance(value, list):
        parts = [shuffled(part, seed) for part in value]
        seed.shuffle(parts)
        return parts
    if isinstance(value, dict):
        items = [(key, shuffled(part, seed)) for key, part in value.items()]
        seed.shuffle(items)
        return dict(items)
    return value


def without_marks(group: DesiredGroup) -> Mapping[str, object]:
    return {name: value for name, value in asdict(group).items() if name != "positions"}


@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_groups_models_and_limits_means_nothing(written: list[Json], seed: random.Random) -> None:
    file: dict[str, Json] = {
        "version": 1,
        "profiles": {"gold": {"rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 5}]}},
        "groups": written,
    }
    once, again = (
        {
            group.external_entity_id: without_marks(group)
            for group in load(yaml.safe_dump(text, sort_keys=False).encode()).groups
        }
        for text in (file, shuffled(file, seed))
    )
    assert once == again


def first_things_first(value: Json) -> Json:
    """The same with every model beginning with its slug, and every limit with its type."""
    if isinstance(value, list):
        return [first_things_first(part) for part in value]
    if isinstance(value, dict):
        first = {key: value[key] for key in ("slug", "type") if key in value}
        return first | {key: first_things_first(part) for key, part in value.items()}
    return value


@given(groups)
def test_marks_point_at_what_they_name(written: list[Json]) -> None:
    profile: Json = {"rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 5}]}
    file: Json = {"version": 1, "profiles": {"gold": profile}, "groups": written}
    text = yaml.safe_dump(first_things_first(file), sort_keys=False)
    lines = text.splitlines()

    def begins(location: Location, *words: str) -> bool:
        return lines[location.line - 1][location.column - 1 :].startswith(words)

    for group in load(text.encode()).groups:
        positions: Positions = group.positions
        assert begins(
            positions.field("external_entity_id"), f"external_entity_id: {group.external_entity_id}"
        ) or begins(positions.field("external_entity_id"), "external_entity_id: '")
        for slug, found in (group.models or {}).items():
            assert begins(positions.model(group.models or {}, slug), f"slug: {slug}")
            for key in found:
                at = positions.limit(group.models or {}, slug, key)
                assert begins(at, f"type: {key.type}", "profile: gold")


@given(documents)
def test_every_part_is_found_where_the_marks_say(document: Json) -> None:
    text = yaml.safe_dump({"top": document}, default_flow_style=True, width=1_000_000)
    node = read_document(text.encode(), Problems("f"), scalars=PlainScalars())
    assert node is not None
    places = Places(node)
    for step, part, place in children(node.value, 0):
        assert places.mark((step,)) is node.positions[place.value]
        for inner, _, inner_place in children(part, place.value):
            assert places.mark((step, inner)) is node.positions[inner_place.value]
