"""Laws of comparing: equal is silent, any difference is heard, and both directions mirror each other."""

from hypothesis import assume, given
from hypothesis import strategies as st

from drift.checker.group import compare
from drift.checker.model_diff import LimitChanged, ModelAdded, ModelRemoved, UnitChanged, diff_models
from drift.model.limits import LimitKey, Models
from drift.rules import Direction
from tests.builders import declared, live

SLUGS = st.sampled_from(["org/a", "org/b", "__c", "", "root['x']", "\u202e"])
KEYS = st.builds(
    LimitKey, st.just("rate_limits"), st.sampled_from(["TOKEN", "REQUEST"]), st.sampled_from(["SECOND", "MINUTE"])
) | st.builds(LimitKey, st.just("usage_limits"), st.sampled_from(["TOKEN", "REQUEST"]), st.just("DAY"))
THRESHOLDS = st.integers(min_value=0, max_value=2**70)
MODELS = st.dictionaries(SLUGS, st.dictionaries(KEYS, THRESHOLDS, max_size=4), max_size=4)


@given(MODELS)
def test_equal_models_have_no_differences(models: Models) -> None:
    copy = {slug: dict(limits) for slug, limits in reversed(list(models.items()))}
    assert compare(declared(models=models), live(models=copy)) == ()


@given(MODELS, MODELS)
def test_different_models_always_differ_and_every_difference_is_true(one: Models, other: Models) -> None:
    assume(one != other)
    changes = diff_models(one, other)

    assert changes
    for change in changes:
        match change:
            case ModelAdded(slug, limits):
                assert slug not in one
                assert other[slug] == limits
            case ModelRemoved(slug, limits):
                assert slug not in other
                assert one[slug] == limits
            case LimitChanged(slug, key, before, after):
                assert (one[slug].get(key), other[slug].get(key)) == (before, after)
                assert before != after
            case UnitChanged(slug, before_key, before, after_key, after):
                assert (one[slug][before_key], other[slug][after_key]) == (before, after)
                assert before_key not in other[slug]
                assert after_key not in one[slug]


@given(MODELS, MODELS)
def test_applying_the_differences_gives_the_other_side(one: Models, other: Models) -> None:
    """Nothing is lost: the differences are a complete account of how to get from one side to the other."""
    patched = {slug: dict(limits) for slug, limits in one.items()}
    for change in diff_models(one, other):
        match change:
            case ModelAdded(slug, limits):
                patched[slug] = dict(limits)
            case ModelRemoved(slug):
                del patched[slug]
            case LimitChanged(slug, key, _, None):
                del patched[slug][key]
            case LimitChanged(slug, key, _, int(after)):
                patched[slug][key] = after
            case UnitChanged(slug, before_key, _, after_key, after):
                del patched[slug][before_key]
                patched[slug][after_key] = after
    assert patched == other


@given(MODELS, MODELS)
def test_exchanging_the_sides_turns_looser_into_tighter(one: Models, other: Models) -> None:
    opposite = {
        Direction.PERMISSIVE: Direction.RESTRICTIVE,
        Direction.RESTRICTIVE: Direction.PERMISSIVE,
        Direction.NEUTRAL: Direction.NEUTRAL,
    }
    there = compare(declared(models=one), live(models=other))
    back = compare(declared(models=other), live(models=one))

    assert sorted((f.path.parts[:3], opposite[f.direction]) for f in there) == sorted(
        (f.path.parts[:3], f.direction) for f in back
    )
