"""What must hold among the groups of a run: their ids and parents, the API's rules for trees, and what it leaves open.

A rule is a function from the trees to its problems; adding one to a table below is all it takes. Each reports one
cause once, with the number of groups that it concerns, and parents before their children.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from drift.desired.idle_limits import limits_do_something
from drift.desired.pin_rules import sources_are_declared, sources_set_what_is_pinned
from drift.desired.problems import MOST_PROBLEMS, Suggestions, not_declared, shown
from drift.desired.trees import Place, Trees, error, warning
from drift.errors import Location, Problem
from drift.model.effective import cascading_violations, predict
from drift.model.forest import MAX_LEVELS, desired_key
from drift.model.groups import DesiredGroup, Field
from drift.model.limits import LimitKey
from drift.model.wording import counted, number

TreeRule: TypeAlias = Callable[[Trees], Iterator[Problem]]

OVERSOLD = 10
"""How often a pool may be promised to its children before V17 speaks; some overselling is the point of pools."""
_LONGEST_CYCLE_SHOWN = 10


def link_problems(trees: Trees) -> Iterator[Problem]:
    """What is wrong with ids and with the groups that others name; no tree can be judged before that is right."""
    for rule in LINK_RULES:
        yield from rule(trees)


def tree_problems(groups: Sequence[DesiredGroup]) -> Iterator[Problem]:
    """Everything wrong with the trees of groups without :func:`link_problems`, their modes resolved."""
    trees = Trees(groups)
    for rule in TREE_RULES:
        yield from _not_too_many(rule(trees))


def with_modes(trees: Trees) -> Iterator[DesiredGroup]:
    """The groups in their order, each with its limit enforcement mode as far as the files tell.

    A mode that is left out is the parent's, and INDEPENDENT for a root (schema CreateGroupHierarchyV1). A group
    without a ``hierarchy`` block, or below a parent that no file declares, has none to compare.
    """
    modes: dict[str | None, str | UnsetType] = {}
    for key in trees.forest.downward():
        group = trees.groups[key]
        mode = group.limit_enforcement
        if mode is UNSET:
            mode = "INDEPENDENT" if trees.is_root(key) else modes.get(trees.forest.nodes[key].parent, UNSET)
        modes[key] = mode
    for group in trees.all:
        mode = modes.get(desired_key(group), UNSET)
        yield group if group.limit_enforcement is mode else replace(group, limit_enforcement=mode)


def ids_are_unique(trees: Trees) -> Iterator[Problem]:
    """V02: an external id names one live group of a workspace, and an internal id one group ever."""
    first: dict[tuple[Field, str], DesiredGroup] = {}
    for group in trees.all:
        ids: tuple[tuple[Field, str | None], ...] = (("external_entity_id", group.external_entity_id), ("id", group.id))
        for field, value in ids:
            if value is None:
                continue
            before = first.setdefault((field, value), group)
            if before is not group:
                message = f"{shown(value)} is already declared at {before.positions.field(field)}"
                yield error("V02", trees.field(group, field), message, "one group, one entry: merge or rename")


def parents_are_declared(trees: Trees) -> Iterator[Problem]:
    """V14: ``parent`` is the external id of a group of some file."""
    suggestions = Suggestions(trees.external_ids)
    for group in trees.all:
        parent = group.parent
        if isinstance(parent, str) and parent not in trees.external_ids:
            message = f"the parent {shown(parent)} is {not_declared(complete=trees.complete)}"
            otherwise = "declare it, or give the internal id of a parent that no file declares as `parent_group_id`"
            yield error("V14", _parent(trees, group), message, suggestions.near(parent) or otherwise)


def parents_form_no_cycle(trees: Trees) -> Iterator[Problem]:
    """V14: following parents ends at a root. A cycle is reported once, at its first group."""
    order = {key: index for index, key in enumerate(trees.groups)}
    pinned = {group.id for group in trees.all}
    for cycle in trees.forest.cycles:
        by_id = [trees.groups[key].parent_group_id for key in cycle]
        if any(parent and parent not in pinned for parent in by_id):
            continue  # the internal id of a parent that no file declares, spelt like some group's external id
        start = cycle.index(min(cycle, key=order.__getitem__))
        first, *others = cycle[start:] + cycle[:start]
        place = _parent(trees, trees.groups[first])
        if not others:
            yield error("V14", place, "the group is its own parent", "a root has no parent: remove the line")
            continue
        rest = [*others, first] if len(others) < _LONGEST_CYCLE_SHOWN else [*others[:_LONGEST_CYCLE_SHOWN], "…"]
        message = f"the parents form a cycle: {' -> '.join([first, *rest])}"
        yield error("V14", place, message, "one of them must be a root, or hang below another group")


def _parent(trees: Trees, group: DesiredGroup) -> Place:
    name = "parent" if isinstance(group.parent, str) else "parent_group_id"
    return Place(group.positions.field("parent"), trees.path(group, ("hierarchy", name)))


def _not_too_many(problems: Iterator[Problem]) -> Iterator[Problem]:
    found: dict[str, int] = {}
    for problem in problems:
        count = found[problem.rule] = found.get(problem.rule, 0) + 1
        if count <= MOST_PROBLEMS:
            yield problem
        elif count == MOST_PROBLEMS + 1:
            message = f"more than {MOST_PROBLEMS:,} {problem.level}s of this rule; no more are shown"
            yield Problem(problem.rule, problem.level, Location(problem.location.file, 1, 1), "", message)


def a_tree_has_one_mode(trees: Trees) -> Iterator[Problem]:
    """V13: every group of a tree has the mode of its root. A branch of another mode is reported at its top."""
    first: dict[str, str] = {}
    branch: dict[str, str] = {}
    astray: dict[str, int] = {}
    for key, top in trees.tops.items():
        mode = trees.groups[key].limit_enforcement
        if mode is UNSET or mode == trees.groups[first.setdefault(top, key)].limit_enforcement:
            continue
        above = trees.forest.nodes[key].parent or ""
        same = above in branch and trees.groups[above].limit_enforcement == mode
        branch[key] = branch[above] if same else key
        astray[branch[key]] = astray.get(branch[key], 0) + 1
    for key, count in astray.items():
        of_tree = first[trees.tops[key]]
        yield error(
            "V13",
            trees.field(trees.groups[key], "limit_enforcement"),
            f"{shown(key)}{_with_below(count - 1)} is {trees.groups[key].limit_enforcement}, but its tree is "
            f"{trees.groups[of_tree].limit_enforcement} from {trees.named(of_tree)} on",
            "a tree has one mode: write `limit_enforcement` on the root and leave it out below",
        )


def a_tree_is_not_too_deep(trees: Trees) -> Iterator[Problem]:
    """V15: at most five levels. A branch that is too deep is reported where it begins to be."""
    forest = trees.forest
    for key, top in trees.tops.items():
        undeclared = forest.missing_parents.get(top)
        level = (forest.depth(key) or 0) + (undeclared is not None)
        if level != MAX_LEVELS + 1:
            continue
        below = _with_below(sum(1 for _ in forest.descendants(key)))
        start = f"below {trees.named(top)}"
        if undeclared is not None:
            start = f"or deeper {start}, whose parent is not declared"
        yield error(
            "V15",
            trees.field(trees.groups[key], "parent"),
            f"{shown(key)}{below} is on level {level} {start}",
            f"a tree has at most {MAX_LEVELS} levels, the root being the first: hang it higher up",
        )


def no_limit_exceeds_an_ancestors(trees: Trees) -> Iterator[Problem]:
    """V16: in a CASCADING tree nobody may be given more than each of the ancestors."""
    for found in cascading_violations(trees.forest):
        ceiling = trees.limit(found.ancestor, found.slug, found.limit)
        yield error(
            "V16",
            trees.limit(found.key, found.slug, found.limit),
            f"{found.limit} {number(found.threshold)} of {shown(found.key)} on {shown(found.slug)} is above the "
            f"{number(found.ceiling)} of its ancestor {shown(found.ancestor)} at {ceiling.location}",
            "CASCADING: lower it to the ancestor's at most, or raise the ancestor's",
        )


def children_list_models_of_their_parent(trees: Trees) -> Iterator[Problem]:
    """V18: a model that the parent does not list is neither templated nor pooled there."""
    forest = trees.forest
    for parent, group in trees.groups.items():
        if group.models is UNSET or group.manage == "listed":
            continue
        extra: dict[str, list[str]] = {}
        for child in forest.children(parent):
            for slug in trees.models(child):
                if slug not in group.models:
                    extra.setdefault(slug, []).append(child)
        for slug, children in extra.items():
            more = f"; {number(len(children))} of its children do" if len(children) > 1 else ""
            yield warning(
                "V18",
                trees.model(children[0], slug),
                f"{shown(children[0])} lists {shown(slug)}, its parent {trees.named(parent)} does not{more}",
                "nothing forbids it; but no limit of the parent applies to it",
            )


def pools_are_not_oversold(trees: Trees) -> Iterator[Problem]:
    """V17: the children of a CASCADING group together far above one of its limits."""
    forest = trees.forest
    for pool, node in forest.nodes.items():
        children = forest.children(pool)
        # By V16 no child is above the pool, so a few of them cannot get there.
        if len(children) <= OVERSOLD or node.limit_enforcement != "CASCADING":
            continue
        promised: dict[tuple[str, LimitKey], list[int]] = {}
        for child in children:
            for slug, limits in forest.nodes[child].models.items():
                for limit, threshold in limits.items():
                    promised.setdefault((slug, limit), []).append(threshold)
        for (slug, limit), thresholds in promised.items():
            size = node.models.get(slug, {}).get(limit, 0)
            if 0 < size * OVERSOLD < sum(thresholds):
                yield _oversold(trees, pool, slug, limit, thresholds)


def _oversold(trees: Trees, pool: str, slug: str, limit: LimitKey, thresholds: Sequence[int]) -> Problem:
    highest = max(thresholds)
    child = next(key for key in trees.forest.children(pool) if trees.models(key).get(slug, {}).get(limit) == highest)
    place = trees.limit(pool, slug, limit)
    return warning(
        "V17",
        place,
        f"{limit} {number(trees.models(pool)[slug][limit])} of {shown(pool)} on {shown(slug)} is promised more than "
        f"{OVERSOLD} times: its {number(len(thresholds))} children may use {number(sum(thresholds))} together, "
        f"{shown(child)} at {trees.limit(child, slug, limit).location} up to {number(highest)}",
        "the API allows it; with all children busy, each gets a fraction of its limit",
    )


def models_have_a_limit(trees: Trees) -> Iterator[Problem]:
    """V19: a model that neither the group nor an ancestor limits, reported at the topmost group that lists it."""
    found: dict[tuple[str, str], int] = {}
    for key in trees.tops:
        own = trees.models(key)
        # Nobody is so deep down (V15), and with chains of any length this would not be linear.
        if all(own.values()) or (trees.forest.depth(key) or 0) > MAX_LEVELS:
            continue
        effective = predict(trees.forest, key)
        for slug, limits in own.items():
            if not limits and not effective[slug]:
                top = _topmost(trees, key, slug)
                if top is not None:
                    found[top, slug] = found.get((top, slug), 0) + 1
    for (key, slug), count in found.items():
        also = f", nor is it for {counted(count - 1, 'group')} below" if count > 1 else ""
        yield warning(
            "V19",
            trees.model(key, slug),
            f"{shown(slug)} is not limited for {shown(key)}, neither here nor by an ancestor{also}",
            "as far as documented, it may be called without limit",
        )


def _topmost(trees: Trees, key: str, slug: str) -> str | None:
    """The topmost group of the chain that lists the model, if the files tell all about the chain."""
    chain = trees.forest.chain(key)
    top = chain.nodes[-1].key
    if not (chain.complete and trees.is_root(top) and all(trees.says_all(node.key, slug) for node in chain.nodes)):
        return None
    return next(node.key for node in reversed(chain.nodes) if slug in node.models)


def _with_below(count: int) -> str:
    return f", with {counted(count, 'group')} below it," if count else ""


LINK_RULES: tuple[TreeRule, ...] = (
    ids_are_unique,
    parents_are_declared,
    parents_form_no_cycle,
    sources_are_declared,
)
TREE_RULES: tuple[TreeRule, ...] = (
    a_tree_has_one_mode,
    a_tree_is_not_too_deep,
    no_limit_exceeds_an_ancestors,
    children_list_models_of_their_parent,
    pools_are_not_oversold,
    models_have_a_limit,
    limits_do_something,
    sources_set_what_is_pinned,
)
