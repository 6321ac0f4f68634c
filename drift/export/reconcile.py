"""A declared group and the live one to the edits of its entry that make them agree.

Only what differs is touched. What the entry takes from elsewhere, by an alias or a merge, is changed there
first; only if that was not enough (``deep``) does the entry get a value of its own. So what several groups
share stays shared as long as it is the same for all of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import get_args

from msgspec import UNSET, Struct

from drift.export.cst import Node
from drift.export.edits import Edits
from drift.export.entries import model
from drift.export.writing import Plain, flow, limit, limit_lists
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import Kind, LimitKey, Limits


class Reconciler:
    """Edits entries of one file."""

    def __init__(self, edits: Edits, *, deep: bool) -> None:
        self._edits = edits
        self._deep = deep

    def id(self, node: Node, live: Group) -> None:
        """The pin."""
        self._set(node, "id", live.id)

    def name(self, node: Node, live: Group) -> None:
        """The display name."""
        metadata = node.get("metadata")
        if metadata is None or metadata.form != "mapping":
            # Both come from elsewhere: by a merge, or an alias.
            if self._deep:
                external = {"external_entity_id": live.external_entity_id}
                self._edits.set_value(node, "metadata", {**external, "name": live.name})
        else:
            self._set(metadata, "name", live.name)

    def hierarchy(self, node: Node, wanted: Mapping[str, Plain]) -> None:
        """Place and mode, written anew: a group for which they changed is another group."""
        self._set(node, "hierarchy", wanted)

    def models(self, node: Node, desired: DesiredGroup, live: Group) -> None:
        """The models and their limits, as far as the group manages them."""
        if desired.models is UNSET:
            return
        wanted = {
            slug: limits for slug, limits in live.models.items() if desired.manage == "exact" or slug in desired.models
        }
        sequence = node.get("models")
        if sequence is None or sequence.form != "sequence":
            self._set(node, "models", [model(slug, limits) for slug, limits in sorted(wanted.items())])
            return
        declared = list(desired.models)
        kept = [index for index, slug in enumerate(declared) if slug in wanted]
        if not kept or (sequence.flow and set(declared) - set(wanted)):
            values = [model(slug, wanted[slug]) for slug in _ordered(declared, wanted)]
            self._edits.set_items(node, "models", sequence, values)
            return
        for index in kept:
            slug = declared[index]
            self._model(sequence.values[index], slug, desired.models[slug], wanted[slug])
        self._edits.remove_items(sequence, sorted(set(range(len(declared))) - set(kept)))
        ordered = declared == sorted(declared)
        for slug in sorted(set(wanted) - set(declared)):
            before = [index for index in kept if declared[index] < slug] if ordered else kept
            self._edits.add_item(sequence, before[-1] if before else kept[0], model(slug, wanted[slug]))

    def _model(self, node: Node, slug: str, declared: Limits, live: Limits) -> None:
        if declared == live:
            return
        if node.form != "mapping":
            if self._deep:
                self._edits.replace(node.start, node.end, flow(model(slug, live)))
            return
        lists = limit_lists(live)
        for kind in get_args(Kind):
            before, after = _of_kind(declared, kind), _of_kind(live, kind)
            if before == after:
                continue
            items = node.get(kind)
            if items is None or items.form != "sequence":
                self._set(node, kind, list(lists.get(kind, ())))
            else:
                self._limits(_List(node, kind, items), before, after)

    def _limits(self, written: "_List", declared: Limits, live: Limits) -> None:
        """A list of limits that the model has itself; its items are those of ``declared``, in their order."""
        sequence = written.sequence
        pairs = dict(_pairs(list(declared), live))
        added = [key for key in live if key not in pairs.values()]
        removed = [index for index in range(len(declared)) if index not in pairs]
        if not pairs or (sequence.flow and (added or removed)):
            self._edits.set_items(written.model, written.kind, sequence, limit_lists(live).get(written.kind, ()))
            return
        for (old, threshold), (index, key) in zip(
            [item for index, item in enumerate(declared.items()) if index in pairs], pairs.items(), strict=True
        ):
            if (old, threshold) != (key, live[key]):
                self._limit(sequence.values[index], old, key, live)
        self._edits.remove_items(sequence, removed)
        for key in added:
            self._edits.add_item(sequence, max(pairs), limit(key, live[key]))

    def _limit(self, item: Node, old: LimitKey, key: LimitKey, live: Limits) -> None:
        if item.form != "mapping":
            if self._deep:
                self._edits.replace(item.start, item.end, flow(limit(key, live[key])))
            return
        if key.unit != old.unit:
            self._set(item, "unit", key.unit)
        threshold = item.get("threshold")
        if threshold is None or threshold.text.replace("_", "") != str(live[key]):
            self._set(item, "threshold", live[key])

    def _set(self, mapping: Node, key: str, value: Plain) -> None:
        node = mapping.get(key)
        shared = mapping.merges if node is None else node.form == "alias"
        if self._deep or not shared:
            self._edits.set_value(mapping, key, value)


class _List(Struct, frozen=True):
    """A written list of limits, and where it stands."""

    model: Node
    kind: Kind
    sequence: Node


def _of_kind(limits: Limits, kind: Kind) -> Limits:
    return {key: threshold for key, threshold in limits.items() if key.kind == kind}


def _pairs(declared: Sequence[LimitKey], live: Limits) -> Iterator[tuple[int, LimitKey]]:
    """Position of each declared limit that is still there, with the limit that it is now.

    A rate limit that changed its unit is the same limit still, since a model has one of each type.
    """
    by_type = {key.type: key for key in live if key not in declared}
    for index, key in enumerate(declared):
        if key in live:
            yield index, key
        elif key.type in by_type:
            yield index, by_type[key.type]


def _ordered(declared: Sequence[str], wanted: Collection[str]) -> list[str]:
    """The slugs of ``wanted``, those that are declared first and in that order."""
    return [*(slug for slug in declared if slug in wanted), *sorted(set(wanted) - set(declared))]
