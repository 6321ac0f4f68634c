"""Where live groups that no file declares yet are written, and in which order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from drift.export.entries import key_of
from drift.export.names import file_name
from drift.model.forest import Forest, live_forest
from drift.model.groups import Group

Layout: TypeAlias = Literal["single", "per-root", "per-group"]
SINGLE = "groups"


class Order:
    """All live groups in the order of exports: each tree by external ids, parents before children."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        """``groups`` by internal id."""
        self.groups = groups
        self.forest: Forest[str] = live_forest(groups.values())
        self._rank = {key: rank for rank, key in enumerate(self._walk())}

    def sorted(self, groups: Iterable[Group]) -> list[Group]:
        """The groups in this order."""
        return sorted(groups, key=self.rank)

    def rank(self, group: Group) -> int:
        """The place of a group among all."""
        return self._rank[group.id]

    def _walk(self) -> Iterator[str]:
        todo = self._backwards((*self.forest.roots, *self.forest.missing_parents))
        while todo:
            key = todo.pop()
            yield key
            todo += self._backwards(self.forest.children(key))
        # No API has groups that are their own ancestors; if this one has, they come last.
        yield from sorted(key for key in self.groups if self.forest.depth(key) is None)

    def _backwards(self, keys: Iterable[str]) -> list[str]:
        return sorted(keys, key=lambda key: (key_of(self.groups[key]), key), reverse=True)


def homes(new: Sequence[Group], order: Order, home: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """The file of each new group by internal id: a path that is there, or the name of one in the directory.

    Args:
        new: Groups that are to be written, in their order.
        order: All live groups.
        home: Path by internal id, of the groups that are declared.
        layout: Of the files; ``per-root`` puts a group where the next ancestor stands that stands somewhere.
    """
    placed: dict[str, str] = {}
    for group in new:
        match layout:
            case "single":
                placed[group.id] = file_name(SINGLE, own=True)
            case "per-group":
                placed[group.id] = file_name(key_of(group))
            case "per-root":
                chain = order.forest.chain(group.id).nodes
                above = (place for node in chain[1:] if (place := placed.get(node.key) or home.get(node.key)))
                placed[group.id] = next(above, None) or file_name(key_of(order.groups[chain[-1].key]))
    return placed
