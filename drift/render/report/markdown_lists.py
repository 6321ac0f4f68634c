"""What is no finding, as Markdown lists: unread groups, acceptances, the base, warnings."""

from collections.abc import Iterator
from itertools import groupby

from drift.errors import HINTS, Cause
from drift.model.wording import counted
from drift.render.report.budget import Room
from drift.render.report.markdown_text import code
from drift.render.words import lapse
from drift.report.report import Report, Unread

_MOST = 20
"""Items of a list, unless everything is wanted."""
_PER_CAUSE = 5
_TOLD = 400
_EVERYTHING = 1_000_000


def lists(report: Report, room: Room, *, everything: bool) -> str:
    """What there is room for, the most urgent first."""
    return "".join(_texts(report, room, everything=everything))


def _texts(report: Report, room: Room, *, everything: bool) -> Iterator[str]:
    most = _EVERYTHING if everything else _MOST

    def cause(entry: Unread) -> Cause:
        return entry.cause

    for of_cause, entries in groupby(sorted(report.unread, key=cause), key=cause):
        unread = list(entries)
        hint = f": {HINTS[of_cause]}" if of_cause in HINTS else ""
        head = f"\n### Unread: {counted(len(unread), 'group')}, {of_cause.value}{hint}\n\n"
        yield room.items(
            head,
            [f"- {code(entry.group.label)} ({code(str(entry.source))}): {code(entry.message)}\n" for entry in unread],
            most if everything else _PER_CAUSE,
        )
    yield room.items(
        f"\n### Lapsed: {counted(len(report.lapsed), 'acceptance')} to renew or remove\n\n",
        [
            f"- {code(entry.acceptance.group)} {code(entry.acceptance.rule or 'any rule')}, "
            f"owner {code(entry.acceptance.owner)} ({code(str(entry.acceptance.source))}): {code(lapse(entry))}\n"
            for entry in report.lapsed
        ],
        most,
    )
    yield room.items(
        _folded("Accepted", len(report.accepted), "finding"),
        [
            f"- {code(entry.finding.group.label)} {code(entry.finding.rule)} {entry.finding.direction}, "
            f"until {code(entry.acceptance.until)}{' (soon)' if entry.expiring else ''}, "
            f"owner {code(entry.acceptance.owner)}: {code(entry.finding.message, _TOLD)}; "
            f"reason: {code(entry.acceptance.reason, _TOLD)}\n"
            for entry in sorted(report.accepted, key=lambda entry: not entry.expiring)
        ],
        most,
        "\n</details>\n",
    )
    if report.base:
        settled = [
            f"- {finding.status or 'settled'}: {code(finding.group.label)} {code(finding.rule)}: "
            f"{code(finding.message, _TOLD)}\n"
            for finding in report.base.settled
        ]
        yield room.items(_folded("Settled", len(settled), "difference"), settled, most, "\n</details>\n")
        notes = [f"- {code(note, _TOLD)}\n" for note in report.base.notes]
        yield room.items(_folded("Changed since the base", len(notes), "note"), notes, most, "\n</details>\n")
    warnings = [
        *(
            f"- {code(str(problem.location))}: {problem.level} {code(problem.rule)}: {code(problem.message, _TOLD)}\n"
            for problem in report.problems
        ),
        *(f"- {code(warning, _TOLD)}\n" for warning in report.warnings),
    ]
    yield room.items(_folded("Problems and warnings", len(warnings), "line"), warnings, most, "\n</details>\n")


def _folded(title: str, count: int, noun: str) -> str:
    return f"\n<details><summary>{title}: {counted(count, noun)}</summary>\n\n"
