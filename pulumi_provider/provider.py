"""The provider that runs in Pulumi's process for dynamic resources.

This module's path and the class's name stand in users' state, pickled by reference: neither may ever change.
Importing it does nothing, and an instance holds nothing until it is configured, so the pickle is the name alone.
"""

import threading
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from drift.errors import DriftError
from pulumi_provider.access import environment
from pulumi_provider.errors import GroupReadError, not_found, sentence
from pulumi_provider.reading import GroupReader

_READ_ONLY = "GatewayGroup is read-only: this provider never creates, updates or deletes a gateway group"


class GatewayGroupProvider(ResourceProvider):
    """Reads one gateway group. Never creates, updates or deletes one."""

    serialize_as_secret_always = False
    """What is serialized is the name of this class; encrypting it would cost time and protect nothing."""

    def __getstate__(self) -> None:
        """Nothing: whatever an instance has learned, its pickle is the name of its class."""

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the configuration. Raises nothing, because this runs before every kind of call, delete included."""
        self._config = req.config
        self._lock = threading.Lock()
        self._reader: GroupReader | None = None

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The group as it is now.

        Called by preview, update and refresh, from several threads at once. A refresh hands over what was
        recorded, everything else only the inputs.

        Raises:
            GroupReadError: the group could not be read; or there is none, where none was recorded either.
        """
        try:
            found = self._gateway().get(id_, props.get("declared"))
        except DriftError as error:
            # Pulumi shows the whole traceback: so it is kept short. Whatever is no DriftError is a bug, and shown.
            problem = GroupReadError(sentence(error))
        else:
            if found is not None:
                return ReadResult(found["id"], found)
            # Only what this method returned before has this member.
            if "created_at" in props:
                return ReadResult("", {})
            problem = not_found(f"gateway group {id_!r}")
        raise problem

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse: only a resource that is to be managed is checked."""
        return CheckResult(news, [CheckFailure("", f"{_READ_ONLY}; read it with GatewayGroup or GatewayGroup.get")])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Nothing to update, whatever differs."""
        return DiffResult(changes=False)

    def create(self, _props: dict[str, Any]) -> CreateResult:
        """Refuse."""
        raise GroupReadError(_READ_ONLY)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Refuse."""
        raise GroupReadError(_READ_ONLY)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing: a stack that forgets a group leaves the group alone."""

    def _gateway(self) -> GroupReader:
        with self._lock:
            if self._reader is None:
                self._reader = GroupReader(self._config.get, environment())
            return self._reader
