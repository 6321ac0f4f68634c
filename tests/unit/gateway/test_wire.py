"""Responses become groups, or an error that says where they are wrong."""

import json
from typing import Any

import pytest

from drift.errors import Cause, GatewayError
from drift.gateway.client import Page
from drift.gateway.wire import decode_group, unknown_members
from drift.model.limits import EffectiveKey, LimitKey

WHERE = "/v1/gateway/groups/abc123hash"


def group(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    """The sample of the *Get a group* page, with changes."""
    return {
        "id": "abc123hash",
        "metadata": {"name": "Acme prod", "external_entity_id": "cust_42"},
        "models": [
            {
                "slug": "your-org/your-model",
                "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 1_000_000}],
                "usage_limits": [],
            }
        ],
        "effective_models": [
            {
                "slug": "your-org/your-model",
                "rate_limits": [
                    {"type": "TOKEN", "unit": "MINUTE", "threshold": 1_000_000, "source_group": "abc123hash"}
                ],
                "usage_limits": [],
            }
        ],
        "hierarchy": {"limit_enforcement": "INDEPENDENT", "parent_group_id": None},
        "created_at": "2026-05-13T12:00:00Z",
        **changes,
    }


def body(value: object) -> bytes:
    """JSON, NaN and halves of surrogate pairs included."""
    return json.dumps(value).encode()


def with_threshold(text: str) -> bytes:
    """The sample with another text in place of its own threshold."""
    return body(group()).replace(b'"threshold": 1000000}', b'"threshold": ' + text.encode() + b"}")


def page(items: object, *, has_more: object = False, cursor: object = None) -> bytes:
    """A page of the list."""
    return body({"items": items, "pagination": {"has_more": has_more, "cursor": cursor}})


def test_sample_of_the_documentation() -> None:
    """Every member finds its place."""
    live = decode_group(body(group()), WHERE)
    assert (live.id, live.external_entity_id, live.name) == ("abc123hash", "cust_42", "Acme prod")
    assert (live.limit_enforcement, live.parent_group_id) == ("INDEPENDENT", None)
    assert live.models == {"your-org/your-model": {LimitKey("rate_limits", "TOKEN", "MINUTE"): 1_000_000}}
    assert live.effective_models == {
        "your-org/your-model": {EffectiveKey("rate_limits", "TOKEN", "MINUTE", "abc123hash"): 1_000_000}
    }
    assert live.anomalies == ()


@pytest.mark.parametrize("models", [None, []])
def test_no_models(models: object) -> None:
    """Absent, null and empty mean that nothing is written on the group."""
    absent = group()
    del absent["models"]
    assert decode_group(body(group(models=models)), WHERE).models == {}
    assert decode_group(body(absent), WHERE).models == {}


def test_unreported_effective_models_are_not_empty_ones() -> None:
    """A group without the member is not one without effective limits."""
    absent = group()
    del absent["effective_models"]
    assert decode_group(body(absent), WHERE).effective_models is None
    assert decode_group(body(group(models=None, effective_models=None)), WHERE).effective_models is None
    assert decode_group(body(group(effective_models=[])), WHERE).effective_models == {}


def test_optional_members() -> None:
    """An absent name or parent is null; an empty name is a name."""
    bare = group(metadata={"external_entity_id": "cust_42"}, hierarchy={"limit_enforcement": "CASCADING"})
    live = decode_group(body(bare), WHERE)
    assert (live.name, live.parent_group_id) == (None, None)
    assert decode_group(body(group(metadata={"external_entity_id": "c", "name": ""})), WHERE).name == ""


def test_values_from_the_future() -> None:
    """Types, units and modes that are not known yet are kept as they are."""
    limits = [{"type": "IMAGE", "unit": "FORTNIGHT", "threshold": 1}]
    future = group(models=[{"slug": "m", "rate_limits": limits}], hierarchy={"limit_enforcement": "SHARED"})
    live = decode_group(body(future), WHERE)
    assert live.models == {"m": {LimitKey("rate_limits", "IMAGE", "FORTNIGHT"): 1}}
    assert live.limit_enforcement == "SHARED"


@pytest.mark.parametrize(("text", "threshold"), [("0", 0), ("9223372036854775808", 2**63), ("1" + "0" * 40, 10**40)])
def test_thresholds_of_any_size(text: str, threshold: int) -> None:
    """Zero is a value, and no maximum is documented."""
    assert decode_group(with_threshold(text), WHERE).models == {
        "your-org/your-model": {LimitKey("rate_limits", "TOKEN", "MINUTE"): threshold}
    }


@pytest.mark.parametrize("text", ["5.0", '"5"', "true", "null", "-1", "1e3", "1E999", "[]", "{}", "9" * 5000])
def test_what_is_no_threshold(text: str) -> None:
    """Only JSON integers from 0 are, and the message says where it is not one."""
    with pytest.raises(GatewayError) as caught:
        decode_group(with_threshold(text), WHERE)
    assert caught.value.cause is Cause.UNREADABLE_RESPONSE
    assert caught.value.where == WHERE
    assert "$.models[0].rate_limits[0].threshold" in caught.value.message


@pytest.mark.parametrize("member", ["id", "metadata", "hierarchy", "created_at"])
def test_missing_required_member(member: str) -> None:
    """A group without a member that the schema requires is unreadable, not drifted."""
    incomplete = group()
    del incomplete[member]
    with pytest.raises(GatewayError, match=f"`{member}`"):
        decode_group(body(incomplete), WHERE)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        body(group())[:-1],
        body(group())[: len(body(group())) // 2],
        with_threshold("NaN"),
        with_threshold("Infinity"),
        with_threshold("05"),
        body(group(id="\ud800")),
        body(group()).replace(b"Acme prod", b"Acme \xff"),
        body(group()).replace(b"Acme prod", b"Acme \x00"),
        b"\xef\xbb\xbf" + body(group()),
        b'{"id": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        body(group(id="")),
        body(group(id=5)),
        body(group(metadata={"external_entity_id": ""})),
        body(group(metadata=None)),
        body(group(models={})),
        body(group(models=[{"rate_limits": []}])),
        body(group(models=[{"slug": "m", "rate_limits": [{"type": "TOKEN", "threshold": 1}]}])),
        body(group(models=[{"slug": "m", "usage_limits": {}}])),
        body(group(effective_models=[{"slug": "m", "rate_limits": [{"type": "A", "unit": "B", "threshold": 1}]}])),
    ],
)
def test_broken_group(broken: bytes) -> None:
    """Whatever is wrong, it is one kind of error."""
    with pytest.raises(GatewayError) as caught:
        decode_group(broken, WHERE)
    assert caught.value.cause is Cause.UNREADABLE_RESPONSE


def test_page() -> None:
    """Items in their order, and where to go on."""
    read = Page(page([group(), group(id="b")], has_more=True, cursor="next"), WHERE)
    assert (read.pagination.has_more, read.pagination.cursor) == (True, "next")
    items = read.decode()
    assert [live.id for live in items.groups] == ["abc123hash", "b"]
    assert items.groups[0] == decode_group(body(group()), WHERE)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize(
    ("threshold", "source"), [(1_000_000, "abc123hash"), (1_000_001, "abc123hash"), (1_000_000, "abc123hasH")]
)
def test_effective_limits_that_look_like_the_own_ones(threshold: int, source: str, separators: tuple[str, str]) -> None:
    """A list has them as they are, also where they are as long as the group's own and differ in one character."""
    limit = {"type": "TOKEN", "unit": "MINUTE", "threshold": threshold, "source_group": source}
    item = group(effective_models=[{"slug": "your-org/your-model", "rate_limits": [limit], "usage_limits": []}])
    text = json.dumps({"items": [item], "pagination": {"has_more": False}}, separators=separators).encode()
    (live,) = Page(text, WHERE).decode().groups
    assert live.effective_models == {
        "your-org/your-model": {EffectiveKey("rate_limits", "TOKEN", "MINUTE", source): threshold}
    }


def test_effective_limits_of_which_one_names_no_source() -> None:
    """They are not taken for the group's own, though the others are."""
    limits = [{"type": type_, "unit": "MINUTE", "threshold": 1} for type_ in ("TOKEN", "REQUEST")]
    half = [{**limits[0], "source_group": "abc123hash"}, limits[1]]
    item = group(models=[{"slug": "m", "rate_limits": limits}], effective_models=[{"slug": "m", "rate_limits": half}])
    text = json.dumps({"items": [item], "pagination": {"has_more": False}}, separators=(",", ":")).encode()
    (broken,) = Page(text, WHERE).decode().broken
    assert "effective_models[0].rate_limits[1]" in broken.message


def test_broken_items_leave_the_others_readable() -> None:
    """Each broken item says what is wrong with it, and which group it is where that can still be read."""
    nan = [{"slug": "m", "rate_limits": [{"type": "TOKEN", "unit": "DAY", "threshold": float("nan")}]}]
    items = [
        group(id="first"),
        group(id="x", models=nan),
        group(id=7),
        group(id="\ud800", metadata={"external_entity_id": "half"}),
        "no group",
        {"id": "bare"},
        group(id="last"),
    ]
    read = Page(page(items), WHERE).decode()
    assert [live.id for live in read.groups] == ["first", "last"]
    assert [(broken.id, broken.external_entity_id) for broken in read.broken] == [
        ("x", "cust_42"),
        (None, "cust_42"),
        (None, "half"),
        (None, None),
        ("bare", None),
    ]
    assert [f"items[{index}]" in broken.message for index, broken in enumerate(read.broken, start=1)] == [True] * 5


def test_a_wrong_type_names_its_path() -> None:
    """The path leads from the page to the member."""
    limits = [{"type": "TOKEN", "unit": "DAY", "threshold": 5.0}]
    read = Page(page([group(), group(models=[{"slug": "m", "usage_limits": limits}])]), WHERE).decode()
    assert read.broken[0].message.endswith("`$.items[1].models[0].usage_limits[0].threshold`")


@pytest.mark.parametrize(
    "broken",
    [
        b"<html>",
        b"[]",
        b"{}",
        page([])[:-1],
        body({"items": []}),
        body({"pagination": {"has_more": False}}),
        body({"items": [], "pagination": None}),
        body({"items": [], "pagination": {}}),
        page([], has_more=None),
        page([], has_more="false"),
        page([], cursor=5),
        b"[" * 100_000,
    ],
)
def test_broken_page(broken: bytes) -> None:
    """A page whose pagination cannot be read is no page."""
    with pytest.raises(GatewayError) as caught:
        Page(broken, WHERE)
    assert caught.value.cause is Cause.UNREADABLE_RESPONSE


@pytest.mark.parametrize("items", [None, {}, "items", 5])
def test_items_that_are_no_list(items: object) -> None:
    """A page is read in two steps, and the second one may fail too."""
    with pytest.raises(GatewayError) as caught:
        Page(page(items), WHERE).decode()
    assert caught.value.cause is Cause.UNREADABLE_RESPONSE


def test_unknown_members() -> None:
    """Members at any depth are named by path, each once."""
    item = {"slug": "m", "priority": 1, "rate_limits": [{"type": "A", "unit": "B", "threshold": 1, "burst": 2}]}
    strange = group(updated_at="now", models=[item, item], hierarchy={"limit_enforcement": "X", "depth": {"a": 1}})
    assert unknown_members(body(strange)) == [
        "hierarchy.depth",
        "models[].priority",
        "models[].rate_limits[].burst",
        "updated_at",
    ]
    assert unknown_members(body(group())) == []
    assert unknown_members(b"<html>") == []


def test_first_item() -> None:
    """The first item comes as it was sent; a broken or empty page has none."""
    assert json.loads(Page(page([group(), 5]), WHERE).first() or b"") == group()
    assert Page(page([]), WHERE).first() is None
    assert Page(page({}), WHERE).first() is None
    assert Page(page([float("nan")]), WHERE).first() is None
