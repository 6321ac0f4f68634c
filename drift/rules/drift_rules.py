"""Rules for live groups: every kind of difference that a check can report."""

from enum import StrEnum

from msgspec import Struct


class Direction(StrEnum):
    """Whether live allows more than declared (cost, abuse), less (outage), or neither."""

    PERMISSIVE = "permissive"
    RESTRICTIVE = "restrictive"
    NEUTRAL = "neutral"


class Severity(StrEnum):
    """How much a finding matters. ``info`` is shown and counted, and never fails a check."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for high."""
        return list(Severity).index(self)


class DriftRule(Struct, frozen=True):
    """One kind of difference between desired and live."""

    id: str
    title: str
    severity: Severity
    """The usual severity; where it depends on the size of the change, ``explain`` says how."""
    direction: Direction | None
    """None where it depends on the values."""
    explain: str
    """What happened, why it matters, and what to do."""


DRIFT_RULES: tuple[DriftRule, ...] = (
    DriftRule(
        "group-missing",
        "A declared group does not exist",
        Severity.HIGH,
        Direction.RESTRICTIVE,
        "The gateway answered, by id and by external id, that the workspace has no such group. It was deleted, or "
        "never created there. Deleting a group also deletes its API keys and all groups below it, so every caller "
        "of this group is cut off.\n\n"
        "Re-create the group and hand out new keys, or remove it from the desired files. A 403 never leads to this "
        "finding, and when every declared group seems absent the check suspects the key instead.",
    ),
    DriftRule(
        "group-recreated",
        "The group was deleted and created again",
        Severity.HIGH,
        Direction.NEUTRAL,
        "The desired files pin an internal id, and the group that now bears the external id has another one. Ids "
        "are never reused: the old group, its API keys and its descendants are gone, even if the new group's limits "
        "are the same.\n\n"
        "Find out who re-created it, check that callers hold keys of the new group, then update the pin.",
    ),
    DriftRule(
        "group-unmanaged",
        "A live group is not declared",
        Severity.LOW,
        Direction.PERMISSIVE,
        "The workspace has a group that no desired file mentions. Its keys can call models with limits that nobody "
        "reviewed. Below a declared parent the severity is medium: under CASCADING it spends its parent's budget.\n\n"
        "Declare it, or delete it. Reported only with --unmanaged, since it takes reading the whole workspace.",
    ),
    DriftRule(
        "name-changed",
        "The display name differs",
        Severity.LOW,
        Direction.NEUTRAL,
        "metadata.name is a label without effect on traffic. It is often the first trace of a change made by hand.\n\n"
        "Set it back, or declare the new name. A null and an absent name are the same; an empty name is not.",
    ),
    DriftRule(
        "parent-changed",
        "The group hangs below another parent",
        Severity.HIGH,
        Direction.NEUTRAL,
        "hierarchy.parent_group_id cannot be changed after creation, so another parent means that the group was "
        "deleted and created again elsewhere. It now inherits from, or shares the budget of, other ancestors, and "
        "its former keys are dead.\n\n"
        "It cannot be repaired by an update: re-create the group under the declared parent, or declare the new one.",
    ),
    DriftRule(
        "limit-enforcement-changed",
        "The limit enforcement mode differs",
        Severity.HIGH,
        None,
        "hierarchy.limit_enforcement decides whether ancestors are templates (INDEPENDENT: the nearest declared "
        "limit counts) or pools (CASCADING: every ancestor's limit counts). It cannot be changed after creation: the "
        "whole tree was re-created. Live INDEPENDENT where CASCADING is declared is permissive, the reverse "
        "restrictive.\n\n"
        "Re-create the tree in the declared mode, or declare the live mode for all of it.",
    ),
    DriftRule(
        "model-added",
        "The group may call a model that is not declared",
        Severity.HIGH,
        Direction.PERMISSIVE,
        "models lists a slug that the desired files do not. Keys of this group can call it now.\n\n"
        "Remove the model, declare it, or declare the group with `manage: listed` if other people own the rest of "
        "its models. Note that an update replaces the whole model set: send the complete one.",
    ),
    DriftRule(
        "model-removed",
        "The group may no longer call a declared model",
        Severity.HIGH,
        Direction.RESTRICTIVE,
        "A declared slug is absent from models, so keys of this group cannot call it. A frequent cause is an update "
        "with a partial list: the API replaces the whole model set by what it is sent.\n\n"
        "Send the complete model set, or remove the slug from the desired files.",
    ),
    DriftRule(
        "limit-raised",
        "A threshold is higher than declared",
        Severity.MEDIUM,
        Direction.PERMISSIVE,
        "Live allows more than was reviewed: cost and abuse risk. Severity is high from twice the declared "
        "threshold on.\n\nSet the threshold back, or declare the new one.",
    ),
    DriftRule(
        "limit-lowered",
        "A threshold is lower than declared",
        Severity.MEDIUM,
        Direction.RESTRICTIVE,
        "Live allows less than was promised: callers meet 429 earlier. Severity is high from half the declared "
        "threshold down.\n\nSet the threshold back, or declare the new one.",
    ),
    DriftRule(
        "limit-removed",
        "A declared limit is gone",
        Severity.HIGH,
        Direction.PERMISSIVE,
        "The group itself no longer has this limit. Under INDEPENDENT enforcement the nearest ancestor that has the "
        "limit supplies it; if none does, traffic of this kind is not limited at all.\n\n"
        "Restore the limit with a complete model set, or remove it from the desired files.",
    ),
    DriftRule(
        "limit-added",
        "There is a limit that is not declared",
        Severity.MEDIUM,
        Direction.RESTRICTIVE,
        "Live limits traffic that the desired files leave unlimited on this group. Under INDEPENDENT enforcement it "
        "may also replace a lower limit of an ancestor.\n\n"
        "Remove the limit with a complete model set, or declare it.",
    ),
    DriftRule(
        "limit-unit-changed",
        "A rate limit counts in another window",
        Severity.MEDIUM,
        None,
        "The limit's unit moved between SECOND and MINUTE. The direction follows the mean rate per minute. With an "
        "equal mean rate (60 a minute, 1 a second) only the allowed burst differs, which is low and neutral, but "
        "never silently equal. Severity is high from twice or half the declared rate on.\n\n"
        "Set the declared window back, or declare the new one.",
    ),
    DriftRule(
        "threshold-zero",
        "A threshold is zero",
        Severity.HIGH,
        Direction.RESTRICTIVE,
        "Live has 0 where a positive threshold is declared. The API accepts 0 and does not document its effect; the "
        "natural reading is that no traffic passes. It is not the absence of a limit.\n\n"
        "Set the declared threshold back. To withdraw access on purpose, remove the model instead.",
    ),
    DriftRule(
        "effective-limit-changed",
        "A limit in effect is not what the declared tree implies, or what is pinned",
        Severity.INFO,
        None,
        "The group's own models are as declared, but its effective_models, which the gateway derives from its "
        "ancestors, are not what the declared ancestors imply, and no declared ancestor has drifted. Either an "
        "ancestor that is not declared sets the limit, or the gateway derives it in another way than documented. "
        "This is information and never fails a check. When a declared ancestor did drift, its own finding lists "
        "the descendants it affects instead.\n\n"
        "A pin makes it binding: where `effective` of the group says which limits are to be in effect on a model, any "
        "other threshold, source or limit is drift, marked [pinned], on the line of the pin. Severity is high from "
        "twice or half the pinned threshold on and where a pinned limit is gone, low where only the source differs."
        "\n\n"
        "Declare the ancestor that is named, so that its changes are found. Where a pin is broken, look at the "
        "group that the limit comes from, and set it back or change the pin.",
    ),
    DriftRule(
        "response-anomaly",
        "The gateway's answer contradicts its documentation",
        Severity.MEDIUM,
        Direction.NEUTRAL,
        "For example a pinned id that answers with another external id (both are immutable), one slug listed twice, "
        "or two limits of one type and unit. The values were compared as far as they could be. A limit of a CASCADING "
        "group above an ancestor's, which the API refuses to write, is one too; where drift of either group explains "
        "it, it is information beside that drift's own finding.\n\n"
        "Read the group by hand; if it persists, report it to the vendor.",
    ),
)
