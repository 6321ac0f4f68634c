"""From desired and live groups to the plan. Pure; nothing is sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import UNSET, Struct, UnsetType

from drift.errors import ExitCode
from drift.model.effective import Violation
from drift.model.forest import Forest, live_forest
from drift.model.groups import DesiredGroup, Group
from drift.model.limits import Models
from drift.model.wording import counted, number
from drift.plan.changes import described
from drift.plan.ordering import order
from drift.plan.targets import Seen, Target, targets
from drift.plan.values import (
    FORMAT,
    LARGE_PERCENT,
    SCHEMA_VERSION,
    Body,
    ByHand,
    Cut,
    Hierarchy,
    Kind,
    Metadata,
    Name,
    Plan,
    State,
    Step,
    Summary,
    Verdict,
    percent,
    verdict_of,
    wire_models,
)
from drift.report.finding import Finding
from drift.report.report import Failure, Tool, Unread
from drift.version import __version__

_MODES = frozenset({"INDEPENDENT", "CASCADING"})


class Source(Struct, frozen=True):
    """Where the live groups were read, and where steps lead."""

    api_url: str
    live: str
    """How a report names it."""
    read_at: datetime
    """Aware."""


def draw_up(
    desired: Sequence[DesiredGroup],
    seen: Seen,
    source: Source,
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
        source: What the plan says about where it comes from.
        url_of: The URL of a group, by internal id.
        accepted: Findings that somebody accepted: they are not repaired.
        unread: Declared groups about which nothing is known.
        unseen: Why not all live groups were seen.
        warnings: What else the reader should know.
        ended_by: The exit code of a refused key or a signal, which outweighs what the plan says.
        large: Whether a plan that touches a large share of the declared groups is wanted too. Otherwise it has no
            steps, and says so as its failure.
    """
    aims = targets(desired, seen, accepted)
    forest = live_forest(seen.groups())
    refused = {key: reason for key, aim in aims.updates.items() if (reason := _unsure(forest, aim.live, seen))}
    goals = {
        key: aim.models for key, aim in aims.updates.items() if key not in refused and aim.models != aim.live.models
    }
    ordering = order(forest, goals)
    refused |= {key: _refusal(violation, forest, aims.updates) for key, violation in ordering.refused.items()}
    going = {key: aim for key, aim in aims.updates.items() if key not in refused}
    steps = tuple(_steps(going, [(move.key, move.models, move.completes) for move in ordering.moves], url_of))
    by_hand = (
        *aims.by_hand,
        *(
            ByHand(Kind.REFUSED, aim.live.ref, aim.desired.positions.field("group"), refused[key], "")
            for key, aim in aims.updates.items()
            if key in refused
        ),
    )
    complete = not (unread or unseen or ended_by)
    verdict, code = verdict_of(repairs=bool(steps or by_hand), complete=complete)
    summary = _summary(desired, seen, going, steps, by_hand)
    failure = None
    if steps and summary.percent_of_declared > LARGE_PERCENT and not large:
        verdict, code, steps = Verdict.FAILED, ExitCode.USAGE, ()
        failure = Failure(
            f"the plan would touch {number(summary.touched)} of {counted(summary.declared, 'declared group')} "
            f"({summary.percent_of_declared} %), more than {LARGE_PERCENT} %",
            "are these the right files and the right workspace? --yes-large plans it all the same",
        )
    return Plan(
        format=FORMAT,
        schema_version=SCHEMA_VERSION,
        tool=Tool("baseten-drift", __version__),
        api_url=source.api_url,
        live=source.live,
        read_at=_timestamp(source.read_at),
        verdict=verdict,
        exit_code=int(ended_by or code),
        summary=summary,
        steps=steps,
        by_hand=by_hand,
        unread=tuple(unread),
        unseen=unseen,
        warnings=tuple(warnings),
        failure=failure,
    )


def failed_plan(failure: Failure, exit_code: ExitCode, source: Source) -> Plan:
    """The document of a run that could not plan anything, and why."""
    return Plan(
        format=FORMAT,
        schema_version=SCHEMA_VERSION,
        tool=Tool("baseten-drift", __version__),
        api_url=source.api_url,
        live=source.live,
        read_at=_timestamp(source.read_at),
        verdict=Verdict.FAILED,
        exit_code=int(exit_code),
        summary=Summary(0, 0, 0, 0, 0, 0, 0, 0),
        steps=(),
        by_hand=(),
        unread=(),
        unseen=None,
        warnings=(),
        failure=failure,
    )


def _unsure(forest: Forest[str], live: Group, seen: Seen) -> str:
    """Why it cannot be told what the API would accept; empty if it can."""
    if live.limit_enforcement not in _MODES:
        return f"limit_enforcement {live.limit_enforcement} is not known to this version"
    if live.limit_enforcement == "CASCADING" and not (seen.whole and forest.chain(live.id).complete):
        return "not all live groups were seen, so the limits of its tree are not known"
    return ""


def _refusal(violation: Violation[str], forest: Forest[str], aims: Mapping[str, Target]) -> str:
    def label(key: str) -> str:
        return aims[key].live.ref.label if key in aims else forest.nodes[key].key

    return (
        f"the API would refuse it: {violation.slug} {violation.limit} of {label(violation.key)} would be "
        f"{number(violation.threshold)}, above {number(violation.ceiling)} of {label(violation.ancestor)}"
    )


def _steps(
    aims: Mapping[str, Target], moves: Sequence[tuple[str, Models, bool]], url_of: Callable[[str], str]
) -> Iterator[Step]:
    named = [(key, aim.live.models, True) for key, aim in aims.items() if aim.models == aim.live.models]
    models = {key: aim.live.models for key, aim in aims.items()}
    names = {key: aim.live.name for key, aim in aims.items()}
    for number_, (key, goal, completes) in enumerate((*moves, *named), 1):
        aim = aims[key]
        name = aim.name if completes else names[key]
        before = State(key, _metadata(aim, names[key]), _hierarchy(aim), wire_models(models[key]))
        after = State(key, _metadata(aim, name), _hierarchy(aim), wire_models(goal))
        metadata: Name | UnsetType = UNSET if name == names[key] else Name(name)
        yield Step(
            number=number_,
            group=aim.live.ref,
            source=aim.desired.positions.field("group"),
            url=url_of(key),
            body=Body(metadata, UNSET if goal == models[key] else after.models),
            changes=tuple(described(names[key], name, models[key], goal)),
            before=before,
            after=after,
            completes=completes,
        )
        models[key], names[key] = goal, name


def _metadata(aim: Target, name: str | None) -> Metadata:
    return Metadata(aim.live.external_entity_id, name)


def _hierarchy(aim: Target) -> Hierarchy:
    return Hierarchy(aim.live.limit_enforcement, aim.live.parent_group_id)


def _summary(
    desired: Sequence[DesiredGroup],
    seen: Seen,
    going: Mapping[str, Target],
    steps: Sequence[Step],
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
        percent_of_declared=percent(len(going), len(desired)),
        percent_of_workspace=percent(len(going), workspace),
        steps=len(steps),
        by_hand=len({entry.group for entry in by_hand}),
        undeclared=len(seen.strangers),
        cuts=tuple(cuts),
    )


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
