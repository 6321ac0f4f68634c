"""What the gateway accepts, refuses and changes."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from drift.sandbox.wire import GROUPS_PATH as GROUPS
from drift.sandbox.wire import HttpRequest, HttpResponse
from drift.sandbox.world import DEFAULT_KEY, World

NOW = datetime(2026, 5, 13, 12, tzinfo=UTC)
SLUG = "your-org/your-model"
TOO_MUCH = {"error": "Child group exceeds parent group limit."}


@pytest.fixture
def world() -> World:
    """An empty workspace."""
    return World(clock=lambda: NOW, foreign=["elsewhere"])


def done(response: HttpResponse) -> dict[str, Any]:
    """The body of an answer that has to be a 200."""
    assert response.status == 200, response.body
    value: dict[str, Any] = msgspec.json.decode(response.body)
    return value


def tokens(threshold: object, unit: object = "MINUTE", limit_type: object = "TOKEN") -> dict[str, object]:
    """A limit as clients write it."""
    return {"type": limit_type, "unit": unit, "threshold": threshold}


def model(*rate_limits: object, slug: object = SLUG, usage_limits: object = ()) -> dict[str, object]:
    """A model configuration as clients write it."""
    return {"slug": slug, "rate_limits": rate_limits, "usage_limits": usage_limits}


def new(
    external_id: object, *models: object, mode: object = None, parent: object = None, **metadata: object
) -> dict[str, object]:
    """A create body."""
    return {
        "metadata": {"external_entity_id": external_id, **metadata},
        "models": models or [{"slug": SLUG}],
        "hierarchy": {"limit_enforcement": mode, "parent_group_id": parent},
    }


def limits(group: dict[str, Any]) -> list[int]:
    """Thresholds of the first model's rate limits."""
    return [limit["threshold"] for limit in group["models"][0]["rate_limits"]]


class TestCreate:
    def test_answer_is_what_get_says(self, world: World) -> None:
        """The created group is answered as a later read shows it."""
        created = done(world.ask("POST", GROUPS, new("acme", model(tokens(5)), name="Acme")))
        assert created["metadata"] == {"name": "Acme", "external_entity_id": "acme"}
        assert created == done(world.ask("GET", f"{GROUPS}/{created['id']}"))

    def test_hierarchy_may_be_empty(self, world: World) -> None:
        """A root that says nothing about its hierarchy is INDEPENDENT."""
        created = done(world.ask("POST", GROUPS, {**new("acme"), "hierarchy": {}}))
        assert created["hierarchy"] == {"limit_enforcement": "INDEPENDENT", "parent_group_id": None}

    def test_child_takes_its_parents_mode(self, world: World) -> None:
        """A mode left out is the parent's."""
        root = done(world.ask("POST", GROUPS, new("root", mode="CASCADING")))
        child = done(world.ask("POST", GROUPS, new("child", parent=root["id"])))
        assert child["hierarchy"] == {"limit_enforcement": "CASCADING", "parent_group_id": root["id"]}

    def test_external_id_is_unique(self, world: World) -> None:
        """A live group's external id cannot be used again: 400, not 409."""
        done(world.ask("POST", GROUPS, new("acme")))
        assert world.ask("POST", GROUPS, new("acme")).status == 400
        done(world.ask("POST", GROUPS, new("ACME")))

    def test_parent_has_to_exist(self, world: World) -> None:
        """A parent that is unknown, or another workspace's, is 404."""
        for parent in ("nope", "elsewhere"):
            response = world.ask("POST", GROUPS, new("child", parent=parent))
            assert (response.status, response.json()) == (404, {"error": "Parent group not found."})

    def test_one_tree_has_one_mode(self, world: World) -> None:
        """A child cannot have another mode than its parent."""
        root = done(world.ask("POST", GROUPS, new("root", mode="CASCADING")))
        assert world.ask("POST", GROUPS, new("child", mode="INDEPENDENT", parent=root["id"])).status == 400

    def test_five_levels(self, world: World) -> None:
        """Five levels with the root are accepted, a sixth is 400."""
        parent = None
        for level in range(5):
            parent = done(world.ask("POST", GROUPS, new(f"level{level}", parent=parent)))["id"]
        assert world.ask("POST", GROUPS, new("level5", parent=parent)).status == 400

    def test_refused_group_leaves_no_trace(self, world: World) -> None:
        """After a refusal the external id is free and no internal id was used up."""
        world.ask("POST", GROUPS, new("acme", parent="nope"))
        assert world.groups() == ()
        assert done(world.ask("POST", GROUPS, new("acme")))["id"] == "grp1"

    def test_ids_are_never_used_again(self, world: World) -> None:
        """A re-created group has another id."""
        first = done(world.ask("POST", GROUPS, new("acme")))["id"]
        done(world.ask("DELETE", f"{GROUPS}/{first}"))
        assert done(world.ask("POST", GROUPS, new("acme")))["id"] != first

    def test_generated_ids_avoid_given_ones(self, world: World) -> None:
        """An id that a group was given is not generated for another."""
        world.create("pinned", id="grp1")
        assert done(world.ask("POST", GROUPS, new("acme")))["id"] == "grp2"

    @pytest.mark.parametrize(
        "payload",
        [
            [],
            "text",
            {},
            {"models": [{"slug": SLUG}], "hierarchy": {}},
            {"metadata": {"external_entity_id": "a"}, "hierarchy": {}},
            {"metadata": {"external_entity_id": "a"}, "models": [{"slug": SLUG}]},
            {**new("a"), "models": []},
            {**new("a"), "models": None},
            new(""),
            new("x" * 256),
            new(None),
            new(42),
            new("a", name="x" * 256),
            new("a", name=1),
            new("a", mode="SHARED"),
            new("a", parent=5),
            new("a", {"rate_limits": []}),
            new("a", model(slug=None)),
            new("a", model(tokens(1, limit_type="BANANA"))),
            new("a", model(tokens(1, unit="HOUR"))),
            new("a", model(tokens(1, unit="DAY"))),
            new("a", model(usage_limits=[tokens(1, unit="MINUTE")])),
            new("a", model(tokens(-1))),
            new("a", model(tokens("5"))),
            new("a", model(tokens(5.0))),
            new("a", model(tokens(True))),  # noqa: FBT003 (the value under test)
            new("a", model(tokens(None))),
            new("a", model({"type": "TOKEN", "unit": "MINUTE"})),
            new("a", model(tokens(1, unit="MINUTE"), tokens(1, unit="SECOND"))),
            new("a", model(usage_limits=[tokens(1, unit="DAY"), tokens(2, unit="DAY")])),
            new("a", model(), model()),
        ],
    )
    def test_invalid_payload(self, world: World, payload: object) -> None:
        """Whatever breaks the published schema or the limit rules is 400 and creates nothing."""
        response = world.ask("POST", GROUPS, payload)
        assert response.status == 400
        assert world.groups() == ()

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"metadata":' * 10_000, b"NaN", b'"\\ud800"']
    )
    def test_body_that_is_no_json(self, world: World, body: bytes) -> None:
        """Anything that cannot be parsed is 400."""
        headers = {"authorization": f"Bearer {DEFAULT_KEY}"}
        assert world.handle(HttpRequest("POST", GROUPS, headers=headers, body=body)).status == 400

    def test_bounds_are_inclusive(self, world: World) -> None:
        """255 characters, a threshold of 0 and one far beyond 64 bits are accepted."""
        payload = new("ä" * 255, model(tokens(0), tokens(10**30, limit_type="REQUEST")), name="n" * 255)
        assert limits(done(world.ask("POST", GROUPS, payload))) == [0, 10**30]

    def test_empty_name_is_kept(self, world: World) -> None:
        """An empty name is a name."""
        assert done(world.ask("POST", GROUPS, new("a", name="")))["metadata"]["name"] == ""

    def test_unknown_members_are_ignored(self, world: World) -> None:
        """Members that the schema does not name change nothing."""
        assert done(world.ask("POST", GROUPS, {**new("a"), "colour": "red"}))["id"] == "grp1"


class TestUpdate:
    @pytest.fixture
    def path(self, world: World) -> str:
        """A group with a name and two models."""
        body = new("acme", model(tokens(5)), model(slug="b/b"), name="Acme")
        return f"{GROUPS}/{done(world.ask('POST', GROUPS, body))['id']}"

    def test_name_alone(self, world: World, path: str) -> None:
        """Without models only the name changes."""
        updated = done(world.ask("PATCH", path, {"metadata": {"name": "Other"}}))
        assert updated["metadata"] == {"name": "Other", "external_entity_id": "acme"}
        assert limits(updated) == [5]
        assert updated == done(world.ask("GET", path))

    def test_models_are_replaced_as_a_set(self, world: World, path: str) -> None:
        """The model set that is sent is the complete set; nothing is merged into what was there."""
        updated = done(world.ask("PATCH", path, {"models": [{"slug": SLUG, "usage_limits": [tokens(1, "DAY")]}]}))
        assert [(entry["slug"], entry["rate_limits"]) for entry in updated["models"]] == [(SLUG, [])]
        assert updated["metadata"]["name"] == "Acme"

    def test_empty_models_clear_the_group(self, world: World, path: str) -> None:
        """An empty list is a set too: the group may call nothing any more."""
        updated = done(world.ask("PATCH", path, {"models": []}))
        assert updated["models"] == updated["effective_models"] == []

    def test_null_clears_the_name(self, world: World, path: str) -> None:
        """A name of null is no name; a name left out stays."""
        assert done(world.ask("PATCH", path, {"metadata": {}}))["metadata"]["name"] == "Acme"
        assert done(world.ask("PATCH", path, {"metadata": {"name": None}}))["metadata"]["name"] is None

    @pytest.mark.parametrize("payload", [{}, {"metadata": None, "models": None}, {"hierarchy": {}}, [], {"models": 1}])
    def test_update_of_nothing(self, world: World, path: str, payload: object) -> None:
        """A body without anything to update is 400."""
        assert world.ask("PATCH", path, payload).status == 400

    def test_immutable_members_stay(self, world: World, path: str) -> None:
        """Ids, external ids, hierarchy and creation time do not change."""
        before = done(world.ask("GET", path))
        payload = {
            "id": "x",
            "metadata": {"external_entity_id": "x"},
            "hierarchy": {"limit_enforcement": "CASCADING", "parent_group_id": "x"},
            "created_at": "2020-01-01T00:00:00Z",
        }
        assert done(world.ask("PATCH", path, payload)) == before

    @pytest.mark.parametrize(("group_id", "status"), [("nope", 404), ("elsewhere", 403)])
    def test_unknown_group(self, world: World, group_id: str, status: int) -> None:
        """Groups that are not there, or not ours, cannot be updated."""
        assert world.ask("PATCH", f"{GROUPS}/{group_id}", {"models": []}).status == status

    def test_descendants_follow(self, world: World, path: str) -> None:
        """A template's new limit shows at once in what its descendants inherit, read before or not."""
        root = path.rpartition("/")[2]
        child = f"{GROUPS}/{done(world.ask('POST', GROUPS, new('child', parent=root)))['id']}"
        grandchild = new("grandchild", parent=child.rpartition("/")[2])
        grandchild_path = f"{GROUPS}/{done(world.ask('POST', GROUPS, grandchild))['id']}"
        done(world.ask("PATCH", path, {"models": [model(tokens(7))]}))
        for below in (child, grandchild_path):
            effective = done(world.ask("GET", below))["effective_models"][0]["rate_limits"]
            assert [(limit["threshold"], limit["source_group"]) for limit in effective] == [(7, root)]


class TestCascadingLimits:
    @pytest.fixture
    def root(self, world: World) -> str:
        """A CASCADING root with 100 tokens a minute."""
        body = new("root", model(tokens(100)), mode="CASCADING")
        root: str = done(world.ask("POST", GROUPS, body))["id"]
        return root

    @pytest.fixture
    def child(self, world: World, root: str) -> str:
        """Its child with 70."""
        child: str = done(world.ask("POST", GROUPS, new("child", model(tokens(70)), parent=root)))["id"]
        return child

    def test_create_above_any_ancestor(self, world: World, child: str) -> None:
        """A new group fits all its ancestors, the nearest and the farthest."""
        for threshold in (71, 101):
            response = world.ask("POST", GROUPS, new("leaf", model(tokens(threshold)), parent=child))
            assert (response.status, response.json()) == (400, TOO_MUCH)
        done(world.ask("POST", GROUPS, new("leaf", model(tokens(70)), parent=child)))

    def test_ancestors_beyond_one_that_sets_nothing(self, world: World, root: str) -> None:
        """A parent without the limit does not hide the pool above it."""
        parent = done(world.ask("POST", GROUPS, new("parent", parent=root)))["id"]
        assert world.ask("POST", GROUPS, new("leaf", model(tokens(101)), parent=parent)).json() == TOO_MUCH
        done(world.ask("POST", GROUPS, new("leaf", model(tokens(100)), parent=parent)))

    def test_raise_above_an_ancestor(self, world: World, child: str) -> None:
        """Raising stops at the ancestor's threshold; equal is allowed."""
        path = f"{GROUPS}/{child}"
        done(world.ask("PATCH", path, {"models": [model(tokens(100))]}))
        response = world.ask("PATCH", path, {"models": [model(tokens(101))]})
        assert (response.status, response.json()) == (400, TOO_MUCH)
        assert limits(done(world.ask("GET", path))) == [100]

    def test_lower_below_a_descendant(self, world: World, root: str, child: str) -> None:
        """An ancestor cannot go below what a descendant has; leaf first works."""
        response = world.ask("PATCH", f"{GROUPS}/{root}", {"models": [model(tokens(69))]})
        assert (response.status, response.json()) == (400, TOO_MUCH)
        done(world.ask("PATCH", f"{GROUPS}/{child}", {"models": [model(tokens(10))]}))
        done(world.ask("PATCH", f"{GROUPS}/{root}", {"models": [model(tokens(69))]}))

    def test_siblings_may_exceed_the_pool_together(self, world: World, root: str, child: str) -> None:
        """Only single children are compared with the pool."""
        del child
        done(world.ask("POST", GROUPS, new("sibling", model(tokens(70)), parent=root)))

    @pytest.mark.parametrize(
        "models",
        [
            [model(tokens(999, unit="SECOND"))],
            [model(tokens(999, limit_type="REQUEST"))],
            [model(usage_limits=[tokens(999, unit="DAY")])],
            [model(tokens(999), slug="b/b")],
        ],
    )
    def test_other_limits_are_not_compared(self, world: World, root: str, models: list[object]) -> None:
        """Slug, kind, type and unit have to be the same to be compared."""
        done(world.ask("POST", GROUPS, new("child", *models, parent=root)))

    def test_independent_trees_are_not_checked(self, world: World) -> None:
        """A template may be exceeded."""
        root = done(world.ask("POST", GROUPS, new("root", model(tokens(1)))))["id"]
        done(world.ask("POST", GROUPS, new("child", model(tokens(2)), parent=root)))


class TestDelete:
    def test_descendants_go_too(self, world: World) -> None:
        """Deleting a group deletes all groups below it and frees their external ids."""
        root = done(world.ask("POST", GROUPS, new("root", name="Root")))["id"]
        child = done(world.ask("POST", GROUPS, new("child", parent=root)))["id"]
        done(world.ask("POST", GROUPS, new("leaf", parent=child)))
        other = done(world.ask("POST", GROUPS, new("other")))["id"]
        assert done(world.ask("DELETE", f"{GROUPS}/{root}")) == {
            "id": root,
            "metadata": {"name": "Root", "external_entity_id": "root"},
            "deleted_at": "2026-05-13T12:00:00Z",
        }
        assert [group.id for group in world.groups()] == [other]
        assert world.ask("GET", f"{GROUPS}/{child}").status == 404
        done(world.ask("POST", GROUPS, new("leaf")))

    def test_siblings_stay(self, world: World) -> None:
        """Deleting a child leaves its parent and siblings, and the parent can be deleted later."""
        root = done(world.ask("POST", GROUPS, new("root")))["id"]
        first = done(world.ask("POST", GROUPS, new("first", parent=root)))["id"]
        second = done(world.ask("POST", GROUPS, new("second", parent=root)))["id"]
        done(world.ask("DELETE", f"{GROUPS}/{first}"))
        assert [group.id for group in world.groups()] == [root, second]
        done(world.ask("DELETE", f"{GROUPS}/{root}"))
        assert world.groups() == ()

    @pytest.mark.parametrize(("group_id", "status"), [("nope", 404), ("elsewhere", 403)])
    def test_unknown_group(self, world: World, group_id: str, status: int) -> None:
        """Groups that are not there, or not ours, cannot be deleted."""
        assert world.ask("DELETE", f"{GROUPS}/{group_id}").status == status
