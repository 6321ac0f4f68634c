"""Two live groups, compared with the files in desired/, exported as plain values that any language can read."""

from pathlib import Path

import pulumi

from pulumi_provider import GatewayGroup, declared_from_yaml

config = pulumi.Config()
desired = Path(__file__).parent / "desired"

groups = {
    name: GatewayGroup(name, config.require(f"{name}-id"), declared=declared_from_yaml(desired, name))
    for name in ("acme", "acme-prod")
}
pulumi.export(
    "gateway_groups",
    {
        name: {
            "id": group.id,
            "models": group.models,
            "in_sync": group.in_sync,
            "differences": group.differences,
            "created_at": group.created_at,
        }
        for name, group in groups.items()
    },
)
# To let drift fail previews and updates: groups["acme"].require_in_sync()
