"""Who may read what, and how groups, pages and errors look."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from drift.sandbox.rules import OpenQuestions
from drift.sandbox.wire import HttpRequest, HttpResponse
from drift.sandbox.world import DEFAULT_KEY, World

NOW = datetime(2026, 5, 13, 12, 0, 0, 999_999, tzinfo=UTC)
SLUG = "your-org/your-model"


def world_of(*external_ids: str) -> World:
    """A world that holds root groups without limits as grp1, grp2, ..."""
    return tree(*((external_id, None, [model()]) for external_id in external_ids))


def tree(
    *groups: tuple[str, str | None, list[dict[str, object]]],
    mode: str = "INDEPENDENT",
    questions: OpenQuestions | None = None,
) -> World:
    """A world of groups: external id, the parent's internal id, models."""
    world = World(clock=lambda: NOW, foreign=["elsewhere"], questions=questions or OpenQuestions())
    for external_id, parent, models in groups:
        world.create(external_id, models, parent_group_id=parent, limit_enforcement=mode)
    return world


def model(*limits: str, slug: str = SLUG) -> dict[str, object]:
    """A model whose limits are written ``TOKEN/MINUTE 5``."""
    split = [re.split("[/ ]", limit) for limit in limits]
    rates, usages = (
        [{"type": type_, "unit": unit, "threshold": int(n)} for type_, unit, n in split if (unit == "DAY") is daily]
        for daily in (False, True)
    )
    return {"slug": slug, "rate_limits": rates, "usage_limits": usages}


def get(world: World, target: str, key: str | None = DEFAULT_KEY) -> HttpResponse:
    """Ask with an accepted key."""
    return world.ask("GET", target, key=key)


def read(world: World, target: str) -> dict[str, Any]:
    """The body of an answer that has to be a 200."""
    response = get(world, target)
    assert response.status == 200, response.body
    value: dict[str, Any] = msgspec.json.decode(response.body)
    return value


def ids(page: dict[str, Any]) -> list[str]:
    """External ids on a page."""
    return [item["metadata"]["external_entity_id"] for item in page["items"]]


class TestGet:
    def test_group_in_full(self) -> None:
        """A group shows all its members; a limit list that nobody gave is empty, times are UTC to the second."""
        world = world_of()
        world.create("cust_42", [model("TOKEN/MINUTE 1000000")], name="Acme prod")
        assert read(world, "/v1/gateway/groups/grp1") == {
            "id": "grp1",
            "metadata": {"name": "Acme prod", "external_entity_id": "cust_42"},
            "models": [
                {
                    "slug": SLUG,
                    "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": 1_000_000}],
                    "usage_limits": [],
                }
            ],
            "effective_models": [
                {
                    "slug": SLUG,
                    "rate_limits": [
                        {"type": "TOKEN", "unit": "MINUTE", "threshold": 1_000_000, "source_group": "grp1"}
                    ],
                    "usage_limits": [],
                }
            ],
            "hierarchy": {"limit_enforcement": "INDEPENDENT", "parent_group_id": None},
            "created_at": "2026-05-13T12:00:00Z",
        }

    def test_unknown_group(self) -> None:
        """An id that no live group has is 404."""
        response = get(world_of(), "/v1/gateway/groups/nope")
        assert (response.status, response.json()) == (404, {"error": "Group not found."})

    def test_external_id_is_no_path(self) -> None:
        """The path takes internal ids only."""
        assert get(world_of("acme"), "/v1/gateway/groups/acme").status == 404

    def test_group_of_another_workspace(self) -> None:
        """A foreign id is 403, so it cannot be mistaken for a deleted group."""
        assert get(world_of(), "/v1/gateway/groups/elsewhere").status == 403

    @pytest.mark.parametrize("group_id", ["a/b", "..", "%2f", "ä\n", "x" * 10_000])
    def test_any_id_is_one_percent_encoded_segment(self, group_id: str) -> None:
        """An id travels as one encoded segment, whatever it contains."""
        world = world_of()
        world.create("acme", id=group_id)
        encoded = "".join(f"%{byte:02X}" for byte in group_id.encode())
        assert read(world, f"/v1/gateway/groups/{encoded}")["id"] == group_id


def in_effect(world: World, external_id: str) -> list[str]:
    """The effective limits of the first model, written ``TOKEN/MINUTE 5 < root``."""
    names = {group.id: group.metadata.external_entity_id for group in world.groups()}
    (group,) = read(world, f"/v1/gateway/groups?external_entity_id={external_id}")["items"]
    shown = group["effective_models"][0]
    return [
        f"{limit['type']}/{limit['unit']} {limit['threshold']} < {names[limit['source_group']]}"
        for limit in (*shown["rate_limits"], *shown["usage_limits"])
    ]


class TestEffectiveModels:
    """The examples of the pages Rate limits and API keys, which differ where an open question stands."""

    SAMPLE = (
        ("root", None, [model("TOKEN/MINUTE 1000", "REQUEST/MINUTE 100", "TOKEN/DAY 10000")]),
        ("child", "grp1", [model("TOKEN/MINUTE 700")]),
    )
    POOL = (("org", None, [model("TOKEN/MINUTE 100")]), ("finance", "grp1", [model("TOKEN/MINUTE 70")]))

    def test_template_is_inherited(self) -> None:
        world = tree(("free-tier", None, [model("TOKEN/MINUTE 100")]), ("john", "grp1", [model()]))
        assert in_effect(world, "john") == ["TOKEN/MINUTE 100 < free-tier"]

    def test_own_limit_replaces_the_template_though_it_is_higher(self) -> None:
        world = tree(("free-tier", None, [model("TOKEN/MINUTE 100")]), ("sally", "grp1", [model("TOKEN/MINUTE 120")]))
        assert in_effect(world, "sally") == ["TOKEN/MINUTE 120 < sally"]

    def test_nearest_template_counts(self) -> None:
        world = tree(
            ("root", None, [model("TOKEN/MINUTE 9")]),
            ("mid", "grp1", [model("TOKEN/MINUTE 5")]),
            ("leaf", "grp2", [model()]),
        )
        assert in_effect(world, "leaf") == ["TOKEN/MINUTE 5 < mid"]

    def test_limits_are_inherited_one_by_one(self) -> None:
        assert in_effect(tree(*self.SAMPLE), "child") == [
            "TOKEN/MINUTE 700 < child",
            "REQUEST/MINUTE 100 < root",
            "TOKEN/DAY 10000 < root",
        ]

    def test_another_unit_is_another_limit(self) -> None:
        world = tree(("root", None, [model("TOKEN/MINUTE 9")]), ("child", "grp1", [model("TOKEN/SECOND 1")]))
        assert in_effect(world, "child") == ["TOKEN/SECOND 1 < child", "TOKEN/MINUTE 9 < root"]

    def test_pools_stand_beside_own_limits(self) -> None:
        world = tree(*self.POOL, mode="CASCADING")
        assert in_effect(world, "finance") == ["TOKEN/MINUTE 70 < finance", "TOKEN/MINUTE 100 < org"]

    def test_only_own_models_are_shown(self) -> None:
        world = tree(("root", None, [model(slug="a/b")]), ("child", "grp1", [model()]))
        assert [shown["slug"] for shown in read(world, "/v1/gateway/groups/grp2")["effective_models"]] == [SLUG]

    def test_open_questions_can_be_answered_as_the_samples_do(self) -> None:
        """A child inherits nothing where it sets anything, shows its own limit alone, and ancestors' models too."""
        by_slug = tree(*self.SAMPLE, questions=OpenQuestions(merge="slug"))
        assert in_effect(by_slug, "child") == ["TOKEN/MINUTE 700 < child"]
        alone = tree(*self.POOL, mode="CASCADING", questions=OpenQuestions(cascade="self"))
        assert in_effect(alone, "finance") == ["TOKEN/MINUTE 70 < finance"]
        union = tree(("root", None, [model()]), ("child", "grp1", []), questions=OpenQuestions(slugs="union"))
        assert [shown["slug"] for shown in read(union, "/v1/gateway/groups/grp2")["effective_models"]] == [SLUG]


class TestList:
    def test_pages_cover_all_groups_once(self) -> None:
        """Following the cursor until has_more is false gives every group in order of creation."""
        names = [f"g{number}" for number in range(7)]
        world = world_of(*names)
        page = read(world, "/v1/gateway/groups?limit=3")
        found = ids(page)
        while page["pagination"]["has_more"]:
            page = read(world, f"/v1/gateway/groups?limit=3&cursor={page['pagination']['cursor']}")
            found += ids(page)
        assert found == names
        assert page["pagination"] == {"has_more": False, "cursor": None}

    def test_full_last_page_has_no_more(self) -> None:
        """A page that ends with the last group says so, even if it is full."""
        assert read(world_of("a", "b"), "/v1/gateway/groups?limit=2")["pagination"]["has_more"] is False

    def test_default_page_has_100_groups(self) -> None:
        """Without a limit a page has 100 groups."""
        page = read(world_of(*map(str, range(101))), "/v1/gateway/groups")
        assert len(page["items"]) == 100
        assert page["pagination"]["has_more"]

    def test_empty_workspace(self) -> None:
        """No groups are an empty last page."""
        assert read(world_of(), "/v1/gateway/groups") == {
            "items": [],
            "pagination": {"has_more": False, "cursor": None},
        }

    @pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "", "1.0", "٣"])
    def test_limit_out_of_bounds(self, limit: str) -> None:
        """A limit that is not 1 to 1000 is 400."""
        assert get(world_of(), f"/v1/gateway/groups?limit={limit}").status == 400

    @pytest.mark.parametrize("cursor", ["", "nonsense", "YWZ0ZXI6LTE=", "YWZ0", "%00", "%C3%A4"])
    def test_foreign_cursor(self, cursor: str) -> None:
        """A cursor that the world did not give is 400."""
        assert get(world_of(), f"/v1/gateway/groups?cursor={cursor}").status == 400

    def test_filter_by_external_id(self) -> None:
        """The filter is exact and finds one group or none."""
        world = world_of("acme", "Acme", "acme-2")
        assert ids(read(world, "/v1/gateway/groups?external_entity_id=acme")) == ["acme"]
        assert ids(read(world, "/v1/gateway/groups?external_entity_id=acm")) == []
        assert ids(read(world, "/v1/gateway/groups?external_entity_id=")) == []

    def test_filter_is_percent_encoded(self) -> None:
        """Reserved characters reach the filter encoded."""
        world = world_of("a&b=c d+e/ä")
        assert ids(read(world, "/v1/gateway/groups?external_entity_id=a%26b%3Dc+d%2Be%2F%C3%A4")) == ["a&b=c d+e/ä"]

    def test_filter_and_cursor_combine(self) -> None:
        """Behind the cursor, the filter finds only what is behind it."""
        world = world_of("a", "b")
        cursor = read(world, "/v1/gateway/groups?limit=1")["pagination"]["cursor"]
        assert ids(read(world, f"/v1/gateway/groups?external_entity_id=a&cursor={cursor}")) == []
        assert ids(read(world, f"/v1/gateway/groups?external_entity_id=b&cursor={cursor}")) == ["b"]

    def test_deletion_between_pages_skips_nobody(self) -> None:
        """A cursor keeps its place when groups before it vanish."""
        world = world_of("a", "b", "c")
        cursor = read(world, "/v1/gateway/groups?limit=2")["pagination"]["cursor"]
        world.ask("DELETE", "/v1/gateway/groups/grp1")
        world.ask("DELETE", "/v1/gateway/groups/grp2")
        assert ids(read(world, f"/v1/gateway/groups?limit=2&cursor={cursor}")) == ["c"]


class TestUsage:
    def test_effective_usage_limits(self) -> None:
        """Usage shows effective usage limits, unused, and only models that have some."""
        world = tree(
            ("root", None, [model("TOKEN/MINUTE 5", "TOKEN/DAY 9")]),
            ("child", "grp1", [model(), model("TOKEN/MINUTE 1", slug="own/model")]),
        )
        assert read(world, "/v1/gateway/groups/grp2/usage") == {
            "customer_id": "child",
            "usage": {
                SLUG: [{"type": "TOKEN", "unit": "DAY", "threshold": 9, "current_usage": None, "reset_at": None}]
            },
        }

    def test_unknown_group(self) -> None:
        """Usage of a group that is not there is 404, of a foreign one 403."""
        assert get(world_of(), "/v1/gateway/groups/nope/usage").status == 404
        assert get(world_of(), "/v1/gateway/groups/elsewhere/usage").status == 403


class TestAccess:
    @pytest.mark.parametrize("scheme", ["Bearer", "Api-Key", "bearer"])
    def test_both_schemes_are_accepted(self, scheme: str) -> None:
        """A key may come as Bearer or as Api-Key."""
        headers = {"authorization": f"{scheme} {DEFAULT_KEY}"}
        assert world_of().handle(HttpRequest("GET", "/v1/gateway/groups", headers=headers)).status == 200

    @pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {DEFAULT_KEY}"])
    def test_anything_else_is_unauthorized(self, header: str | None) -> None:
        """Without an accepted key every path is 401, and the answer does not repeat the key."""
        headers = {} if header is None else {"authorization": header}
        response = world_of().handle(HttpRequest("GET", "/nowhere", headers=headers))
        assert response.status == 401
        assert b"wrong" not in response.body

    def test_keys_are_chosen(self) -> None:
        """A world accepts the keys it was given and no other."""
        world = World(clock=lambda: NOW, keys=["one", "two"])
        assert [get(world, "/v1/gateway/groups", key).status for key in ("one", "two", DEFAULT_KEY)] == [
            200,
            200,
            401,
        ]


class TestRouting:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "",
            "/v1/gateway",
            "/v1/gateway/groups/",
            "/v1/gateway/groups/grp1/",
            "/v1/gateway/groups/grp1/api_keys",
            "/v2/gateway/groups",
            "//v1/gateway/groups",
        ],
    )
    def test_other_paths(self, path: str) -> None:
        """A path that is not served is 404."""
        assert get(world_of("a"), path).status == 404

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/v1/gateway/groups", "GET, POST"),
            ("POST", "/v1/gateway/groups/grp1", "GET, PATCH, DELETE"),
            ("DELETE", "/v1/gateway/groups/grp1/usage", "GET"),
        ],
    )
    def test_other_methods(self, method: str, path: str, allowed: str) -> None:
        """A method that the path does not know is 405 and names those it does."""
        response = world_of("a").ask(method, path)
        assert response.status == 405
        assert ("Allow", allowed) in response.headers


class TestInspection:
    def test_groups_are_values(self) -> None:
        """The live groups can be looked at without a request."""
        world = world_of("a", "b")
        assert [group.id for group in world.groups()] == ["grp1", "grp2"]
        assert world.find("b") == world.groups()[1]
        assert world.find("c") is None


class TestThrottle:
    def test_requests_per_second(self) -> None:
        """Requests over the limit are 429 with the seconds to wait, until the second ends."""
        now = [datetime(2026, 5, 13, 12, 0, 8, tzinfo=UTC)]
        world = World(clock=lambda: now[0], requests_per_second=2)
        assert [get(world, "/v1/gateway/groups").status for _ in range(3)] == [200, 200, 429]
        assert get(world, "/v1/gateway/groups").json() == {"error": "Too many requests.", "retry_after": 1}
        now[0] += timedelta(seconds=1)
        assert get(world, "/v1/gateway/groups").status == 200

    def test_endpoints_and_keys_are_counted_apart(self) -> None:
        """One endpoint's requests do not use up another's, nor one key's another key's."""
        world = World(clock=lambda: NOW, keys=["one", "two"], requests_per_second=1)
        assert get(world, "/v1/gateway/groups", "one").status == 200
        assert get(world, "/v1/gateway/groups", "two").status == 200
        assert get(world, "/v1/gateway/groups/a", "one").status == 404
        assert get(world, "/v1/gateway/groups/b", "one").status == 429
