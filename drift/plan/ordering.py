"""In which order, and in how many updates, the groups of a forest can get new model sets.

A CASCADING tree allows no threshold above an ancestor's, at any moment: raises go root first, what is lowered
goes leaf first (Rate limits page of the API docs). Where one update raises one limit and lowers another, neither
order may do; then the group first gets, limit by limit, the smaller of the two, which always fits: leaf first
every limit can go down to it, and from there root first every limit can go up to its goal.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from drift.model.effective import Violation, cascading_violations
from drift.model.forest import Forest
from drift.model.limits import Limits, Models


class Move(Struct, frozen=True):
    """One update: the group's whole model set."""

    key: str
    models: Models
    completes: bool


class Ordering(Struct, frozen=True):
    """The updates in order, each of which the rules accept, and the groups for which there is no such way."""

    moves: Sequence[Move]
    refused: Mapping[str, Violation[str]]


def order(forest: Forest[str], goals: Mapping[str, Models]) -> Ordering:
    """The way from the forest as it is to one where each group in ``goals`` has its models.

    Groups without a goal stay as they are. Groups whose goal the rules do not allow beside those are refused, and
    stay as they are too.
    """
    refused = _impossible(forest, goals)
    trees: dict[str, dict[str, Models]] = {}
    for key, models in goals.items():
        if key not in refused:
            chain = forest.chain(key).nodes
            trees.setdefault(chain[-1].key, {})[key] = models
    moves: list[Move] = []
    for pending in trees.values():
        tree = _PlannedTree(forest, pending)
        way = list(tree.moves())
        stuck = tree.stuck()
        if any(move.key in stuck for move in way):
            # Half of a way is none, and others may have gone theirs relying on it.
            way, stuck = [], dict.fromkeys(pending, next(iter(stuck.values())))
        moves += way
        refused |= stuck
    return Ordering(moves, refused)


def _impossible(forest: Forest[str], goals: Mapping[str, Models]) -> dict[str, Violation[str]]:
    """Goals that cannot be, because of groups without a goal, or of others that cannot be."""
    refused: dict[str, Violation[str]] = {}
    while True:
        final = Forest(
            replace(node, models=goals[key]) if key in goals and key not in refused else node
            for key, node in forest.nodes.items()
        )
        before = len(refused)
        for violation in cascading_violations(final):
            guilty = next((key for key in (violation.key, violation.ancestor) if key in goals), None)
            if guilty is not None:
                refused.setdefault(guilty, violation)
        if len(refused) == before:
            return refused


class _PlannedTree:
    """One tree on its way. ``_now`` is where each of its groups is, ``_pending`` what is still to be reached."""

    def __init__(self, forest: Forest[str], pending: Mapping[str, Models]) -> None:
        self._forest = forest
        self._pending = dict(pending)
        self._now: dict[str, Models] = {}
        self._split: set[str] = set()

    def moves(self) -> Iterator[Move]:
        """Go as far as there is a way."""
        while self._pending:
            done = list(self._straight())
            yield from done
            while not done and self._pending.keys() - self._split:
                done = list(self._halfway())
                yield from done
            if not done:
                return

    def stuck(self) -> dict[str, Violation[str]]:
        """What is left: live limits that break the rules already let nothing pass."""
        return {
            key: violation
            for key, models in self._pending.items()
            if (violation := self._violation(key, models)) is not None
        }

    def _straight(self) -> Iterator[Move]:
        """Groups that can get their whole goal now: those that only go down leaf first, then the others root first."""
        down = [key for key in self._pending if self._only_tightens(key)]
        rest = [key for key in self._pending if not self._only_tightens(key)]
        for key in (*sorted(down, key=self._level, reverse=True), *sorted(rest, key=self._level)):
            models = self._pending[key]
            if self._fits(key, models):
                self._now[key] = models
                del self._pending[key]
                yield Move(key, models, completes=True)

    def _halfway(self) -> Iterator[Move]:
        """Send the deepest groups that wait half of the way."""
        waiting = [key for key in self._pending if key not in self._split]
        deepest = max(map(self._level, waiting), default=0)
        for key in waiting:
            if self._level(key) != deepest:
                continue
            self._split.add(key)
            models = self._between(key)
            if models != self._models(key) and self._fits(key, models):
                self._now[key] = models
                yield Move(key, models, completes=False)

    def _between(self, key: str) -> Models:
        """For each limit the goal if it fits by itself, else the smaller of both; access is only ever taken."""
        now, between = self._models(key), dict[str, Limits]()
        for slug, limits in self._pending[key].items():
            if slug in now:
                lower = {limit: min(now[slug][limit], goal) for limit, goal in limits.items() if limit in now[slug]}
                fitting = {limit: goal for limit, goal in limits.items() if self._fits(key, {slug: {limit: goal}})}
                between[slug] = {**lower, **fitting}
            elif self._fits(key, {slug: limits}):
                between[slug] = limits
        return between

    def _fits(self, key: str, models: Models) -> bool:
        return self._violation(key, models) is None

    def _violation(self, key: str, models: Models) -> Violation[str] | None:
        """What the API would find wrong if the group had these models now."""
        chain = self._forest.chain(key).nodes
        if chain[-1].limit_enforcement != "CASCADING":
            return None
        affected = [*(node.key for node in chain[1:]), *self._forest.descendants(key)]
        nodes = [replace(self._forest.nodes[other], models=self._models(other)) for other in affected]
        return next(cascading_violations(Forest([replace(chain[0], models=models), *nodes])), None)

    def _only_tightens(self, key: str) -> bool:
        now, goal = self._models(key), self._pending[key]
        return all(
            slug in now
            and all(limit in limits and limits[limit] <= threshold for limit, threshold in now[slug].items())
            for slug, limits in goal.items()
        )

    def _models(self, key: str) -> Models:
        return self._now.get(key, self._forest.nodes[key].models)

    def _level(self, key: str) -> int:
        return self._forest.depth(key) or 0
