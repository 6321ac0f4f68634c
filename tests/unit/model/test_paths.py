"""Places of differences: what reports publish of them, and how they are read back."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.model.limits import UNITS, limit_key
from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    Field,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
    declared_at,
    path_of,
    with_part,
)
from drift.report.codec import decode, encode
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared

texts = st.text(min_size=1, max_size=8)
types, units = st.sampled_from(["TOKEN", "NEW"]), st.sampled_from(["DAY", "WEEK"])
limits = st.builds(limit_key, st.sampled_from(list(UNITS)), types, units)
PATHS: dict[type[Path], st.SearchStrategy[Path]] = {
    GroupPath: st.builds(GroupPath),
    FieldPath: st.builds(FieldPath, st.sampled_from(get_args(Field))),
    ModelPath: st.builds(ModelPath, texts),
    LimitPath: st.builds(LimitPath, texts, limits),
    RateLimitPath: st.builds(RateLimitPath, texts, types),
    EffectivePath: st.builds(EffectivePath),
    EffectiveLimitPath: st.builds(EffectiveLimitPath, texts, limits, st.none() | texts),
}
paths = st.one_of(*PATHS.values())


def test_every_kind_of_path_is_tried_here() -> None:
    (every,) = {kind.__mro__[1] for kind in PATHS}

    assert set(PATHS) == set(every.__subclasses__())


@given(paths)
def test_a_published_path_is_read_back_as_what_it_was(path: Path) -> None:
    back = path_of(path.parts)

    assert (type(back), back, hash(back)) == (type(path), path, hash(path))
    assert decode(encode([path]), list[Path]) == [path]


@given(paths, paths)
def test_two_paths_are_one_if_they_are_published_alike(one: Path, other: Path) -> None:
    assert (one == other) is (one.parts == other.parts)


@pytest.mark.parametrize(
    "parts",
    [("nowhere",), ("models",), ("models", "a/b", "rate_limits"), ("models", "a/b", "x", "y/z"), ("metadata", "x")],
)
def test_what_no_group_has_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"a group has no {' / '.join(parts)}"):
        path_of(parts)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (GroupPath(), 1),
        (FieldPath("name"), 4),
        (FieldPath("parent_group_id"), 6),
        (ModelPath("not/listed"), 7),
        (ModelPath(MODEL), 8),
        (LimitPath(MODEL, TPD), 10),
        (LimitPath(MODEL, RPM), 8),
        (RateLimitPath(MODEL, "TOKEN"), 9),
        (RateLimitPath(MODEL, "REQUEST"), 8),
        (EffectiveLimitPath(MODEL, TPM), 1),
    ],
    ids=str,
)
def test_a_difference_stands_where_the_files_declare_it_or_what_is_around_it(path: Path, line: int) -> None:
    group = declared(models={MODEL: {TPM: 1, TPD: 2}}, line=1)

    assert declared_at(group, path).line == line


def test_a_part_of_other_models_takes_the_place_of_ones_own() -> None:
    own, other = {MODEL: {TPM: 1, TPD: 2}, "a/b": {}}, {MODEL: {TPS: 3}, "c/d": {RPM: 4}}

    assert with_part(own, other, RateLimitPath(MODEL, "TOKEN")) == {MODEL: {TPS: 3, TPD: 2}, "a/b": {}}
    assert with_part(own, other, LimitPath(MODEL, TPD)) == {MODEL: {TPM: 1}, "a/b": {}}
    assert with_part(own, other, ModelPath("c/d")) == {**own, "c/d": {RPM: 4}}
    assert with_part(own, other, ModelPath("a/b")) == {MODEL: {TPM: 1, TPD: 2}}
    assert with_part(own, other, LimitPath("c/d", RPM)) == own
