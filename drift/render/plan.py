"""The plan for the people who review it. What the script says too is safe to show, line by line."""

import json
from collections.abc import Iterator

import msgspec

from drift.model.groups import GroupRef
from drift.model.wording import counted, number
from drift.plan import ByHand, Cut, Plan
from drift.plan.values import PlanVerdict
from drift.render import RenderOptions
from drift.render.visible import visible
from drift.render.words import UNLISTED, listed, titled

_RULES = (
    "nothing was sent, and this tool never sends it: review, then run the script of --output sh, or send each yourself",
    "take the steps in this order, each body complete: `models` replaces the group's set, so a part of it cuts access",
)
_NAMED = 20
"""Groups and models that are named in one line; JSON has them all."""


def render(plan: Plan, _options: RenderOptions) -> str:
    """The safety summary, the steps with their bodies, and what is to be repaired by hand."""
    return "".join(f"{line}\n" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield headline(plan)
    yield from (f"  {line}" for line in safety(plan))
    if plan.steps:
        yield from (f"  {line}" for line in _RULES)
    yield f"  live: {visible(plan.live)}, read {plan.read_at}"
    for step in plan.steps:
        part = "" if step.completes else ", a part of the change: a later step completes it"
        yield ""
        yield f"step {step.number}: {_label(step.group)} {visible(str(step.source))}{part}"
        yield from (f"  {visible(change)}" for change in step.changes)
        yield f"  PATCH {visible(step.url)}"
        yield f"  {ascii_json(step.body)}"
    if plan.by_hand:
        yield ""
        yield "by hand:"
    for entry in plan.by_hand:
        yield from (f"  {line}" for line in by_hand(entry))


def ascii_json(value: object) -> str:
    """One line of JSON in plain ASCII: no character of it can hide another, or end a line."""
    return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))


def headline(plan: Plan) -> str:
    """The plan in one line."""
    if plan.failure:
        return f"no plan: {visible(plan.failure.message)}"
    summary = plan.summary
    touched = f"{counted(summary.steps, 'step')} for {counted(summary.touched, 'group')}" if plan.steps else ""
    hands = f"{counted(summary.by_hand, 'group')} to repair by hand" if plan.by_hand else ""
    todo = ", ".join(filter(None, (touched, hands)))
    if plan.verdict is PlanVerdict.INCOMPLETE:
        return f"INCOMPLETE plan, not everything was read: {todo or 'nothing to do for what was'}"
    return f"plan: {todo}" if todo else "nothing to do"


def safety(plan: Plan) -> Iterator[str]:
    """What to know before anything else."""
    summary = plan.summary
    yield (
        f"touches {number(summary.touched)} of {counted(summary.declared, 'declared group')} "
        f"({summary.percent_of_declared} %), {number(summary.touched)} of {number(summary.workspace)} "
        f"in the workspace ({summary.percent_of_workspace} %)"
    )
    yield from _cuts(summary.cuts)
    if summary.undeclared:
        yield f"{counted(summary.undeclared, 'unmanaged group')}: left alone"
    for warning in plan.warnings:
        yield f"warning: {visible(warning)}"
    if plan.unseen:
        yield f"{UNLISTED}: {visible(plan.unseen)}"
    for entry in plan.unread[:_NAMED]:
        yield f"unread: {_label(entry.group)}: {visible(entry.message)}"
    if len(plan.unread) > _NAMED:
        yield f"unread: {number(len(plan.unread) - _NAMED)} more"


def by_hand(entry: ByHand) -> Iterator[str]:
    """One group that the plan does not repair, and what repairing it loses."""
    yield f"{_label(entry.group)} [{entry.kind.value}] {visible(str(entry.source))}"
    yield f"  {visible(entry.message)}"
    if entry.lost:
        yield f"  lost: {visible(entry.lost)}"
    if entry.descendants:
        yield f"  deleted with it: {listed(list(map(_label, entry.descendants[:_NAMED])), len(entry.descendants))}"


def _label(group: GroupRef) -> str:
    return visible(titled(group))


def _cuts(cuts: tuple[Cut, ...]) -> Iterator[str]:
    if not cuts:
        yield "access removed: none"
        return
    models = sum(len(cut.slugs) for cut in cuts)
    bare = sum(cut.everything for cut in cuts)
    yield (
        f"access removed: {counted(models, 'model')} in {counted(len(cuts), 'group')}, for all keys of each"
        + (f"; {counted(bare, 'group')} left without any" if bare else "")
    )
    for cut in cuts[:_NAMED]:
        slugs = ", ".join(map(visible, cut.slugs[:_NAMED]))
        yield f"  {_label(cut.group)}: {slugs}{' (all it had)' if cut.everything else ''}"
    if len(cuts) > _NAMED:
        yield f"  ... and {number(len(cuts) - _NAMED)} groups more"
