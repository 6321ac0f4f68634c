"""The models of a group that another stack reads; as fresh as that stack's last update."""

import pulumi

gateways = pulumi.StackReference("gateways", stack_name=pulumi.Config().require("gateways"))
acme = gateways.require_output("gateway_groups").apply(lambda groups: groups["acme"])

pulumi.export("slugs", acme.apply(lambda group: [model["slug"] for model in group["models"]]))
pulumi.export("in_sync", acme.apply(lambda group: group["in_sync"]))
