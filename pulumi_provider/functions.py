"""Plain functions that read a group within the program: for look-ups by external id, and without a state entry."""

import asyncio
from contextlib import closing
from typing import cast

import pulumi
from pulumi.runtime import is_config_secret
from pulumi.runtime.rpc import translate_output_properties

from drift.errors import DriftError
from pulumi_provider.access import environment, refuse_plain_key
from pulumi_provider.core import not_found, read_by_external_id, read_by_id, reader_for, sentence
from pulumi_provider.declared import Declared, canonical_json
from pulumi_provider.errors import GroupReadError
from pulumi_provider.types import GetGatewayGroupResult


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
    try:
        return _get(id, external_entity_id, declared)
    except DriftError as error:
        raise pulumi.RunError(sentence(error)) from None


def get_gateway_group_output(
    id: pulumi.Input[str] | None = None,  # noqa: A002 - the API's name
    external_entity_id: pulumi.Input[str] | None = None,
    declared: pulumi.Input[Declared] | None = None,
) -> pulumi.Output[GetGatewayGroupResult]:
    """:func:`get_gateway_group` for arguments that become known while the program runs.

    Unknown in a preview in which an argument is unknown, and secret if one is secret. Groups are read in parallel.
    """
    arguments = pulumi.Output.all(id, external_entity_id, declared)

    async def read(known: list[object]) -> GetGatewayGroupResult:
        group_id, external, wanted = known
        return await asyncio.to_thread(
            get_gateway_group,
            cast("str | None", group_id),
            cast("str | None", external),
            cast("Declared | None", wanted),
        )

    return arguments.apply(read)


def _get(group_id: str | None, external_entity_id: str | None, declared: Declared | None) -> GetGatewayGroupResult:
    if (group_id is None) == (external_entity_id is None):
        raise GroupReadError("get_gateway_group takes either id or external_entity_id")
    refuse_plain_key(_config, is_config_secret)
    text = None if declared is None else canonical_json(declared)
    with closing(reader_for(_config, environment())) as reader:
        if group_id is not None:
            what, found = f"gateway group {group_id!r}", read_by_id(reader, group_id, text)
        else:
            what = f"gateway group with the external id {external_entity_id!r}"
            found = read_by_external_id(reader, external_entity_id or "", text)
    if found is None:
        raise not_found(what)
    translated = translate_output_properties(dict(found), lambda name: name, GetGatewayGroupResult)
    return cast("GetGatewayGroupResult", translated)


def _config(name: str) -> object:
    namespace, _, key = name.partition(":")
    return pulumi.Config(namespace).get(key)
