"""The declared groups and the live ones as two forests with the same keys, so that they can be held against each other.

Of the live groups only those that differ are kept; the others are as declared. What is not declared counts as the
declaration has it, on both sides, and so does a group that could not be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from msgspec import UNSET, Struct
from msgspec.structs import replace

from drift.model.forest import Forest, Node, desired_forest, desired_key
from drift.model.groups import DesiredGroup, Group
from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
    with_part,
)


class LiveGroups(Struct, frozen=True):
    """What a run knows of the live groups once everything is confirmed; by position of the declared group."""

    found: Mapping[int, tuple[str | None, str | None]]
    """Own and parent's internal id of every declared group that was found."""
    missing: frozenset[int]
    changed: Mapping[int, Group]
    """The groups themselves, where they differ from the declaration."""
    strangers: Sequence[Group] = ()
    """Groups that are not declared."""


class Sides:
    """Both forests. The key of a declared group is its position, in digits."""

    declared: Forest
    live: Forest

    def __init__(self, desired: Sequence[DesiredGroup], groups: LiveGroups) -> None:
        self.declared = Forest(_declared_nodes(desired))
        self.live = Forest(_live_nodes(desired, self.declared, groups))


def stranger_key(index: int) -> str:
    """The key of an undeclared group, by its place among them."""
    return f"+{index}"


def put_right(path: Path, live: Node, declared: Node) -> Node | None:
    """The live group with this one difference put right; None if that is nothing that limits traffic."""
    match path:
        case ModelPath() | LimitPath() | RateLimitPath():
            return replace(live, models=with_part(live.models, declared.models, path))
        case FieldPath("limit_enforcement"):
            return replace(live, limit_enforcement=declared.limit_enforcement)
        case FieldPath("parent_group_id"):
            return replace(live, parent=declared.parent)
        case GroupPath() | FieldPath() | EffectivePath() | EffectiveLimitPath():
            return None
        case _:
            assert_never(path)


def _declared_nodes(desired: Sequence[DesiredGroup]) -> Iterator[Node]:
    position_of: dict[str, int] = {}
    for position, group in enumerate(desired):
        position_of.setdefault(desired_key(group), position)
    for node in desired_forest(desired).nodes.values():
        parent = None if node.parent is None else _key(position_of.get(node.parent), node.parent)
        yield Node(str(position_of[node.key]), parent, node.limit_enforcement, node.models)


def _live_nodes(desired: Sequence[DesiredGroup], declared: Forest, groups: LiveGroups) -> Iterator[Node]:
    key_of = {id_: str(position) for position, (id_, _) in groups.found.items()}
    key_of |= {group.id: stranger_key(index) for index, group in enumerate(groups.strangers)}

    def key(parent: str | None) -> str | None:
        return None if parent is None else key_of.get(parent, _key(None, parent))

    for position, group in enumerate(desired):
        node = declared.nodes.get(str(position))
        if node is None or position in groups.missing:
            continue
        if position in groups.found and _declares_place(group) and not _waits(node, groups):
            node = replace(node, parent=key(groups.found[position][1]))
        if position in groups.changed:
            node = _as_compared(node, group, groups.changed[position])
        yield node
    for index, stranger in enumerate(groups.strangers):
        yield Node(stranger_key(index), key(stranger.parent_group_id), stranger.limit_enforcement, stranger.models)


def _as_compared(node: Node, desired: DesiredGroup, live: Group) -> Node:
    """The declared node with the live values of all that is declared."""
    models = live.models
    if desired.models is UNSET:
        models = node.models
    elif desired.manage == "listed":
        models = {slug: limits for slug, limits in models.items() if slug in desired.models}
    mode = node.limit_enforcement if desired.limit_enforcement is UNSET else live.limit_enforcement
    return replace(node, models=models, limit_enforcement=mode)


def _declares_place(group: DesiredGroup) -> bool:
    return group.parent is not UNSET or group.parent_group_id is not UNSET


def _waits(node: Node, groups: LiveGroups) -> bool:
    """Whether the declared parent is declared itself and could not be read, so that its id is not known."""
    if node.parent is None or not node.parent.isdecimal():
        return False
    return int(node.parent) not in groups.found and int(node.parent) not in groups.missing


def _key(position: int | None, id_: str) -> str:
    """Keys of declared groups are their positions; of others, what no position and no stranger can be."""
    return f"?{id_}" if position is None else str(position)
