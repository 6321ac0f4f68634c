"""What must hold within a tree of groups: the rules of the API, and what it leaves open.

A rule is a function from the trees to its problems; adding one to ``TREE_RULES`` is all it takes. Each reports one
cause once, with the number of groups that it concerns, and parents before their children.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from msgspec import UNSET

from drift.desired.clashes import limits_do_something
from drift.desired.lints import models_have_a_limit, pools_are_not_oversold
from drift.desired.pin_rules import sources_set_what_is_pinned
from drift.desired.problems import MOST_PROBLEMS
from drift.desired.trees import Trees, error, warning
from drift.desired.wording import shown
from drift.errors import Location, Problem
from drift.model.effective import cascading_violations
from drift.model.forest import MAX_LEVELS
from drift.model.groups import DesiredGroup
from drift.model.wording import counted, number

TreeRule: TypeAlias = Callable[[Trees], Iterator[Problem]]


def tree_problems(groups: Sequence[DesiredGroup]) -> Iterator[Problem]:
    """Everything wrong with the trees of the assembled groups, parents of which are declared and form no cycle."""
    trees = Trees(groups)
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
            trees.field(key, "limit_enforcement"),
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
            trees.field(key, "parent"),
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
