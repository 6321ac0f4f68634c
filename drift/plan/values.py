"""The plan as a value; it is also the JSON document that `drift plan --output json` prints.

Within schema version 1 members are only added.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

from drift.errors import ExitCode, Location
from drift.model.groups import GroupRef
from drift.model.limits import Kind as LimitKind
from drift.model.limits import LimitKey, Models
from drift.report.report import Failure, Tool, Unread

FORMAT = "baseten-drift/plan"
SCHEMA_VERSION = "1.0"
LARGE_PERCENT = 30
"""A plan that touches a larger share of the declared groups has to be asked for."""


class Verdict(StrEnum):
    """What the plan amounts to."""

    NOTHING = "nothing-to-do"
    REPAIR = "repair"
    """There are steps, or groups to be repaired by hand."""
    INCOMPLETE = "incomplete"
    """Not everything was read; there may be steps for what was."""
    FAILED = "failed"
    """There is no plan, and ``failure`` says why."""


class Kind(StrEnum):
    """Why a group cannot be repaired by an update."""

    MISSING = "missing"
    RECREATED = "recreated"
    """Live under another id than the pinned one: what the old group lost is lost."""
    RECREATE = "recreate"
    """Parent or mode differ, which never change: the group would have to be deleted and created again."""
    MISTAKEN = "mistaken"
    """The response contradicts the declaration's identity, or the API's documentation."""
    REFUSED = "refused"
    """The API would not accept the update, or whether it would cannot be told."""


class Limit(Struct, frozen=True):
    """``RateLimitV1`` or ``UsageLimitV1``."""

    type: str
    unit: str
    threshold: int


class Model(Struct, frozen=True):
    """``ModelConfigV1``, its lists sorted by type and unit."""

    slug: str
    rate_limits: tuple[Limit, ...]
    usage_limits: tuple[Limit, ...]


class Name(Struct, frozen=True):
    """The only member of ``metadata`` that can be updated; null clears it."""

    name: str | None


class Body(Struct, frozen=True, omit_defaults=True):
    """``UpdateGroupRequestV1``. What is absent stays as it is; ``models`` replaces the whole set."""

    metadata: Name | UnsetType = UNSET
    models: tuple[Model, ...] | UnsetType = UNSET


class Metadata(Struct, frozen=True):
    """``GroupMetadataV1``."""

    external_entity_id: str
    name: str | None


class Hierarchy(Struct, frozen=True):
    """``GroupHierarchyV1``."""

    limit_enforcement: str
    parent_group_id: str | None


class State(Struct, frozen=True):
    """A live group at one point of the plan: ``GroupV1`` without what is derived."""

    id: str
    metadata: Metadata
    hierarchy: Hierarchy
    models: tuple[Model, ...]


class Step(Struct, frozen=True):
    """One update of one group: a PATCH of ``url`` with ``body``."""

    number: int
    """From 1; steps are to be taken in this order."""
    group: GroupRef
    source: Location
    url: str
    body: Body
    changes: tuple[str, ...]
    """What the step does, a line each."""
    before: State
    """What must be live, or else the plan is out of date."""
    after: State
    completes: bool
    """False where a later step brings the group to its goal: the tree's limits do not allow both at once."""


class ByHand(Struct, frozen=True):
    """A declared group that the plan does not repair, or not wholly, and what doing so would lose."""

    kind: Kind
    group: GroupRef
    source: Location
    message: str
    lost: str
    """What repairing it loses, or what is lost already; empty for nothing."""
    descendants: tuple[GroupRef, ...] = ()
    """Live groups that would be deleted with it."""


class Cut(Struct, frozen=True):
    """Models that every key of the group can no longer call after the plan."""

    group: GroupRef
    slugs: tuple[str, ...]
    everything: bool
    """The group is left without any model."""


class Summary(Struct, frozen=True):
    """What the plan would do to the workspace."""

    declared: int
    workspace: int
    """Live groups that were read."""
    touched: int
    """Groups with a step."""
    percent_of_declared: int
    """``touched`` in ``declared``, rounded up."""
    percent_of_workspace: int
    steps: int
    by_hand: int
    """Groups that are not repaired, or not wholly."""
    undeclared: int
    """Live groups that nobody declared, which a plan leaves alone."""
    cuts: tuple[Cut, ...] = ()


class Plan(Struct, frozen=True):
    """The whole document."""

    format: str
    schema_version: str
    tool: Tool
    api_url: str
    """Where the steps lead."""
    live: str
    """What the live groups were read from, as in a report."""
    read_at: str
    verdict: Verdict
    exit_code: int
    summary: Summary
    steps: tuple[Step, ...]
    by_hand: tuple[ByHand, ...]
    unread: tuple[Unread, ...]
    unseen: str | None
    """Why not all live groups were seen."""
    warnings: tuple[str, ...]
    failure: Failure | None = None


def verdict_of(*, repairs: bool, complete: bool) -> tuple[Verdict, ExitCode]:
    """The verdict and its exit code; what was not read outweighs what there is to do."""
    if not complete:
        return Verdict.INCOMPLETE, ExitCode.INCOMPLETE
    return (Verdict.REPAIR, ExitCode.DRIFT) if repairs else (Verdict.NOTHING, ExitCode.IN_SYNC)


def percent(part: int, whole: int) -> int:
    """Rounded up, so that nothing passes for less than it is."""
    return -(-100 * part // whole) if whole else 0


def wire_models(models: Models) -> tuple[Model, ...]:
    """A model set as the API writes it, sorted."""

    def limits(slug: str, kind: LimitKind) -> tuple[Limit, ...]:
        keys: Sequence[LimitKey] = sorted(key for key in models[slug] if key.kind == kind)
        return tuple(Limit(key.type, key.unit, models[slug][key]) for key in keys)

    return tuple(Model(slug, limits(slug, "rate_limits"), limits(slug, "usage_limits")) for slug in sorted(models))
