"""A forest of groups as a plain value, which is also the JSON document of ``drift tree``."""

from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct

from drift.model.groups import GroupRef
from drift.model.limits import Kind
from drift.report.report import Failure, Status

SCHEMA_VERSION = "1.0"

Binds: TypeAlias = Literal["own", "inherited", "pool"]


class View(StrEnum):
    """Which groups a tree shows: declared, live, or declared ones compared with live ones."""

    DESIRED = "desired"
    LIVE = "live"
    BOTH = "both"


class BindingLimit(Struct, frozen=True):
    """A limit that applies to a group, and whose it is."""

    kind: Kind
    type: str
    unit: str
    threshold: int
    binds: Binds
    """``own``: the group sets it. ``inherited``: an ancestor's, in an INDEPENDENT tree. ``pool``: an ancestor's
    in a CASCADING tree, where the tightest on the way to the root binds."""
    source_group: str
    """External id of the group that sets it, or its internal id where only that is known."""
    own: int | None
    """What the group itself sets, which a tighter pool can make meaningless; null if nothing."""


class TreeModel(Struct, frozen=True):
    """A model that the group may call; without limits it may be called without limit."""

    slug: str
    limits: tuple[BindingLimit, ...]


class Tally(Struct, frozen=True):
    """How many groups, and how they ended where they were compared."""

    groups: int = 0
    in_sync: int = 0
    drift: int = 0
    missing: int = 0
    unread: int = 0
    unmanaged: int = 0
    findings: int = 0
    accepted: int = 0


class TreeNode(Struct, frozen=True):
    """One group in its place."""

    group: GroupRef
    level: int
    """1 for a group at the top."""
    parent: str | None
    """External id of the group that it names as its parent, or its internal id where only that is known."""
    limit_enforcement: str | None
    """Null where it is not declared."""
    complete: bool
    """Whether ``models`` are all that the group may call; not so where some or all are not declared."""
    models: tuple[TreeModel, ...]
    status: Status | None
    """Null where nothing was compared."""
    findings: int
    """Differences of the group itself; those that a deleted or changed ancestor explains are counted there."""
    note: str | None
    """What is wrong with its place, or why it is unread."""
    below: Tally
    """All groups below it, itself left out."""


class Tree(Struct, frozen=True):
    """A forest of groups; also the JSON document of ``drift tree``."""

    schema_version: str
    view: View
    api_url: str | None
    """Where live groups were read; null where none were."""
    trees: int
    total: Tally
    groups: tuple[TreeNode, ...]
    unseen: str | None
    """Why live groups may be left out; null if all were seen."""
    failure: Failure | None
    """Set when there is nothing to show, and why."""
