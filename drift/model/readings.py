"""What came of looking for a group: found, missing, or not read; and of a whole list: all of it, or why not."""

from typing import TypeAlias

from msgspec import Struct

from drift.errors import Cause
from drift.model.groups import DesiredGroup, Group


class Found(Struct, frozen=True):
    """A live group, with the declaration it answers; ``desired`` is None for an unmanaged group."""

    desired: DesiredGroup | None
    live: Group


class Missing(Struct, frozen=True):
    """The gateway said, by id and by external id, that there is no such group in this workspace."""

    desired: DesiredGroup


class Failed(Struct, frozen=True):
    """The declared group could not be read: neither in sync nor drifted, but unknown."""

    desired: DesiredGroup
    cause: Cause
    message: str
    where: str
    """The URL path that was asked."""


Reading: TypeAlias = Found | Missing | Failed


class Missed(Struct, frozen=True):
    """Why a list may not hold all groups of the workspace; part of the published form of snapshots."""

    cause: Cause
    message: str
