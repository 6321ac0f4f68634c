"""What a program declares: ``GatewayGroup``, and plain functions for look-ups without a state entry."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

import pulumi
from pulumi.dynamic import Resource
from pulumi.runtime import is_config_secret
from pulumi.runtime.rpc import translate_output_properties

from drift.errors import DriftError
from pulumi_provider.access import environment, refuse_plain_key
from pulumi_provider.declared import Declared, canonical_json
from pulumi_provider.errors import not_found, sentence
from pulumi_provider.outputs import OUTPUTS
from pulumi_provider.provider import GatewayGroupProvider
from pulumi_provider.reading import GroupReader
from pulumi_provider.types import (
    GatewayGroupDifference,
    GatewayGroupEffectiveModel,
    GatewayGroupHierarchy,
    GatewayGroupMetadata,
    GatewayGroupModel,
    GetGatewayGroupResult,
)


class GatewayGroup(Resource, module="baseten", name="GatewayGroup"):
    """A live gateway group, read in every preview, update and refresh, and never written.

    Removing it from a program, or destroying the stack, only forgets it.

    Args:
        resource_name: The resource's name within the program.
        group_id: The group's internal id.
        declared: What the group should be: a mapping in the shape of an entry of ``groups`` in a desired file,
            what ``declared_from_yaml`` gives, or a group that drift has read. Without it nothing is compared.
        opts: Options; ``id``, ``urn`` and ``import_`` are not for this resource.

    Raises:
        pulumi.RunError: an argument cannot be used; or the API key is configured as plain text.
    """

    metadata: pulumi.Output[GatewayGroupMetadata]
    """Who it is: ``external_entity_id`` and ``name``."""
    models: pulumi.Output[Sequence[GatewayGroupModel]]
    """The models it may call with its own limits, by slug."""
    effective_models: pulumi.Output[Sequence[GatewayGroupEffectiveModel] | None]
    """The limits that apply to it, ancestors' included; None if the gateway did not say."""
    hierarchy: pulumi.Output[GatewayGroupHierarchy]
    """Its mode, and its parent's internal id."""
    created_at: pulumi.Output[str]
    """When it was created, in UTC."""
    in_sync: pulumi.Output[bool | None]
    """Whether live is as declared, by the rules of ``drift check``; None if nothing is declared."""
    differences: pulumi.Output[Sequence[GatewayGroupDifference]]
    """What differs from the declaration, by path; empty if nothing is declared."""

    def __init__(
        self,
        resource_name: str,
        group_id: pulumi.Input[str],
        *,
        declared: pulumi.Input[Declared] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        with _run_errors(f"GatewayGroup {resource_name!r}: "):
            _check_options(opts)
            _check_id(resource_name, group_id)
            refuse_plain_key(_config, is_config_secret)
            once_known = _run_errors()(_canonical)
            text = declared.apply(once_known) if isinstance(declared, pulumi.Output) else _canonical(declared)
        # Without a placeholder an output would never be resolved.
        props: dict[str, Any] = {**dict.fromkeys(OUTPUTS), "declared": text}
        read = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=group_id))
        self._declares = text is not None
        if not self._declares:
            # Nulls are not sent, and a preview takes what is not sent for unknown.
            del props["in_sync"]
            self.in_sync = pulumi.Output.from_input(None)
        super().__init__(GatewayGroupProvider(), resource_name, props, read)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - the name that every Pulumi resource has for it
        *,
        declared: pulumi.Input[Declared] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> "GatewayGroup":
        """The same as the constructor, under the name that other Pulumi resources have for reading."""
        return cls(resource_name, id, declared=declared, opts=opts)

    def require_in_sync(self) -> None:
        """Fail the preview or update if live is not as declared; a refresh is not affected.

        Raises:
            pulumi.RunError: nothing is declared. Drift itself fails the run once it is known.
        """
        name = self._name
        not_declared = f"GatewayGroup {name!r}: require_in_sync needs `declared`"
        if not self._declares:
            raise pulumi.RunError(not_declared)

        def check(known: list[Any]) -> None:
            in_sync, differences = known
            if in_sync is None:
                raise pulumi.RunError(not_declared)
            if not in_sync:
                found = "".join(f"\n  {_shown(difference)}" for difference in differences)
                raise pulumi.RunError(f"gateway group {name!r} is not as declared:{found}")

        both: pulumi.Output[list[Any]] = pulumi.Output.all(self.in_sync, self.differences)
        both.apply(check)


@contextmanager
def _run_errors(prefix: str = "") -> Iterator[None]:
    """What goes wrong inside the block ends the program with one sentence instead of a traceback."""
    try:
        yield
    except DriftError as error:
        raise pulumi.RunError(prefix + sentence(error)) from None


def _canonical(declared: object) -> str | None:
    return None if declared is None else canonical_json(declared)


def _check_id(resource_name: object, group_id: object) -> None:
    if group_id is None or group_id == "":
        raise DriftError("group_id must not be empty", hint="give the internal id of the group")
    if not isinstance(group_id, str | pulumi.Output):
        raise DriftError(f"group_id must be text or an Output of text, not {type(group_id).__name__}")
    if not isinstance(resource_name, str) or not resource_name:
        raise DriftError("a resource needs a name")


_REFUSED = {
    "id": "opts.id is set by the constructor",
    "urn": "opts.urn is for resources that are in the state already",
    "import_": "a group cannot be imported, for it is never managed",
}


def _check_options(opts: pulumi.ResourceOptions | None) -> None:
    for name, reason in _REFUSED.items():
        if getattr(opts, name, None) is not None:
            raise DriftError(reason, hint="give the internal id as group_id")


def get_gateway_group(
    id: str | None = None,  # noqa: A002 - the API's name
    external_entity_id: str | None = None,
    declared: Declared | None = None,
) -> GetGatewayGroupResult:
    """Read a live group now.

    Args:
        id: Its internal id; or
        external_entity_id: its external id. Exactly one of the two.
        declared: What it should be, as for ``GatewayGroup``.

    Raises:
        pulumi.RunError: there is no such group, it could not be read, or an argument or the key cannot be used.
    """
    if (id is None) == (external_entity_id is None):
        raise pulumi.RunError("get_gateway_group takes either id or external_entity_id")
    with _run_errors():
        refuse_plain_key(_config, is_config_secret)
        text = _canonical(declared)
        with closing(GroupReader(_config, environment())) as reader:
            if id is not None:
                what, found = f"gateway group {id!r}", reader.get(id, text)
            else:
                what = f"gateway group with the external id {external_entity_id!r}"
                found = reader.find(external_entity_id or "", text)
        if found is None:
            raise not_found(what)
    translated = translate_output_properties(found, lambda name: name, GetGatewayGroupResult)
    return cast("GetGatewayGroupResult", translated)


def get_gateway_group_output(
    id: pulumi.Input[str] | None = None,  # noqa: A002 - the API's name
    external_entity_id: pulumi.Input[str] | None = None,
    declared: pulumi.Input[Declared] | None = None,
) -> pulumi.Output[GetGatewayGroupResult]:
    """:func:`get_gateway_group` for arguments that become known while the program runs.

    Unknown in a preview in which an argument is unknown, and secret if one is secret. Groups are read in parallel.
    """
    arguments: pulumi.Output[list[Any]] = pulumi.Output.all(id, external_entity_id, declared)

    async def read(known: list[Any]) -> GetGatewayGroupResult:
        return await asyncio.to_thread(get_gateway_group, *known)

    return arguments.apply(read)


def _config(name: str) -> object:
    namespace, _, key = name.partition(":")
    return pulumi.Config(namespace).get(key)


def _shown(difference: Mapping[str, Any]) -> str:
    path = ".".join(difference["path"]) or "the group"
    before, after = (difference.get(side) or "none" for side in ("declared", "live"))
    return f"{difference['severity']} {difference['rule']} [{difference['direction']}] {path}: {before} -> {after}"
