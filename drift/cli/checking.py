"""One check, from what is asked and the files to the report."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from msgspec import Struct

from drift.checker.check import check
from drift.cli.baseline import baseline, commit_of
from drift.cli.connection import Connection
from drift.cli.console import attempt, now, read_stdin
from drift.desired import Desired, load_desired
from drift.errors import DesiredError, SettingsError
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Reading
from drift.model.selection import Selection
from drift.report.acceptance import Acceptances
from drift.report.evidence import Evidence, EvidenceFile
from drift.report.report import FailOn, Failure, Gate, Report, failed_report
from drift.rules import RULE_SET


class Request(Struct, frozen=True):
    """What one check is asked to do."""

    paths: tuple[str, ...]
    connection: Connection
    gate: Gate
    unmanaged: bool
    selection: Selection = Selection()
    as_of: date | None = None
    """The day on which acceptances are judged; today if left out."""
    warn_expiring: float = 14 * 86_400.0
    """Seconds before the end of an acceptance from which on it is expiring."""
    base: str | None = None
    """An earlier declaration, by which the origin of a difference is known; see :mod:`drift.cli.baseline`."""
    ignore: tuple[str, ...] = ()
    """Rules for desired files whose warnings are left out."""

    def desired(self) -> Desired:
        """What the files declare.

        Raises:
            DesiredError: They are invalid.
        """
        return load_desired(self.paths, stdin=read_stdin, ignore=self.ignore)


class Record:
    """What a check read, for commands that show more than its report."""

    def __init__(self) -> None:
        self.api_url = ""
        """Of the gateway whose groups were read."""
        self.unmanaged: list[Group] = []
        self._answers: dict[int, Reading] = {}

    def take(self, reading: Reading) -> None:
        """Keep every unmanaged group, and of several readings of a declared group the last."""
        if reading.desired is None:
            self.unmanaged.append(reading.live)
        else:
            self._answers[id(reading.desired)] = reading

    def answer(self, desired: DesiredGroup) -> Reading | None:
        """The last reading of a declared group."""
        return self._answers.get(id(desired))


def run_check(request: Request) -> Report:
    """Run the check; there is a report whatever happens, see :func:`reported`."""
    return reported(lambda: compare(request.desired(), request), gate=request.gate, api_url=request.connection.name)


def survey(
    paths: tuple[str, ...], connection: Connection, ignore: tuple[str, ...] = ()
) -> tuple[Desired, Report, Record]:
    """What is declared, a check of the whole workspace, and what it read.

    The exit code of the report says only whether everything was read.
    """
    request = Request(paths or ("desired",), connection, Gate(FailOn.NEVER), unmanaged=True, ignore=ignore)
    desired, record = request.desired(), Record()
    return desired, compare(desired, request, record), record


def reported(run: Callable[[], Report], *, gate: Gate, api_url: str) -> Report:
    """The report of a run; what keeps it from running is said on stderr and becomes a report that is not in sync."""
    report = attempt(run)
    if isinstance(report, Report):
        return report
    return failed_report(
        Failure(report.message, report.hint),
        report.exit_code,
        gate=gate,
        api_url=api_url,
        at=now(),
        problems=report.problems if isinstance(report, DesiredError) else (),
    )


def compare(desired: Desired, request: Request, record: Record | None = None) -> Report:
    """Read the live groups and compare; ``record`` keeps what is read.

    Raises:
        SettingsError: Nothing is declared, or the base, the key or the snapshot cannot be had.
    """
    if not desired.groups:
        raise SettingsError(
            f"no groups are declared in {', '.join(request.paths)}",
            hint="a check of nothing would always be in sync",
        )
    earlier = baseline(request.base, request.paths, desired) if request.base is not None else None
    with request.connection.open(len(desired.groups)) as live:

        def on_reading(reading: Reading) -> None:
            live.on_reading(reading)
            if record:
                record.take(reading)

        if record:
            record.api_url = live.api_url
        return check(
            desired.groups,
            live.source,
            now=now,
            api_url=live.name,
            gate=request.gate,
            unmanaged=request.unmanaged,
            selection=request.selection,
            prices=desired.prices,
            acceptances=Acceptances(
                desired.accepted, request.as_of or now().date(), timedelta(seconds=request.warn_expiring)
            ),
            baseline=earlier,
            evidence=_evidence(desired, request.paths, live.key_prefix),
            problems=desired.warnings,
            on_reading=on_reading,
            interrupted=live.interrupts.code,
        )


def _evidence(desired: Desired, paths: Sequence[str], key_prefix: str | None) -> Evidence:
    commit, dirty = commit_of(paths)
    return Evidence(
        rule_set=RULE_SET,
        files=tuple(EvidenceFile(file.path, file.sha256) for file in desired.files),
        git_commit=commit,
        git_dirty=dirty,
        key_prefix=key_prefix,
    )
