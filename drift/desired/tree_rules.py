"""What must hold among sound groups of a run: the API's rules for trees, and what it leaves open.

A rule is a function from the trees to its problems; adding one to ``TREE_RULES`` is all it takes. Each reports one
cause once, with the number of groups that it concerns, and parents before their children.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, cast

from msgspec import UNSET

from drift.desired.idle_limits import limits_do_something
from drift.desired.nodes import MOST_PROBLEMS, shown
from drift.desired.trees import Place, Trees, error, pins, warning
from drift.errors import Location, Problem
from drift.model.declaration import Key
from drift.model.effective import applying, cascading_violations
from drift.model.forest import MAX_LEVELS, Chain
from drift.model.groups import PinnedLimit
from drift.model.limits import LimitKey, each_limit
from drift.model.wording import counted, number

TreeRule: TypeAlias = Callable[[Trees], Iterator[Problem]]

OVERSOLD = 10
"""How often a pool may be promised to its children before V17 speaks; some overselling is the point of pools."""


def tree_problems(trees: Trees) -> Iterator[Problem]:
    """Everything wrong with the trees of groups without link problems, their modes resolved."""
    for rule in TREE_RULES:
        yield from _not_too_many(rule(trees))


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
    modes = [group.limit_enforcement for group in trees.groups]
    first: dict[int, int] = {}
    branch: dict[int, int] = {}
    astray: dict[int, int] = {}
    for key, top in trees.tops.items():
        if modes[key] is UNSET or modes[key] == modes[first.setdefault(top, key)]:
            continue
        above = trees.parent(key)
        branch[key] = branch.get(above, key) if above is not None and modes[above] == modes[key] else key
        astray[branch[key]] = astray.get(branch[key], 0) + 1
    for key, count in astray.items():
        of_tree = first[trees.tops[key]]
        yield error(
            "V13",
            trees.field(key, "limit_enforcement"),
            f"{trees.name(key)}{_with_below(count - 1)} is {modes[key]}, but its tree is {modes[of_tree]} from "
            f"{trees.named(of_tree)} on",
            "a tree has one mode: write `limit_enforcement` on the root and leave it out below",
        )


def a_tree_is_not_too_deep(trees: Trees) -> Iterator[Problem]:
    """V15: at most five levels. A branch that is too deep is reported where it begins to be."""
    forest = trees.forest
    for key, top in trees.tops.items():
        undeclared = top in forest.missing_parents
        level = (forest.depth(key) or 0) + undeclared
        if level != MAX_LEVELS + 1:
            continue
        below = _with_below(sum(1 for _ in forest.descendants(key)))
        start = f"below {trees.named(top)}"
        if undeclared:
            start = f"or deeper {start}, whose parent is not declared"
        yield error(
            "V15",
            trees.field(key, "parent"),
            f"{trees.name(key)}{below} is on level {level} {start}",
            f"a tree has at most {MAX_LEVELS} levels, the root being the first: hang it higher up",
        )


def no_limit_exceeds_an_ancestors(trees: Trees) -> Iterator[Problem]:
    """V16: in a CASCADING tree nobody may be given more than each of the ancestors."""
    for found in cascading_violations(trees.forest):
        # Only declared groups have limits here.
        key, ancestor = cast("int", found.key), cast("int", found.ancestor)
        yield error(
            "V16",
            trees.limit(key, found.slug, found.limit),
            f"{found.limit} {number(found.threshold)} of {trees.name(key)} on {shown(found.slug)} is above the "
            f"{number(found.ceiling)} of its ancestor {trees.name(ancestor)} at "
            f"{trees.limit(ancestor, found.slug, found.limit).location}",
            "CASCADING: lower it to the ancestor's at most, or raise the ancestor's",
        )


def children_list_models_of_their_parent(trees: Trees) -> Iterator[Problem]:
    """V18: a model that the parent does not list is neither templated nor pooled there."""
    for parent, group in trees:
        if group.models is UNSET or group.manage == "listed":
            continue
        extra: dict[str, list[int]] = {}
        for child in trees.children(parent):
            for slug in trees.models(child):
                if slug not in group.models:
                    extra.setdefault(slug, []).append(child)
        for slug, children in extra.items():
            more = f"; {number(len(children))} of its children do" if len(children) > 1 else ""
            yield warning(
                "V18",
                trees.model(children[0], slug),
                f"{trees.name(children[0])} lists {shown(slug)}, its parent {trees.named(parent)} does not{more}",
                "nothing forbids it; but no limit of the parent applies to it",
            )


def pools_are_not_oversold(trees: Trees) -> Iterator[Problem]:
    """V17: the children of a CASCADING group together far above one of its limits."""
    for pool, group in trees:
        children = trees.children(pool)
        # By V16 no child is above the pool, so a few of them cannot get there.
        if len(children) <= OVERSOLD or trees.forest.nodes[pool].limit_enforcement != "CASCADING":
            continue
        promised: dict[tuple[str, LimitKey], dict[int, int]] = {}
        for child in children:
            for slug, limit, threshold in each_limit(trees.models(child)):
                promised.setdefault((slug, limit), {})[child] = threshold
        for slug, limit, size in each_limit(group.models or {}):
            thresholds = promised.get((slug, limit), {})
            if 0 < size * OVERSOLD < sum(thresholds.values()):
                yield _oversold(trees, pool, slug, limit, thresholds)


def _oversold(trees: Trees, pool: int, slug: str, limit: LimitKey, promised: Mapping[int, int]) -> Problem:
    child = max(promised, key=promised.__getitem__)
    return warning(
        "V17",
        trees.limit(pool, slug, limit),
        f"{limit} {number(trees.models(pool)[slug][limit])} of {trees.name(pool)} on {shown(slug)} is promised more "
        f"than {OVERSOLD} times: its {number(len(promised))} children may use {number(sum(promised.values()))} "
        f"together, {trees.name(child)} at {trees.limit(child, slug, limit).location} up to {number(promised[child])}",
        "the API allows it; with all children busy, each gets a fraction of its limit",
    )


def models_have_a_limit(trees: Trees) -> Iterator[Problem]:
    """V19: a model that neither the group nor an ancestor limits, reported at the topmost group that lists it."""
    found: dict[tuple[int, str], int] = {}
    for key in trees.tops:
        without = [slug for slug, limits in trees.models(key).items() if not limits]
        # Nobody is so deep down (V15), and with chains of any length this would not be linear.
        if not without or (trees.forest.depth(key) or 0) > MAX_LEVELS:
            continue
        chain = trees.forest.chain(key)
        for slug in without:
            top = None if applying(chain.nodes, slug) else _topmost(trees, chain, slug)
            if top is not None:
                found[top, slug] = found.get((top, slug), 0) + 1
    for (key, slug), count in found.items():
        also = f", nor is it for {counted(count - 1, 'group')} below" if count > 1 else ""
        yield warning(
            "V19",
            trees.model(key, slug),
            f"{shown(slug)} is not limited for {trees.name(key)}, neither here nor by an ancestor{also}",
            "as far as documented, it may be called without limit",
        )


def _topmost(trees: Trees, chain: Chain[Key], slug: str) -> int | None:
    """The topmost group of the chain that lists the model, if the files tell all about the chain."""
    line = [node.key for node in chain.nodes if isinstance(node.key, int)]
    if not (chain.complete and trees.is_root(line[-1]) and all(trees.says_limits(key, slug) for key in line)):
        return None
    return next(key for key in reversed(line) if slug in trees.models(key))


def sources_set_what_is_pinned(trees: Trees) -> Iterator[Problem]:
    """V33 and V34: a limit comes from the group itself or an ancestor, and is what that group declares."""
    for key, group in trees:
        line = [key, *trees.above(key)] if group.effective else []
        for path, slug, limit in pins(group):
            by_id = trees.of_pinned_id.get(limit.source_group or "")
            source = trees.of_external_id[limit.source] if limit.source else by_id
            if source is None:
                continue
            place = Place(limit.at, trees.path(key, path))
            if source in line:
                if trees.says_limits(source, slug):
                    yield from _contradicted(trees, source, slug, limit, place)
            elif trees.forest.chain(key).complete and trees.is_root(line[-1]):
                message = f"{trees.named(source)} is neither {trees.name(key)} nor an ancestor of it"
                yield error("V33", place, message, "a group has limits of its own and of its ancestors only")


def _contradicted(trees: Trees, source: int, slug: str, limit: PinnedLimit, place: Place) -> Iterator[Problem]:
    declared = trees.models(source).get(slug, {}).get(limit.key)
    if declared == limit.threshold:
        return
    if declared is None:
        at, says = trees.named(source), "no such limit"
    else:
        at, says = f"{trees.name(source)} at {trees.limit(source, slug, limit.key).location}", number(declared)
    yield warning(
        "V34",
        place,
        f"{limit.key} {number(limit.threshold)} on {shown(slug)} is pinned from {trees.name(source)}, but {at} "
        f"declares {says}",
        "live cannot agree with both: change the one that is out of date",
    )


def _with_below(count: int) -> str:
    return f", with {counted(count, 'group')} below it," if count else ""


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
