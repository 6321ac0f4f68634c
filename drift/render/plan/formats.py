"""Plans as text: like reports, each format is one module with one pure function."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Literal, Protocol, TypeAlias, cast

from msgspec import Struct

from drift.plan import Plan

Scheme: TypeAlias = Literal["bearer", "api-key"]


class PlanOptions(Struct, frozen=True):
    """What a format needs to know beside the plan."""

    auth_scheme: Scheme = "bearer"
    """How the script announces the key."""


class _Module(Protocol):
    render: Callable[[Plan, PlanOptions], str]


_MODULES: Mapping[str, str] = {
    "text": "drift.render.plan.text",
    "json": "drift.render.plan.json",
    "sh": "drift.render.plan.sh",
}

PLAN_FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The formats that ``drift plan`` writes."""


def render_plan(plan: Plan, output_format: str, options: PlanOptions | None = None) -> str:
    """The plan in ``output_format``, one of :data:`PLAN_FORMATS`, ending in a newline."""
    module = cast("_Module", import_module(_MODULES[output_format]))
    return module.render(plan, options or PlanOptions())
