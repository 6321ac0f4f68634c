"""The plan as a value; it is also the JSON document that `drift plan --output json` prints.

Within schema version 1 members are only added.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Self, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from drift.errors import Location
from drift.model.groups import Group, GroupRef
from drift.model.limits import JsonLimit, Models, limit_lists
from drift.report.report import Failure, Tool, Unread
from drift.version import __version__

SCHEMA_VERSION = "1.0"
LARGE_PERCENT = 30
"""A plan that touches a larger share of the declared groups has to be asked for."""

JsonModel: TypeAlias = Mapping[str, str | Sequence[JsonLimit]]
"""``ModelConfigV1``."""


class PlanVerdict(StrEnum):
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
    """The API would not accept the update, or it is not known whether it would."""


class Body(Struct, frozen=True, omit_defaults=True):
    """``UpdateGroupRequestV1``. What is absent stays as it is; ``models`` replaces the whole set."""

    metadata: Mapping[str, str | None] | UnsetType = UNSET
    """``name`` is the only member that can be updated; null clears it."""
    models: Sequence[JsonModel] | UnsetType = UNSET


class State(Struct, frozen=True):
    """A live group at one point of the plan: ``GroupV1`` without what is derived."""

    id: str
    metadata: Mapping[str, str | None]
    hierarchy: Mapping[str, str | None]
    models: Sequence[JsonModel]

    @classmethod
    def of(cls, group: Group) -> Self:
        """The group as the API writes it, with models and limits in order."""
        return cls(
            group.id,
            {"external_entity_id": group.external_entity_id, "name": group.name},
            {"limit_enforcement": group.limit_enforcement, "parent_group_id": group.parent_group_id},
            json_models(group.models),
        )


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
    """A declared group that the plan does not repair, or not completely, and what doing so would lose."""

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

    declared: int = 0
    workspace: int = 0
    """Live groups that were read."""
    touched: int = 0
    """Groups with a step."""
    percent_of_declared: int = 0
    """``touched`` in ``declared``, rounded up."""
    percent_of_workspace: int = 0
    steps: int = 0
    by_hand: int = 0
    """Groups that are not repaired, or not completely."""
    undeclared: int = 0
    """Unmanaged groups, which a plan leaves alone."""
    cuts: tuple[Cut, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """The whole document."""

    format: str = "baseten-drift/plan"
    schema_version: str = SCHEMA_VERSION
    tool: Tool = Tool("baseten-drift", __version__)
    api_url: str
    """Where the steps lead."""
    live: str
    """What the live groups were read from, as in a report."""
    read_at: str
    verdict: PlanVerdict
    exit_code: int
    summary: Summary = Summary()
    steps: tuple[Step, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    unread: tuple[Unread, ...] = ()
    unseen: str | None = None
    """Why there may be other live groups."""
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None


def json_models(models: Models) -> Sequence[JsonModel]:
    """A model set as the API writes it, sorted."""
    lists = {slug: limit_lists(models[slug]) for slug in sorted(models)}
    return [{"slug": slug, **{str(kind): limits for kind, limits in of.items()}} for slug, of in lists.items()]
