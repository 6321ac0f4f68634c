"""What must hold within one group, or one list of limits, once its shape is right.

A rule is a function from a group to its breaches; adding one to ``GROUP_RULES`` is all it takes. Rules that need
the other groups are in ``tree_rules``.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from msgspec import UNSET

from drift.desired.nodes import Breach, Path, shown
from drift.desired.shape import NO_HIERARCHY, NO_METADATA, EffectiveLimitItem, GroupItem, LimitItem
from drift.errors import Level
from drift.model.limits import UNITS, Kind

GroupRule: TypeAlias = Callable[[GroupItem], Iterator[Breach]]

_DOCUMENTED_TYPES = ("REQUEST", "TOKEN")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_SLUG = re.compile(r"[A-Za-z0-9._~-]+/[A-Za-z0-9._~-]+")


def has_identity(group: GroupItem) -> Iterator[Breach]:
    """V01: a group can be found by one of its two ids."""
    external_entity_id = (group.metadata or NO_METADATA).external_entity_id
    if not external_entity_id:
        if not group.id:
            hint = "give the external id; nothing else says which group is meant"
            yield Breach("V01", Level.ERROR, (), "neither `metadata.external_entity_id` nor `id` is given", hint)
        return
    path = ("metadata", "external_entity_id")
    if external_entity_id != external_entity_id.strip():
        yield Breach("V01", Level.WARNING, path, "begins or ends with a blank", "the API compares ids exactly")
    if not external_entity_id.isprintable() and _CONTROL.search(external_entity_id):
        yield Breach("V01", Level.WARNING, path, "contains a control character")


def id_can_be_sent(group: GroupItem) -> Iterator[Breach]:
    """V24: the internal id goes into a URL path; any character but a control character can be encoded."""
    if group.id and not group.id.isprintable() and _CONTROL.search(group.id):
        yield Breach("V24", Level.ERROR, ("id",), "contains a control character", "copy the id from the API's answer")


def name_is_meant(group: GroupItem) -> Iterator[Breach]:
    """V03: legal names that are rarely meant."""
    name = (group.metadata or NO_METADATA).name
    if not isinstance(name, str):
        return
    path = ("metadata", "name")
    if not name:
        yield Breach("V03", Level.WARNING, path, "the name is empty", "write null for a group without a name")
    elif name != name.strip():
        yield Breach("V03", Level.WARNING, path, "begins or ends with a blank")


def calls_some_model(group: GroupItem) -> Iterator[Breach]:
    """V04: an empty list cuts off every caller."""
    if group.models == [] and group.manage != "listed":
        hint = "the API creates no such group; leave `models` out if it is not to be compared"
        yield Breach("V04", Level.WARNING, ("models",), "the list is empty: the group may call no model", hint)


def slugs_are_distinct_and_formed(group: GroupItem) -> Iterator[Breach]:
    """V05 and V06: the form of a slug, and one entry for each."""
    first: dict[str, int] = {}
    for index, model in enumerate(group.models or ()):
        slug = model.slug
        path = ("models", index, "slug")
        before = first.setdefault(slug, index)
        if before != index:
            message = f"the model {shown(slug)} is already in models[{before}]"
            yield Breach("V06", Level.ERROR, path, message, "merge the two entries")
        elif not _SLUG.fullmatch(slug):
            message = f"{shown(slug)} does not look like an endpoint slug"
            hint = "the documented form is `prefix/name`, of letters, digits, `.`, `_`, `~` and `-`"
            yield Breach("V05", Level.WARNING, path, message, hint)


def one_parent(group: GroupItem) -> Iterator[Breach]:
    """V14: a parent is named in one of two ways."""
    hierarchy = group.hierarchy or NO_HIERARCHY
    if hierarchy.parent is not UNSET and hierarchy.parent_group_id is not UNSET:
        path = ("hierarchy", "parent_group_id")
        message = "both `parent` and `parent_group_id` are given"
        hint = "keep `parent`, the external id, if the parent is declared"
        yield Breach("V14", Level.ERROR, path, message, hint, on_key=True)


def pins_are_distinct(group: GroupItem) -> Iterator[Breach]:
    """V33: each model once, and each of its limits once for each group that it comes from."""
    if group.effective == []:
        hint = "list the models whose effective limits are to be held, or leave `effective` out"
        yield Breach("V34", Level.WARNING, ("effective",), "the list is empty: nothing is pinned", hint)
    models: dict[str, int] = {}
    for index, model in enumerate(group.effective or ()):
        path: Path = ("effective", index)
        first = models.setdefault(model.slug, index)
        if first != index:
            message = f"the model {shown(model.slug)} is already pinned in effective[{first}]"
            yield Breach("V33", Level.ERROR, (*path, "slug"), message, "merge the two entries")
        for kind in UNITS:
            found = _pinned_limits_are_distinct(kind, getattr(model, kind) or ())
            yield from (breach.below(*path, kind) for breach in found)


def _pinned_limits_are_distinct(kind: Kind, limits: Sequence[EffectiveLimitItem]) -> Iterator[Breach]:
    known: dict[tuple[object, ...], int] = {}
    for index, limit in enumerate(limits):
        sources = [source for source in (limit.source, limit.source_group) if source is not UNSET]
        if len(sources) != 1:
            given = "both `source` and `source_group` are" if sources else "neither `source` nor `source_group` is"
            hint = (
                "`source` is the external id of the group that sets the limit; `source_group` the internal id of one "
                "that no file declares"
            )
            yield Breach("V33", Level.ERROR, (index,), f"{given} given", hint)
            continue
        key = (limit.type, limit.unit, limit.source, limit.source_group)
        first = known.setdefault(key, index)
        if first != index:
            message = f"a second limit of type {limit.type} per {limit.unit} from {shown(sources[0])}"
            hint = f"keep one of them; the first is {kind}[{first}]"
            yield Breach("V33", Level.ERROR, (index,), message, hint)


def limits_are_sound(kind: Kind, limits: Sequence[LimitItem]) -> Iterator[Breach]:
    """V07, V09, V10 and V11: what must hold within one list of limits, at which the paths start."""
    first: dict[tuple[str, str], int] = {}
    for index, limit in enumerate(limits):
        if limit.type not in _DOCUMENTED_TYPES:
            message = f"{limit.type} is newer than the documented limit types of groups"
            yield Breach("V07", Level.WARNING, (index, "type"), message, "the API may refuse it")
        if limit.threshold == 0:
            message = "a threshold of 0 probably lets nothing pass"
            hint = "leave the limit out for no limit, or the model out for no access"
            yield Breach("V11", Level.WARNING, (index, "threshold"), message, hint)
        before = first.setdefault((limit.type, "" if kind == "rate_limits" else limit.unit), index)
        if before == index:
            continue
        if kind == "rate_limits":
            message = f"a second rate limit of type {limit.type}; the first is rate_limits[{before}]"
            hint = "a model has one rate limit per type: per SECOND or per MINUTE, not both"
            yield Breach("V09", Level.ERROR, (index,), message, hint)
        else:
            message = f"a second usage limit of type {limit.type} per {limit.unit}; the first is usage_limits[{before}]"
            yield Breach("V10", Level.ERROR, (index,), message, "keep one of them")


GROUP_RULES: tuple[GroupRule, ...] = (
    has_identity,
    id_can_be_sent,
    name_is_meant,
    calls_some_model,
    slugs_are_distinct_and_formed,
    one_parent,
    pins_are_distinct,
)
