"""One group at a time from the gateway, from any thread, each read with a deadline of its own."""

import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias

import httpx

from drift.errors import HINTS, Cause, GatewayError
from drift.gateway.client import GatewayClient
from drift.gateway.pace import Budget, Clock, Throttle
from drift.gateway.retry import Conduct, Ledger
from drift.gateway.settings import RATE
from drift.gateway.transport import connector
from drift.model.groups import DesiredGroup, Group
from pulumi_provider.access import KEY_CONFIG, Config, resolve
from pulumi_provider.declared import parse
from pulumi_provider.errors import GroupReadError
from pulumi_provider.outputs import Outputs, outputs

_CLOCK = Clock()
_THROTTLE = Throttle(RATE, _CLOCK)
"""Of the process: the API counts requests by key, and one program rarely has two."""
_HINTS: Mapping[Cause, str] = {
    **HINTS,
    Cause.THROTTLED: "other programs share the API's limit; run again later",
    Cause.UNREACHABLE: "check BASETEN_REMOTE_URL or baseten:apiUrl, the network and the proxy settings",
    Cause.TIMED_OUT: "run again, or allow more: pulumi config set baseten:timeout 5m",
    Cause.UNREADABLE_RESPONSE: "is the API URL that of the gateway, and no proxy in between that answers for it?",
    Cause.UNEXPECTED_STATUS: "check BASETEN_REMOTE_URL or baseten:apiUrl",
}
"""The command's hints, where they name no option of the command."""
_RECORDED = (
    f"; a refresh uses the {KEY_CONFIG} of the last update: after a change run `pulumi up`, "
    "`pulumi refresh --run-program`, or set BASETEN_API_KEY"
)

Look: TypeAlias = Callable[[GatewayClient], Group | None]


class GroupReader:
    """Reads groups over one connection for each thread."""

    def __init__(self, config: Config, variables: Mapping[str, str]) -> None:
        """A reader with the key and URL of environment and configuration; nothing is sent yet.

        Raises:
            SettingsError: they cannot be used, or the proxy or the certificates of the environment cannot.
        """
        self._access = resolve(config, variables)
        self._connect = connector(self._access.address)
        self._threads = threading.local()

    def get(self, group_id: str, declared: str | None) -> Outputs | None:
        """The outputs of the group with this internal id; None only if the gateway says that there is none.

        Raises:
            GroupReadError: it could not be read; whether it exists is unknown.
            DeclaredError: the declaration is from a later release.
        """
        if not group_id:
            raise GroupReadError("the id of a gateway group must not be empty")
        return self._read(f"gateway group {group_id!r}", lambda client: client.get(group_id), declared)

    def find(self, external_entity_id: str, declared: str | None) -> Outputs | None:
        """The outputs of the group with this external id, likewise."""
        if not external_entity_id:
            raise GroupReadError("the external id of a gateway group must not be empty")

        def look(client: GatewayClient) -> Group | None:
            # The list says who it is, the get what it is: the same answer as by id, whichever way it was found.
            listed = client.find(external_entity_id)
            return None if listed is None else client.get(listed.id)

        return self._read(f"gateway group with the external id {external_entity_id!r}", look, declared)

    def close(self) -> None:
        """Close this thread's connection."""
        if hasattr(self._threads, "transport"):
            self._threads.transport.close()

    def _read(self, what: str, look: Look, declared: str | None) -> Outputs | None:
        desired = None if declared is None else parse(declared)
        client = self._client()
        try:
            live = look(client)
            return None if live is None else outputs(live, declared, _parent(client, live, desired))
        except GatewayError as error:
            problem = self._problem(what, error)
        # Outside the handler, so that nothing of the transport is chained to it.
        raise problem

    def _client(self) -> GatewayClient:
        """A client with a fresh deadline over this thread's connection."""
        if not hasattr(self._threads, "transport"):
            self._threads.transport = self._connect()
        transport: httpx.BaseTransport = self._threads.transport
        budget = Budget(self._access.options.timeout, _CLOCK)
        budget.start()
        return GatewayClient(self._access, lambda: transport, Conduct(_THROTTLE, budget, Ledger()))

    def _problem(self, what: str, error: GatewayError) -> GroupReadError:
        message = f"{what} could not be read: {error.message} (GET {error.where})"
        hint = _HINTS.get(error.cause, "")
        if error.cause in (Cause.UNAUTHORIZED, Cause.FORBIDDEN):
            message += f"; the key came from {self._access.key.origin}"
            if self._access.key.origin.endswith(f"({KEY_CONFIG})"):
                hint += _RECORDED
        return GroupReadError(message, hint=hint)


def _parent(client: GatewayClient, live: Group, declared: DesiredGroup | None) -> Group | None:
    """The group that is declared as the parent, by its external id, if it exists.

    Usually it is the live parent, and a get is more certain than the list's filter.
    """
    if declared is None or not isinstance(declared.parent, str):
        return None
    if live.parent_group_id is not None:
        above = client.get(live.parent_group_id)
        if above is not None and above.external_entity_id == declared.parent:
            return above
    return client.find(declared.parent)
