"""How live groups could be made what the files declare: a document to review. Nothing here sends anything."""

from drift.plan.planner import draw_up
from drift.plan.targets import Seen
from drift.plan.values import LARGE_PERCENT, ByHand, Cut, Kind, Plan, PlanVerdict, Step

__all__ = ["LARGE_PERCENT", "ByHand", "Cut", "Kind", "Plan", "PlanVerdict", "Seen", "Step", "draw_up"]
