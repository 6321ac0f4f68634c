"""The use case: declared groups and a source of live ones become a report.

Knows no HTTP. Readings arrive as a stream and each live group is compared and let go at once; only ids
and differences are kept. Whatever differs, or is missing, is read a second time before it is reported.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from drift.checker.baseline import Baseline
from drift.checker.run import Run
from drift.errors import Cause, ExitCode, GatewayError, Problem, SettingsError
from drift.model.declaration import Declaration
from drift.model.groups import DesiredGroup
from drift.model.readings import Missed, Reading
from drift.model.selection import Selection
from drift.model.wording import counted
from drift.report.acceptance import Acceptances, Outcome, accept
from drift.report.evidence import Evidence
from drift.report.exposure import Prices
from drift.report.finding import Finding
from drift.report.report import Gate, GroupEntry, Report, Status, assemble

_FOUND = {Status.IN_SYNC, Status.DRIFT}
ALL = Selection()
_LOOKS = 3
"""Confirming readings at most: a parent that turns out to be created anew makes its children suspect, and so on."""


class GroupSource(Protocol):
    """Where live groups come from: the gateway over HTTP, or anything of this shape."""

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """One reading for every wanted group, in any order; with ``unmanaged`` also all other live groups."""
        ...

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """One fresh reading for every suspect, in any order."""
        ...

    @property
    def list_failure(self) -> GatewayError | None:
        """Why not all unmanaged groups were seen, where they were asked for; None if all were."""
        ...

    @property
    def broken_items(self) -> int:
        """Items of the list that could not be read as groups, and are none of those wanted."""
        ...

    def notes(self) -> Sequence[str]:
        """What the reader of the report should know about the reading."""
        ...

    def requests(self) -> Mapping[str, int]:
        """Requests sent so far, by kind."""
        ...


def check(
    desired: Sequence[DesiredGroup],
    source: GroupSource,
    *,
    now: Callable[[], datetime],
    api_url: str,
    gate: Gate | None = None,
    unmanaged: bool = False,
    selection: Selection = ALL,
    prices: Prices | None = None,
    acceptances: Acceptances | None = None,
    problems: Sequence[Problem] = (),
    evidence: Evidence | None = None,
    baseline: Baseline | None = None,
    on_reading: Callable[[Reading], None] = lambda _: None,
    interrupted: Callable[[], ExitCode | None] = lambda: None,
) -> Report:
    """Read, compare, confirm, and report.

    Args:
        desired: The declared groups, each external id and each id once.
        source: Where live groups come from.
        now: The clock, giving aware times.
        api_url: The base URL to name in the report.
        gate: What the caller fails on.
        unmanaged: Also report live groups that are not declared; reads the whole workspace.
        selection: Check only these groups. Their ancestors are read too, to compare links and effects;
            one that cannot be read is reported as unread, for then a link was not checked.
        prices: Turns exposed tokens into money.
        acceptances: What is accepted, and on which day; nothing if left out.
        problems: Warnings of the desired files, to be carried into the report.
        evidence: What the report rests on; its digest is filled in.
        baseline: An earlier declaration; every finding then says where it comes from.
        on_reading: Called with every reading, for progress.
        interrupted: The exit code of the signal that stopped the run early, asked once it is over.

    Raises:
        SettingsError: Unmanaged groups are asked for below a group: where they hang is known too late.
    """
    if unmanaged and selection.below:
        raise SettingsError("unmanaged groups can only be looked for in a whole workspace, not below a group")
    started_at = now()
    wanted = desired if selection.is_all else _with_ancestors(desired, selection)
    run = Run(wanted, on_reading, selection, prices)
    run.take(source.read(wanted, unmanaged=unmanaged))
    suspected = _confirm(run, source)
    confirmed = run.findings()
    findings, exposure = run.report()
    entries = run.entries(confirmed)
    judged = baseline and baseline.judge(findings, _names(entries, lambda status: status in _FOUND))
    outcome = accept(
        judged.findings if judged else findings,
        acceptances or Acceptances(),
        is_known=_known(entries, everything=unmanaged and selection.is_all),
    )
    return assemble(
        findings=outcome.findings,
        unread=run.unread(),
        groups=_accepted(entries, outcome),
        transient=_vanished(suspected, confirmed, run.is_unread),
        unseen=missed.message if unmanaged and (missed := not_listed(source)) else None,
        shard=str(selection.shard) if selection.shard else None,
        gate=gate or Gate(),
        api_url=api_url,
        started_at=started_at,
        finished_at=now(),
        problems=problems,
        warnings=tuple(source.notes()),
        requests=source.requests(),
        ended_by=interrupted(),
        exposure=exposure,
        accepted=outcome.accepted,
        lapsed=outcome.lapsed,
        evidence=evidence,
        unmanaged=unmanaged,
        base=judged.base if judged else None,
    )


def _names(entries: Sequence[GroupEntry], wanted: Callable[[Status], bool]) -> set[str]:
    """External and internal ids of the groups that ended so."""
    groups = [entry.group for entry in entries if wanted(entry.status)]
    return {name for group in groups for name in (group.external_entity_id, group.id) if name}


def _known(entries: Sequence[GroupEntry], *, everything: bool) -> Callable[[str], bool]:
    """Whether the run saw a group, by external or internal id; with ``everything``, what it did not see is gone."""
    read = _names(entries, lambda status: status is not Status.UNREAD)
    unread = any(entry.status is Status.UNREAD for entry in entries)
    return lambda name: name in read or (everything and not unread)


def _accepted(entries: Sequence[GroupEntry], outcome: Outcome) -> list[GroupEntry]:
    """The entries; ``accepted`` is the status of a group of whose drift nothing else is left."""
    drifted = {finding.group.label for finding in outcome.findings if finding.is_drift}
    accepted = {accepted.finding.group.label for accepted in outcome.accepted} - drifted
    return [
        replace(entry, status=Status.ACCEPTED)
        if entry.status in {Status.DRIFT, Status.MISSING} and entry.group.label in accepted
        else entry
        for entry in entries
    ]


def _with_ancestors(desired: Sequence[DesiredGroup], selection: Selection) -> list[DesiredGroup]:
    """The selected groups and their declared ancestors, in the order of the files."""
    declaration = Declaration(desired)
    selected = selection.positions(declaration)
    wanted = {*selected, *(above for position in selected for above in declaration.above(position))}
    return [group for position, group in declaration if position in wanted]


def not_listed(source: GroupSource) -> Missed | None:
    """Why there may be live groups that the list did not show; None if it showed all."""
    if source.list_failure:
        return Missed(source.list_failure.cause, source.list_failure.message)
    if source.broken_items:
        message = f"{counted(source.broken_items, 'item')} of the list could not be read as groups"
        return Missed(Cause.UNREADABLE_RESPONSE, message)
    return None


def _confirm(run: Run, source: GroupSource) -> Mapping[int, tuple[Finding, ...]]:
    """Read every suspect a second time, also those that only a second look makes suspect; the first findings."""
    suspected: dict[int, tuple[Finding, ...]] = {}
    asked: set[int] = set()
    for _ in range(_LOOKS):
        for position, findings in run.findings().items():
            suspected.setdefault(position, findings)
        suspects = [group for group in run.suspects() if id(group) not in asked]
        if not suspects:
            break
        asked.update(map(id, suspects))
        run.take(source.confirm(suspects))
    return suspected


def _vanished(
    suspected: Mapping[int, tuple[Finding, ...]],
    confirmed: Mapping[int, tuple[Finding, ...]],
    is_unread: Callable[[int], bool],
) -> int:
    """How many differences of the first reading the second one did not show, where there was a second one."""
    return sum(
        (finding.rule, finding.path) not in {(other.rule, other.path) for other in confirmed.get(position, ())}
        for position, findings in suspected.items()
        if not is_unread(position)
        for finding in findings
    )
