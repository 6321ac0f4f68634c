"""``drift accept``: accept differences of a report for a while, in the desired files."""

from collections.abc import Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import click

from drift.cli.console import now, write_result
from drift.cli.files import checked_path, read_report, write_file
from drift.cli.options import DAY, SAVED
from drift.errors import Location, SettingsError
from drift.export.acceptances import append_accepted
from drift.model.wording import counted
from drift.render.visible import visible
from drift.report.acceptance import Acceptance
from drift.report.finding import Finding
from drift.rules import RULE_SET

_FILE = Path("desired/accepted.yaml")


@click.command()
@click.argument("report", type=SAVED)
@click.option("--group", "groups", multiple=True, metavar="ID", help="Only of this group; * and ? match. Repeatable.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Only of this rule. Repeatable.")
@click.option("--all", "everything", is_flag=True, help="All differences of the report.")
@click.option("--reason", required=True, help="Why this is accepted.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option(
    "--until",
    required=True,
    type=DAY,
    metavar="YYYY-MM-DD",
    help="The last day on which it is accepted, UTC.",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_FILE,
    show_default=True,
    help="The desired file that gets the entries; all else in it stays as it is.",
)
@click.option("--dry-run", is_flag=True, help="Print the file as it would be, and write nothing.")
def command(
    report: Path,
    *,
    groups: tuple[str, ...],
    rules: tuple[str, ...],
    everything: bool,
    reason: str,
    owner: str,
    until: datetime,
    file: Path,
    dry_run: bool,
) -> int:
    """Accept differences that the JSON REPORT found, until a day, with exactly the live values it found.

    Checks then list them as accepted. When the live value moves again, or the day is over, they are drift again.
    """
    if not (groups or rules or everything):
        raise SettingsError("which differences?", hint="choose with --group and --rule, or take --all")
    last = until.date()
    if last < now().date():
        raise SettingsError(f"--until {last} is over already")
    if not reason.strip() or not owner.strip():
        raise SettingsError("--reason and --owner must say something")
    found = read_report(report).findings
    chosen = [
        finding
        for finding in found
        if finding.is_drift
        and (not rules or finding.rule in rules)
        and (not groups or any(_is(finding, pattern) for pattern in groups))
    ]
    if not chosen:
        raise SettingsError(f"{report} has no such difference", hint=_there_is(found))
    acceptances = [_acceptance(finding, reason.strip(), owner.strip(), last, file) for finding in chosen]
    appended = append_accepted(_text(file), acceptances, file=str(file))
    if dry_run:
        write_result(appended.text)
        return 0
    checked_path(file)
    write_file(file, appended.text)
    for finding in chosen:
        write_result(
            f"accepted until {last}: {visible(finding.group.label)} {finding.rule}: {visible(finding.message)}\n"
        )
    renewed = f", {appended.renewed} of them instead of older entries" if appended.renewed else ""
    write_result(f"{counted(len(chosen), 'difference')} in {file}{renewed}\n")
    return 0


def _is(finding: Finding, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (finding.group.external_entity_id, finding.group.id) if name)


def _there_is(findings: Sequence[Finding]) -> str:
    if not findings:
        return "it has no differences at all"
    rules = sorted({finding.rule for finding in findings if finding.is_drift})
    return f"it has differences of {', '.join(rules)}; `drift render` shows them" if rules else "it has no drift"


def _acceptance(finding: Finding, reason: str, owner: str, until: date, file: Path) -> Acceptance:
    return Acceptance(
        group=finding.group.label,
        rule=finding.rule,
        path=finding.path if finding.path.parts else None,
        live=finding.live,
        reason=reason,
        owner=owner,
        until=until.isoformat(),
        rule_set=RULE_SET,
        source=Location(str(file), 1, 1),
    )


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {file}: {error}") from error
