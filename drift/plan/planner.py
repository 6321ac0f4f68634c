"""From desired and live groups to the plan. Pure; nothing is sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET
from msgspec.structs import replace

from drift.errors import ExitCode
from drift.model.declaration import Declaration
from drift.model.effective import MODES, Violation
from drift.model.forest import Forest, live_forest
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import Limits
from drift.model.wording import change, counted, number, quoted, timestamp
from drift.plan.ordering import Move, order
from drift.plan.targets import Seen, Target, targets
from drift.plan.values import (
    LARGE_PERCENT,
    Body,
    ByHand,
    Cut,
    Kind,
    Plan,
    PlanVerdict,
    State,
    Step,
    Summary,
    json_models,
)
from drift.report.report import Failure, Report

_ENDINGS = frozenset({ExitCode.AUTH, ExitCode.INTERRUPTED, ExitCode.TERMINATED})
"""A refused key or a signal, which outweigh what the plan says."""


def draw_up(
    desired: Sequence[DesiredGroup],
    seen: Seen,
    report: Report,
    *,
    api_url: str,
    read_at: datetime,
    url_of: Callable[[str], str],
    large: bool = False,
) -> Plan:
    """The steps that make the live groups what is declared, in an order that the API accepts at each of them.

    Args:
        desired: The declared groups.
        seen: The live ones, by position of the declared.
        report: What the check that saw them reports; what somebody accepted is not repaired.
        api_url: Where the steps lead.
        read_at: Aware.
        url_of: The URL of a group, by internal id.
        large: Whether a plan that touches a large share of the declared groups is wanted too. Otherwise it has no
            steps, and says so as its failure.
    """
    forest = live_forest(seen.groups().values())
    complete = not report.unread and report.unseen is None
    aims, by_hand = targets(Declaration(desired), seen, forest, [entry.finding for entry in report.accepted])
    refused = {key: reason for key, aim in aims.items() if (reason := _unsure(forest, aim.live, complete=complete))}
    ordering = order(
        forest,
        {
            key: aim.goal.models
            for key, aim in aims.items()
            if key not in refused and aim.goal.models != aim.live.models
        },
    )
    refused |= {key: _refusal(violation, aims) for key, violation in ordering.refused.items()}
    going = {key: aim for key, aim in aims.items() if key not in refused}
    by_hand = (
        *by_hand,
        *(
            ByHand(Kind.REFUSED, aim.live.ref, aim.desired.positions.field("group"), refused[key], "")
            for key, aim in aims.items()
            if key in refused
        ),
    )
    steps = tuple(_steps(going, ordering.moves, url_of))
    touched, workspace = len(going), len(forest.nodes)
    summary = Summary(
        declared=len(desired),
        workspace=workspace,
        touched=touched,
        percent_of_declared=_percent(touched, len(desired)),
        percent_of_workspace=_percent(touched, workspace),
        steps=len(steps),
        by_hand=len({entry.group for entry in by_hand}),
        undeclared=len(seen.unmanaged),
        cuts=tuple(_cuts(going.values())),
    )
    ended_by = report.exit_code if report.exit_code in _ENDINGS else None
    failure = None
    if steps and summary.percent_of_declared > LARGE_PERCENT and not large:
        verdict, code, steps = PlanVerdict.FAILED, ExitCode.USAGE, ()
        failure = Failure(
            f"the plan would touch {number(touched)} of {counted(len(desired), 'declared group')} "
            f"({summary.percent_of_declared} %), more than {LARGE_PERCENT} %",
            "are these the right files and the right workspace? --yes-large plans it all the same",
        )
    elif not complete or ended_by:
        # What was not read outweighs what there is to do.
        verdict, code = PlanVerdict.INCOMPLETE, ExitCode.INCOMPLETE
    elif steps or by_hand:
        verdict, code = PlanVerdict.REPAIR, ExitCode.DRIFT
    else:
        verdict, code = PlanVerdict.NOTHING, ExitCode.IN_SYNC
    return Plan(
        api_url=api_url,
        live=report.api_url,
        read_at=timestamp(read_at),
        verdict=verdict,
        exit_code=int(ended_by or code),
        summary=summary,
        steps=steps,
        by_hand=by_hand,
        unread=report.unread,
        unseen=report.unseen,
        warnings=report.warnings,
        failure=failure,
    )


def _unsure(forest: Forest[str], live: Group, *, complete: bool) -> str:
    """Why it is not known what the API would accept; empty if it is."""
    if live.limit_enforcement not in MODES:
        return f"limit_enforcement {live.limit_enforcement} is not known to this version"
    if live.limit_enforcement == "CASCADING" and not (complete and forest.chain(live.id).complete):
        return "not all live groups were seen, so the limits of its tree are not known"
    return ""


def _refusal(violation: Violation[str], aims: Mapping[str, Target]) -> str:
    def label(key: str) -> str:
        return aims[key].live.ref.label if key in aims else key

    return (
        f"the API would refuse it: {violation.slug} {violation.limit} of {label(violation.key)} would be "
        f"{number(violation.threshold)}, above {number(violation.ceiling)} of {label(violation.ancestor)}"
    )


def _cuts(going: Iterable[Target]) -> Iterator[Cut]:
    for aim in going:
        if gone := aim.live.models.keys() - aim.goal.models.keys():
            yield Cut(aim.live.ref, tuple(sorted(gone)), everything=not aim.goal.models)


def _percent(part: int, total: int) -> int:
    """Rounded up, so that nothing passes for less than it is."""
    return -(-100 * part // total) if total else 0


def _steps(aims: Mapping[str, Target], moves: Sequence[Move], url_of: Callable[[str], str]) -> Iterator[Step]:
    """The moves in their order, and after them the groups of which only the name changes; by internal id."""
    now = {key: aim.live for key, aim in aims.items()}
    moving = {move.key for move in moves}
    renamed = [Move(key, aim.goal.models, completes=True) for key, aim in aims.items() if key not in moving]
    for count, move in enumerate((*moves, *renamed), 1):
        aim, before = aims[move.key], now[move.key]
        after = aim.goal if move.completes else replace(before, models=move.models)
        yield Step(
            number=count,
            group=aim.live.ref,
            source=aim.desired.positions.field("group"),
            url=url_of(move.key),
            body=Body(
                metadata=UNSET if after.name == before.name else {"name": after.name},
                models=UNSET if after.models == before.models else json_models(after.models),
            ),
            changes=tuple(_described(before, after)),
            before=State.of(before),
            after=State.of(after),
            completes=move.completes,
        )
        now[move.key] = after


def _described(before: Group, after: Group) -> Iterator[str]:
    if before.name != after.name:
        yield f"name {quoted(before.name)} -> {quoted(after.name)}"
    for slug in sorted(before.models.keys() | after.models.keys()):
        if slug not in after.models:
            yield f"{slug}: taken away, had {_limits(before.models[slug])}"
        elif slug not in before.models:
            yield f"{slug}: given, with {_limits(after.models[slug])}"
        else:
            yield from _changed(slug, before.models[slug], after.models[slug])


def _changed(slug: str, before: Limits, after: Limits) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        match before.get(key), after.get(key):
            case old, new if old == new:
                pass
            case int(old), int(new):
                yield f"{slug} {key}: {change(old, new)}{'' if new else '; no traffic expected'}"
            case int(old), None:
                yield f"{slug} {key}: {number(old)} -> none on this group"
            case _, int(new):
                yield f"{slug} {key}: none -> {number(new)}"


def _limits(limits: Limits) -> str:
    return ", ".join(f"{key} {number(limits[key])}" for key in sorted(limits)) or "no limits"
