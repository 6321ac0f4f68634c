"""Live gateway groups in Pulumi programs: read, compared with what is declared, and never written.

Needs the extra ``baseten-drift[pulumi]``. ``drift`` itself never imports this package.
"""

try:
    import pulumi as _pulumi  # noqa: F401 - only to say in one line what is missing
except ImportError as error:
    raise ImportError("pulumi_provider needs Pulumi's SDK: pip install 'baseten-drift[pulumi]'") from error

from pulumi_provider.declared import Declared, declared_from_yaml
from pulumi_provider.program import GatewayGroup, get_gateway_group, get_gateway_group_output
from pulumi_provider.types import (
    GatewayGroupDifference,
    GatewayGroupEffectiveLimit,
    GatewayGroupEffectiveModel,
    GatewayGroupHierarchy,
    GatewayGroupLimit,
    GatewayGroupMetadata,
    GatewayGroupModel,
    GetGatewayGroupResult,
)

__all__ = [
    "Declared",
    "GatewayGroup",
    "GatewayGroupDifference",
    "GatewayGroupEffectiveLimit",
    "GatewayGroupEffectiveModel",
    "GatewayGroupHierarchy",
    "GatewayGroupLimit",
    "GatewayGroupMetadata",
    "GatewayGroupModel",
    "GetGatewayGroupResult",
    "declared_from_yaml",
    "get_gateway_group",
    "get_gateway_group_output",
]
