"""What must hold for every live group, however its JSON is arranged."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from drift.errors import Cause, GatewayError
from drift.gateway.client import Page
from drift.gateway.key import ApiKey
from drift.gateway.sweep import Wanted
from drift.gateway.transport import error_text
from drift.gateway.wire import decode_group, unknown_members
from drift.model.groups import DesiredGroup, Group, Positions
from tests.examples import drawn_part

Json = dict[str, Any]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
thresholds = st.integers(min_value=0, max_value=2**70)
types = st.sampled_from(["TOKEN", "REQUEST", "OUTPUT_TOKEN", "NEW"])
units = st.sampled_from(["SECOND", "MINUTE", "DAY"])


def limits(*, effective: bool) -> st.SearchStrategy[list[Json]]:
    """Lists of limits, repeated keys included."""
    members = {"type": types, "unit": units, "threshold": thresholds}
    return st.lists(st.fixed_dictionaries(members | ({"source_group": ids} if effective else {})), max_size=4)


def models(*, effective: bool) -> st.SearchStrategy[list[Json]]:
    """Lists of models, repeated slugs included."""
    members = {"rate_limits": limits(effective=effective), "usage_limits": limits(effective=effective)}
    return st.lists(st.fixed_dictionaries({"slug": st.sampled_from(["a", "b", "c"]) | texts, **members}), max_size=4)


groups = st.fixed_dictionaries(
    {
        "id": ids,
        "metadata": st.fixed_dictionaries({"external_entity_id": ids, "name": st.none() | texts}),
        "models": models(effective=False),
        "effective_models": models(effective=True),
        "hierarchy": st.fixed_dictionaries(
            {"limit_enforcement": texts, "parent_group_id": st.none() | ids},
        ),
        "created_at": texts,
    }
)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def decoded(group: Json) -> Group:
    """The group as the client sees it."""
    return decode_group(json.dumps(group).encode(), "")


def unreadable(read: Callable[[bytes, str], object], content: bytes) -> Cause | None:
    """Why this cannot be read, or None if it can."""
    try:
        read(content, "")
    except GatewayError as error:
        return error.cause
    return None


def objects(value: object) -> list[Json]:
    """All objects in a JSON value."""
    if isinstance(value, dict):
        return [value, *(inner for member in value.values() for inner in objects(member))]
    return [inner for member in value for inner in objects(member)] if isinstance(value, list) else []


@given(groups, st.randoms(use_true_random=False))
def test_order_means_nothing(group: Json, rng: random.Random) -> None:
    """Lists and members in any order are the same group, repeated keys included."""
    shuffled = copy.deepcopy(group)
    for part in objects(shuffled):
        for member in part.values():
            if isinstance(member, list):
                rng.shuffle(member)
        entries = list(part.items())
        rng.shuffle(entries)
        part.clear()
        part.update(entries)
    assert decoded(shuffled) == decoded(group)


@given(groups, st.randoms(use_true_random=False))
def test_empty_null_and_absent_are_the_same(group: Json, rng: random.Random) -> None:
    """Whether a list is empty, null or left out says nothing; so for names and parents that are null."""
    sparse = copy.deepcopy(group)
    for part in objects(sparse):
        for name in ("rate_limits", "usage_limits", "models", "name", "parent_group_id"):
            if name in part and not part[name] and part[name] != "":
                match rng.choice(["null", "absent", "as it is"]):
                    case "null":
                        part[name] = None
                    case "absent":
                        del part[name]
    assert decoded(sparse) == decoded(group)


@given(groups, st.data())
def test_unknown_members_mean_nothing(group: Json, data: st.DataObject) -> None:
    """Members that this version does not know are noticed, at any depth, and change nothing."""
    future = copy.deepcopy(group)
    part = drawn_part(data, objects(future))
    part["x-new"] = data.draw(json_values)
    assert decoded(future) == decoded(group)
    assert any(path.endswith("x-new") for path in unknown_members(json.dumps(future).encode()))
    assert unknown_members(json.dumps(group).encode()) == []


@given(groups, thresholds, st.data())
def test_every_threshold_counts(group: Json, threshold: int, data: st.DataObject) -> None:
    """Any other threshold makes another group."""
    changed = copy.deepcopy(group)
    limits = [part for part in objects(changed) if "threshold" in part]
    if not limits:
        return
    limit = drawn_part(data, limits)
    before, limit["threshold"] = limit["threshold"], threshold
    assert (decoded(changed) == decoded(group)) is (before == threshold)


@given(groups)
def test_nothing_is_lost(group: Json) -> None:
    """Every limit has a place, also those whose keys are repeated."""
    live = decoded(group)
    for name, kept in (("models", live.models), ("effective_models", live.effective_models or {})):
        listed = [limit for model in group[name] for limit in model["rate_limits"] + model["usage_limits"]]
        assert len(kept) == len(group[name])
        assert sum(len(limits) for limits in kept.values()) == len(listed)
        assert sorted(value for limits in kept.values() for value in limits.values()) == sorted(
            limit["threshold"] for limit in listed
        )


@given(st.lists(groups, max_size=2))
def test_a_listed_group_is_the_same_group(members: list[Json]) -> None:
    """Items of a list and answers to a get are read alike."""
    page = Page(json.dumps({"items": members, "pagination": {"has_more": False}}).encode(), "")
    assert page.decode().groups == [decoded(group) for group in members]


def repeated(group: Json) -> list[Json]:
    """The effective models of a group whose own are all that it has."""
    return [
        {
            "slug": model["slug"],
            **{
                kind: [{**limit, "source_group": group["id"]} for limit in model[kind]]
                for kind in ("rate_limits", "usage_limits")
            },
        }
        for model in group["models"]
    ]


def listed(members: list[Json], separators: tuple[str, str]) -> Page:
    """A page with these items, written with or without blanks."""
    envelope = {"items": members, "pagination": {"has_more": False}}
    return Page(json.dumps(envelope, separators=separators, ensure_ascii=False).encode(), "")


def spelt_out(group: Json) -> Json:
    """The same group, its effective limits written so that they have to be decoded: the members the other way round."""
    other = copy.deepcopy(group)
    for limit in objects(other.get("effective_models")):
        entries = reversed(list(limit.items()))
        limit.clear()
        limit.update(entries)
    return other


separators = st.sampled_from([(", ", ": "), (",", ":")])


@given(groups, separators)
def test_effective_limits_that_repeat_the_own_ones(group: Json, separators: tuple[str, str]) -> None:
    """They are recognised without being decoded, and are the same as if they were decoded."""
    group = {**group, "effective_models": repeated(group)}
    (live,) = listed([group], separators).decode().groups
    assert live == decoded(spelt_out(group))


@given(groups, separators, json_values, st.data())
def test_effective_limits_that_nearly_repeat_the_own_ones(
    group: Json, separators: tuple[str, str], other: object, data: st.DataObject
) -> None:
    """Whatever stands in some member's place, or is left out, a list shows what a get would."""
    group = copy.deepcopy({**group, "effective_models": repeated(group)})
    part = drawn_part(data, [group, *objects(group["effective_models"]), *objects(group["models"])])
    name = data.draw(st.sampled_from(sorted(part)))
    if data.draw(st.booleans()):
        part[name] = other
    else:
        del part[name]
    items = listed([group], separators).decode()
    in_full = spelt_out(group)
    if unreadable(decode_group, json.dumps(in_full).encode()):
        assert len(items.broken) == 1
    else:
        assert items.groups == [decoded(in_full)]


@given(groups, json_values | st.text() | st.just(float("nan")), st.data())
def test_any_damage_is_an_error_of_one_kind(group: Json, damage: object, data: st.DataObject) -> None:
    """Whatever stands in some member's place, it is read or it is unreadable; it never crashes."""
    damaged = copy.deepcopy(group)
    part = drawn_part(data, objects(damaged))
    part[data.draw(st.sampled_from(sorted(part)))] = damage
    assert unreadable(decode_group, json.dumps(damaged).encode()) in (None, Cause.UNREADABLE_RESPONSE)
    page = Page(json.dumps({"items": [group, damaged], "pagination": {"has_more": False}}).encode(), "")
    items = page.decode()
    assert len(items.groups) + len(items.broken) == 2
    assert items.groups[0] == decoded(group)


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bodies may hold anything."""
    assert unreadable(decode_group, content) in (None, Cause.UNREADABLE_RESPONSE)
    assert unreadable(Page, content) in (None, Cause.UNREADABLE_RESPONSE)
    error_text(httpx.Response(500, content=content))


@given(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=6, max_size=40),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_keys_are_never_left_in_a_text(secret: str, before: str, after: str) -> None:
    """Whatever surrounds a key, as it is or in JSON."""
    key = ApiKey(secret, origin="test")
    assert secret not in key.redact(before + secret + after).replace("[API key]", "")
    assert secret not in key.redact(json.dumps({"error": before + secret + after})).replace("[API key]", "")


@given(st.lists(st.tuples(st.none() | ids, st.none() | ids), max_size=8), st.data())
def test_every_wanted_group_is_closed_once(pairs: list[tuple[str | None, str | None]], data: st.DataObject) -> None:
    """Whichever ids live groups come with, no position is found twice."""
    positions = Positions("f", [(1, 1)] * 7)
    wanted = Wanted([DesiredGroup(positions, id=id_, external_entity_id=external) for id_, external in pairs])
    closed = set()
    for external in data.draw(st.lists(ids | st.sampled_from([pair[1] for pair in pairs] or [None]))):
        position = wanted.by_external(external)
        if position is not None:
            assert pairs[position][1] == external
            assert position not in closed
            wanted.pop(position)
            closed.add(position)
    assert set(wanted) == set(range(len(pairs))) - closed
