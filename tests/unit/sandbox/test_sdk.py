"""The vendor's own client reads what the sandbox answers, and the sandbox accepts what it sends."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from baseten.client import ManagementClient
from baseten.client.managementapi import (
    ApiClient,
    CreateGroupHierarchy,
    CreateGroupRequest,
    GroupMetadata,
    ModelConfig,
    RateLimit,
    ResponseError,
    UpdateGroupMetadata,
    UpdateGroupRequest,
    UsageLimit,
)

from drift.sandbox.server import serve
from drift.sandbox.world import DEFAULT_KEY, World

SLUG = "your-org/your-model"
NOW = datetime(2026, 5, 13, 12, tzinfo=UTC)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiClient]:
    """The vendor's client, pointed at an empty sandbox."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with (
        serve(World(clock=lambda: NOW)) as served,
        ManagementClient(api_key=DEFAULT_KEY, base_url_override=served.url) as client,
    ):
        yield client.api


def create_request(external_id: str, parent: str | None = None) -> CreateGroupRequest:
    """A group with one limit of each kind."""
    return CreateGroupRequest(
        metadata=GroupMetadata.model_validate({"name": "Acme prod", "external_entity_id": external_id}),
        models=[
            ModelConfig(
                slug=SLUG,
                rate_limits=[RateLimit(type="TOKEN", unit="MINUTE", threshold=1_000_000)],
                usage_limits=[UsageLimit(type="TOKEN", unit="DAY", threshold=10_000_000)],
            )
        ],
        hierarchy=CreateGroupHierarchy(parent_group_id=parent),
    )


def test_create_and_get(api: ApiClient) -> None:
    """What is created can be read back, every member in place."""
    created = api.post_gateway_groups(request=create_request("cust_42"))
    assert api.get_gateway_groups_group_id(group_id=created.id) == created
    assert created.metadata == create_request("cust_42").metadata
    assert created.hierarchy.limit_enforcement == "INDEPENDENT"
    assert created.hierarchy.parent_group_id is None
    assert created.created_at == NOW
    assert created.models == create_request("cust_42").models
    assert created.effective_models is not None
    (effective,) = created.effective_models
    assert effective.rate_limits is not None
    assert [(limit.threshold, limit.source_group) for limit in effective.rate_limits] == [(1_000_000, created.id)]


def test_list(api: ApiClient) -> None:
    """A page and its pagination are understood."""
    root = api.post_gateway_groups(request=create_request("root"))
    child = api.post_gateway_groups(request=create_request("child", parent=root.id))
    page = api.get_gateway_groups()
    assert page.items == [root, child]
    assert (page.pagination.has_more, page.pagination.cursor) == (False, None)


def test_update(api: ApiClient) -> None:
    """Members that the client leaves out stay, null clears the name, and a model set replaces the old one."""
    group_id = api.post_gateway_groups(request=create_request("cust_42")).id
    renamed = api.patch_gateway_groups(
        group_id=group_id, request=UpdateGroupRequest(metadata=UpdateGroupMetadata(name=None))
    )
    assert renamed.metadata.name is None
    assert renamed.models == create_request("cust_42").models
    cleared = api.patch_gateway_groups(group_id=group_id, request=UpdateGroupRequest(models=[]))
    assert cleared.models == []
    assert cleared.effective_models == []


def test_refusals(api: ApiClient) -> None:
    """Refusals arrive with their status and message."""
    with pytest.raises(ResponseError, match="Group not found") as caught:
        api.get_gateway_groups_group_id(group_id="a/b")
    assert caught.value.status_code == 404
