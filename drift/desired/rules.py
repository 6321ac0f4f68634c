"""What must hold within one group or one list of limits, once its shape is right.

A rule is a function from a value to its breaches; adding one to a table below is all it takes. Rules that need
the other groups are in ``forest``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from drift.desired.problems import Breach
from drift.desired.wording import shown
from drift.errors import Level
from drift.model.limits import Kind

if TYPE_CHECKING:
    from drift.desired.schema import GroupItem, LimitItem  # pydantic, which good files never need

GroupRule: TypeAlias = "Callable[[GroupItem], Iterator[Breach]]"
LimitsRule: TypeAlias = "Callable[[Kind, Sequence[LimitItem]], Iterator[Breach]]"

_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_SLUG = re.compile(r"[A-Za-z0-9._~-]+/[A-Za-z0-9._~-]+")
_DOCUMENTED_TYPES = frozenset({"REQUEST", "TOKEN"})


def has_identity(group: GroupItem) -> Iterator[Breach]:
    """V01: a group can be found by one of its two ids."""
    external_entity_id = group.get("metadata", {}).get("external_entity_id")
    if external_entity_id is None:
        if "id" not in group:
            yield Breach(
                "V01",
                Level.ERROR,
                (),
                "neither `metadata.external_entity_id` nor `id` is given",
                "give the external id; nothing else says which group is meant",
            )
        return
    path = ("metadata", "external_entity_id")
    if external_entity_id != external_entity_id.strip():
        yield Breach("V01", Level.WARNING, path, "begins or ends with a blank", "the API compares ids exactly")
    if not external_entity_id.isprintable() and _CONTROL.search(external_entity_id):
        yield Breach("V01", Level.WARNING, path, "contains a control character")


def id_can_be_sent(group: GroupItem) -> Iterator[Breach]:
    """V24: the internal id goes into a URL path; any character but a control character can be encoded."""
    group_id = group.get("id")
    if group_id is not None and not group_id.isprintable() and _CONTROL.search(group_id):
        yield Breach("V24", Level.ERROR, ("id",), "contains a control character", "copy the id from the API's answer")


def name_is_meant(group: GroupItem) -> Iterator[Breach]:
    """V03: legal names that are rarely meant."""
    name = group.get("metadata", {}).get("name")
    if name is None:
        return
    path = ("metadata", "name")
    if not name:
        yield Breach("V03", Level.WARNING, path, "the name is empty", "write null for a group without a name")
    elif name != name.strip():
        yield Breach("V03", Level.WARNING, path, "begins or ends with a blank")


def calls_some_model(group: GroupItem) -> Iterator[Breach]:
    """V04: an empty list cuts off every caller."""
    if group.get("models") == [] and group.get("manage") != "listed":
        yield Breach(
            "V04",
            Level.WARNING,
            ("models",),
            "the list is empty: the group may call no model",
            "the API creates no such group; leave `models` out if it is not to be compared",
        )


def slugs_are_distinct_and_formed(group: GroupItem) -> Iterator[Breach]:
    """V05 and V06: the form of a slug, and one entry for each."""
    first: dict[str, int] = {}
    for index, model in enumerate(group.get("models", ())):
        slug = model["slug"]
        path = ("models", index, "slug")
        if slug in first:
            message = f"the model {shown(slug)} is already in models[{first[slug]}]"
            yield Breach("V06", Level.ERROR, path, message, "merge the two entries")
            continue
        first[slug] = index
        if not _SLUG.fullmatch(slug):
            yield Breach(
                "V05",
                Level.WARNING,
                path,
                f"{shown(slug)} does not look like an endpoint slug",
                "the documented form is `prefix/name`, of letters, digits, `.`, `_`, `~` and `-`",
            )


def one_parent(group: GroupItem) -> Iterator[Breach]:
    """V14: a parent is named in one of two ways."""
    hierarchy = group.get("hierarchy", {})
    if "parent" in hierarchy and "parent_group_id" in hierarchy:
        yield Breach(
            "V14",
            Level.ERROR,
            ("hierarchy", "parent_group_id"),
            "both `parent` and `parent_group_id` are given",
            "keep `parent`, the external id, if the parent is declared",
            on_key=True,
        )


def types_are_documented(_kind: Kind, limits: Sequence[LimitItem]) -> Iterator[Breach]:
    """V07: the API's list of limit types has grown; its pages on groups name two of them."""
    for index, limit in enumerate(limits):
        if limit["type"] not in _DOCUMENTED_TYPES:
            yield Breach(
                "V07",
                Level.WARNING,
                (index, "type"),
                f"{limit['type']} is newer than the documented limit types of groups",
                "the API may refuse it",
            )


def limits_are_distinct(kind: Kind, limits: Sequence[LimitItem]) -> Iterator[Breach]:
    """V09 and V10: one rate limit for each type, whatever its unit; one usage limit for each type and unit."""
    first: dict[tuple[str, str], int] = {}
    for index, limit in enumerate(limits):
        key = (limit["type"], "" if kind == "rate_limits" else limit["unit"])
        if key not in first:
            first[key] = index
        elif kind == "rate_limits":
            yield Breach(
                "V09",
                Level.ERROR,
                (index,),
                f"a second rate limit of type {limit['type']}; the first is rate_limits[{first[key]}]",
                "a model has one rate limit per type: per SECOND or per MINUTE, not both",
            )
        else:
            yield Breach(
                "V10",
                Level.ERROR,
                (index,),
                f"a second usage limit of type {limit['type']} per {limit['unit']}; "
                f"the first is usage_limits[{first[key]}]",
                "keep one of them",
            )


def thresholds_let_something_pass(_kind: Kind, limits: Sequence[LimitItem]) -> Iterator[Breach]:
    """V11: zero is a value."""
    for index, limit in enumerate(limits):
        if limit["threshold"] == 0:
            yield Breach(
                "V11",
                Level.WARNING,
                (index, "threshold"),
                "a threshold of 0 probably lets nothing pass",
                "leave the limit out for no limit, or the model out for no access",
            )


GROUP_RULES: tuple[GroupRule, ...] = (
    has_identity,
    id_can_be_sent,
    name_is_meant,
    calls_some_model,
    slugs_are_distinct_and_formed,
    one_parent,
)
LIMITS_RULES: tuple[LimitsRule, ...] = (
    types_are_documented,
    limits_are_distinct,
    thresholds_let_something_pass,
)
