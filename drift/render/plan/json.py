"""The plan for programs: the members of :class:`drift.plan.Plan` in their order."""

import msgspec

from drift.plan import Plan
from drift.render.plan.formats import PlanOptions


def render(plan: Plan, _options: PlanOptions) -> str:
    """One JSON document."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode() + "\n"
