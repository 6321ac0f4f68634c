"""The outputs as programs see them. Each is also a dict with the same names, which works after any ``Output`` too.

Thresholds cross Pulumi's wire as doubles: above 2^53 the last digits are lost, except in ``differences``.
"""

from collections.abc import Sequence

import pulumi


@pulumi.output_type
class GatewayGroupMetadata(dict[str, object]):
    """Who the group is."""

    external_entity_id: str
    """Your own id of the group."""
    name: str | None = None
    """The display name; None if it has none."""


@pulumi.output_type
class GatewayGroupLimit(dict[str, object]):
    """A limit that the group itself sets on a model."""

    type: str
    """What is counted, e.g. ``TOKEN`` or ``REQUEST``."""
    unit: str
    """The window: ``SECOND`` or ``MINUTE`` for rates, ``DAY`` for usage."""
    threshold: int
    """How much the window allows; 0 allows nothing."""


@pulumi.output_type
class GatewayGroupModel(dict[str, object]):
    """A model that the group may call."""

    slug: str
    rate_limits: Sequence[GatewayGroupLimit]
    """By type and unit; empty if the group sets none."""
    usage_limits: Sequence[GatewayGroupLimit]


@pulumi.output_type
class GatewayGroupEffectiveLimit(dict[str, object]):
    """A limit that applies to the group, its own or an ancestor's."""

    type: str
    unit: str
    threshold: int
    source_group: str
    """Internal id of the group that sets it."""


@pulumi.output_type
class GatewayGroupEffectiveModel(dict[str, object]):
    """A model with all limits that apply, ancestors' included: it changes when an ancestor does."""

    slug: str
    rate_limits: Sequence[GatewayGroupEffectiveLimit]
    usage_limits: Sequence[GatewayGroupEffectiveLimit]


@pulumi.output_type
class GatewayGroupHierarchy(dict[str, object]):
    """Where the group stands."""

    limit_enforcement: str
    """``INDEPENDENT`` or ``CASCADING``."""
    parent_group_id: str | None = None
    """Internal id of the parent; None for a root."""


@pulumi.output_type
class GatewayGroupDifference(dict[str, object]):
    """A finding of ``drift check``: what live has and the declaration says otherwise."""

    rule: str
    """Id of the rule; ``drift explain RULE`` says more."""
    severity: str
    """``high``, ``medium``, ``low``; or ``info``, which is no drift."""
    direction: str
    """``permissive`` (live allows more), ``restrictive`` or ``neutral``."""
    path: Sequence[str]
    """Where in the group, e.g. ``["models", "org/model", "rate_limits", "TOKEN/MINUTE"]``."""
    declared: str | None = None
    """The declared value as JSON text; None where nothing is declared."""
    live: str | None = None
    """The live value as JSON text; None where there is none."""


@pulumi.output_type
class GetGatewayGroupResult(dict[str, object]):
    """A live group, as :func:`pulumi_provider.get_gateway_group` found it."""

    id: str
    """The internal id."""
    metadata: GatewayGroupMetadata
    models: Sequence[GatewayGroupModel]
    """The models it may call, by slug."""
    hierarchy: GatewayGroupHierarchy
    created_at: str
    """When it was created, in UTC."""
    differences: Sequence[GatewayGroupDifference]
    """What differs from ``declared``, by path; empty if nothing was declared."""
    effective_models: Sequence[GatewayGroupEffectiveModel] | None = None
    """The limits that apply, ancestors' included; None if the gateway did not say."""
    in_sync: bool | None = None
    """Whether nothing that counts as drift differs; None if nothing was declared."""
