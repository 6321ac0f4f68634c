"""From desired and live groups to the plan. Pure; nothing is sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from drift.errors import ExitCode
from drift.model.effective import Violation
from drift.model.forest import Forest, live_forest
from drift.model.groups import DesiredGroup, Group
from drift.model.wording import counted, number
from drift.plan.ordering import order
from drift.plan.steps import steps
from drift.plan.targets import Seen, Target, targets
from drift.plan.values import LARGE_PERCENT, ByHand, Cut, Kind, Plan, Step, Summary, Verdict
from drift.report.finding import Finding
from drift.report.report import Failure, Unread

_MODES = frozenset({"INDEPENDENT", "CASCADING"})


class Provenance(Struct, frozen=True):
    """Where the live groups were read, and where steps lead."""

    api_url: str
    live: str
    """How a report names it."""
    read_at: datetime
    """Aware."""


def draw_up(
    desired: Sequence[DesiredGroup],
    seen: Seen,
    provenance: Provenance,
    *,
    url_of: Callable[[str], str],
    accepted: Sequence[Finding] = (),
    unread: Sequence[Unread] = (),
    unseen: str | None = None,
    warnings: Sequence[str] = (),
    ended_by: ExitCode | None = None,
    large: bool = False,
) -> Plan:
    """The steps that make the live groups what is declared, in an order that the API accepts at each of them.

    Args:
        desired: The declared groups.
        seen: The live ones, by position of the declared.
        provenance: What the plan says about where it comes from.
        url_of: The URL of a group, by internal id.
        accepted: Findings that somebody accepted: they are not repaired.
        unread: Declared groups about which nothing is known.
        unseen: Why there may be other live groups.
        warnings: What else the reader should know.
        ended_by: The exit code of a refused key or a signal, which outweighs what the plan says.
        large: Whether a plan that touches a large share of the declared groups is wanted too. Otherwise it has no
            steps, and says so as its failure.
    """
    forest = live_forest(seen.groups())
    aims = targets(desired, seen, forest, accepted)
    refused = {key: reason for key, aim in aims.updates.items() if (reason := _unsure(forest, aim.live, seen))}
    goals = {
        key: aim.models for key, aim in aims.updates.items() if key not in refused and aim.models != aim.live.models
    }
    ordering = order(forest, goals)
    refused |= {key: _refusal(violation, aims.updates) for key, violation in ordering.refused.items()}
    going = {key: aim for key, aim in aims.updates.items() if key not in refused}
    by_hand = (*aims.by_hand, *(_by_hand(aims.updates[key], refused[key]) for key in aims.updates if key in refused))
    done = tuple(steps(going, ordering.moves, url_of))
    summary = _summary(desired, seen, going, done, by_hand)
    verdict, code = Verdict.NOTHING, ExitCode.IN_SYNC
    failure = None
    if done and summary.percent_of_declared > LARGE_PERCENT and not large:
        verdict, code, done = Verdict.FAILED, ExitCode.USAGE, ()
        failure = Failure(
            f"the plan would touch {number(summary.touched)} of {counted(summary.declared, 'declared group')} "
            f"({summary.percent_of_declared} %), more than {LARGE_PERCENT} %",
            "are these the right files and the right workspace? --yes-large plans it all the same",
        )
    elif unread or unseen or ended_by:
        # What was not read outweighs what there is to do.
        verdict, code = Verdict.INCOMPLETE, ExitCode.INCOMPLETE
    elif done or by_hand:
        verdict, code = Verdict.REPAIR, ExitCode.DRIFT
    return Plan(
        api_url=provenance.api_url,
        live=provenance.live,
        read_at=_timestamp(provenance.read_at),
        verdict=verdict,
        exit_code=int(ended_by or code),
        summary=summary,
        steps=done,
        by_hand=by_hand,
        unread=tuple(unread),
        unseen=unseen,
        warnings=tuple(warnings),
        failure=failure,
    )


def failed_plan(failure: Failure, exit_code: ExitCode, provenance: Provenance) -> Plan:
    """The document of a run that could not plan anything, and why."""
    return Plan(
        api_url=provenance.api_url,
        live=provenance.live,
        read_at=_timestamp(provenance.read_at),
        verdict=Verdict.FAILED,
        exit_code=int(exit_code),
        failure=failure,
    )


def _unsure(forest: Forest[str], live: Group, seen: Seen) -> str:
    """Why it is not known what the API would accept; empty if it is."""
    if live.limit_enforcement not in _MODES:
        return f"limit_enforcement {live.limit_enforcement} is not known to this version"
    if live.limit_enforcement == "CASCADING" and not (seen.complete and forest.chain(live.id).complete):
        return "not all live groups were seen, so the limits of its tree are not known"
    return ""


def _refusal(violation: Violation[str], aims: Mapping[str, Target]) -> str:
    def label(key: str) -> str:
        return aims[key].live.ref.label if key in aims else key

    return (
        f"the API would refuse it: {violation.slug} {violation.limit} of {label(violation.key)} would be "
        f"{number(violation.threshold)}, above {number(violation.ceiling)} of {label(violation.ancestor)}"
    )


def _by_hand(aim: Target, reason: str) -> ByHand:
    return ByHand(Kind.REFUSED, aim.live.ref, aim.desired.positions.field("group"), reason, "")


def _summary(
    desired: Sequence[DesiredGroup],
    seen: Seen,
    going: Mapping[str, Target],
    done: Sequence[Step],
    by_hand: Sequence[ByHand],
) -> Summary:
    workspace = len(seen.groups())
    cuts = [
        Cut(aim.live.ref, gone, everything=not aim.models)
        for aim in going.values()
        if (gone := tuple(sorted(aim.live.models.keys() - aim.models.keys())))
    ]
    return Summary(
        declared=len(desired),
        workspace=workspace,
        touched=len(going),
        percent_of_declared=_percent(len(going), len(desired)),
        percent_of_workspace=_percent(len(going), workspace),
        steps=len(done),
        by_hand=len({entry.group for entry in by_hand}),
        undeclared=len(seen.unmanaged),
        cuts=tuple(cuts),
    )


def _percent(part: int, total: int) -> int:
    """Rounded up, so that nothing passes for less than it is."""
    return -(-100 * part // total) if total else 0


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
