"""One declared group, found by whatever is known about it."""

from http import HTTPStatus

from drift.errors import GatewayError
from drift.gateway.client import GatewayClient
from drift.model.groups import DesiredGroup, Group


def look_up(client: GatewayClient, desired: DesiredGroup, known_id: str | None) -> Group | None:
    """The live group, or None if there is none under any id it was declared with or seen under.

    The external id has the last word: it tells a deleted group from one that was created anew. A group that
    has the pinned id but another external id than declared is returned; the comparison says so.

    Args:
        client: The connection to ask over.
        desired: The declaration.
        known_id: The internal id under which an earlier reading found it.

    Raises:
        GatewayError: whether there is such a group could not be learned.
    """
    for group_id in dict.fromkeys(filter(None, (known_id, desired.id))):
        try:
            group = client.get(group_id)
        except GatewayError as error:
            # A 404 that is not the gateway's own may come from anything on the way; the list can still tell.
            if error.status != HTTPStatus.NOT_FOUND or desired.external_entity_id is None:
                raise
        else:
            if group is not None:
                return group
    return None if desired.external_entity_id is None else client.find(desired.external_entity_id)
