"""The plan for the people who review it."""

from collections.abc import Iterator

from drift.plan import Plan
from drift.render.plan.formats import PlanOptions
from drift.render.plan.words import ascii_json, by_hand, headline, label, safety
from drift.render.visible import visible

_RULES = (
    "nothing was sent, and this tool never sends it: review, then run the script of --output sh, or send each yourself",
    "take the steps in this order, and each body whole: `models` replaces the group's set, so a part of it cuts access",
)


def render(plan: Plan, _options: PlanOptions) -> str:
    """The safety summary, the steps with their bodies, and what is left to hands."""
    return "".join(f"{line}\n" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield headline(plan)
    yield from (f"  {line}" for line in safety(plan))
    if plan.steps:
        yield from (f"  {line}" for line in _RULES)
    yield f"  live: {visible(plan.live)}, read {plan.read_at}"
    for step in plan.steps:
        part = "" if step.completes else ", half of the way: a later step completes it"
        yield ""
        yield f"step {step.number}: {label(step.group)} {visible(str(step.source))}{part}"
        yield from (f"  {visible(change)}" for change in step.changes)
        yield f"  PATCH {visible(step.url)}"
        yield f"  {ascii_json(step.body)}"
    if plan.by_hand:
        yield ""
        yield "by hand:"
    for entry in plan.by_hand:
        yield from (f"  {line}" for line in by_hand(entry))
