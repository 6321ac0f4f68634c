"""What every way into this package does: read one group, compare it, give outputs. Knows nothing of Pulumi."""

from collections.abc import Mapping

from drift.errors import DriftError
from pulumi_provider.access import Config, resolve
from pulumi_provider.declared import parse
from pulumi_provider.errors import GroupReadError
from pulumi_provider.outputs import GroupOutputs, outputs
from pulumi_provider.reading import GroupReader


def reader_for(config: Config, variables: Mapping[str, str]) -> GroupReader:
    """A reader with the key and URL of environment and configuration.

    Raises:
        GroupReadError: they cannot be used.
    """
    try:
        return GroupReader(resolve(config, variables))
    except DriftError as error:
        raise GroupReadError(sentence(error)) from None


def read_by_id(reader: GroupReader, group_id: str, declared: str | None) -> GroupOutputs | None:
    """The outputs of the group with this internal id; None if there is no such group.

    Raises:
        GroupReadError: it could not be read.
        DeclaredError: the declaration is from a later release.
    """
    if not group_id:
        raise GroupReadError("the id of a gateway group must not be empty")
    seen = reader.get(group_id, None if declared is None else parse(declared))
    return None if seen is None else outputs(seen, declared)


def read_by_external_id(reader: GroupReader, external_entity_id: str, declared: str | None) -> GroupOutputs | None:
    """The outputs of the group with this external id; None if there is no such group.

    Raises:
        GroupReadError: it could not be read.
        DeclaredError: the declaration is from a later release.
    """
    if not external_entity_id:
        raise GroupReadError("the external id of a gateway group must not be empty")
    seen = reader.find(external_entity_id, None if declared is None else parse(declared))
    return None if seen is None else outputs(seen, declared)


def not_found(what: str) -> GroupReadError:
    """The error for a group that the workspace does not have."""
    return GroupReadError(
        f"{what} was not found in this workspace: it was deleted, the key is of another workspace, or the id is not "
        "the internal one (get_gateway_group(external_entity_id=...) looks it up)"
    )


def sentence(error: DriftError) -> str:
    """An error as one text, with what to do about it."""
    return f"{error.message} ({error.hint})" if error.hint else error.message
