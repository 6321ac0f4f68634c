"""The report as Markdown, for a comment on a pull request or a job summary.

Receivers limit it: GitHub takes 65,536 characters a comment. So it is cut to ``max_bytes``, on complete findings,
the worst first, and says how many are left out.
"""

from collections.abc import Iterator, Sequence

from drift.model.wording import counted, number
from drift.render import LEAST_BYTES, RenderOptions, words
from drift.render.report.markdown_tables import tables
from drift.render.report.markdown_text import Room, code, size
from drift.render.report.outline import by_cause
from drift.report.report import Report

_LISTS = 4
"""The part of the room that lists of what is no finding may take."""
_SHORT = 80
"""Characters of a text in the head, which is never cut."""
_LONG = 400
_ITEMS = 20
"""Items of a list, unless everything is wanted."""
_ITEMS_PER_CAUSE = 5
_MORE = "- ... and {} more\n"
_FOLDED_END = "\n</details>\n"


def render(report: Report, options: RenderOptions) -> str:
    """The verdict, the findings by tree and group as tables, then what is unread, accepted and no longer accepted."""
    head = "".join(f"{line}\n" for line in _head(report))
    if options.verbosity < 0:
        return head
    room = Room(max(options.max_bytes, LEAST_BYTES) - size(head) - size(_left_out(report.counts.findings)))
    listed = room.left // _LISTS
    for_lists = Room(listed)
    tail = "".join(_lists(report, for_lists, everything=options.verbosity > 0))
    room.left -= listed - for_lists.left
    found, shown = tables(report, room)
    left = report.counts.findings - shown
    return f"{head}{found}{_left_out(left) if left else ''}{tail}"


def _left_out(findings: int) -> str:
    return f"\n**{counted(findings, 'more finding')} left out** to keep this short; other formats have all.\n"


def _head(report: Report) -> Iterator[str]:
    counts = report.counts
    verdict = words.spoken(report.verdict).capitalize()
    if report.failure:
        yield f"## {verdict}: nothing was compared"
        yield f"\n{code(report.failure.message, 4 * _SHORT)}"
        if report.failure.hint:
            yield f"\nHint: {code(report.failure.hint, 4 * _SHORT)}"
    else:
        yield f"## {verdict}: {words.headline(report)}"
    if counts.findings:
        severities, directions = words.breakdown(report)
        yield f"\n{severities}; {directions}. *Permissive*: live allows more than declared; *restrictive*: less."
    if counts.declared:
        ends = {"declared": counts.declared, **words.declared_counts(report)}
        ends |= {"unmanaged": counts.unmanaged} if counts.unmanaged else {}
        yield f"\n| {' | '.join(ends)} |"
        yield f"|{'--:|' * len(ends)}"
        yield f"| {' | '.join(map(number, ends.values()))} |"
    yield ""
    if accepted := words.acceptances(report):
        yield f"- Accepted: {accepted}"
    if report.base:
        yield f"- Compared with {code(report.base.name, _SHORT)}: {words.since_base(report)}"
    if report.exposure:
        yield f"- Exposure: {code(words.exposed(report.exposure), 2 * _SHORT)}"
    if counts.transient:
        yield f"- {counted(counts.transient, 'difference')} of a first read did not show in a second one"
    if report.unseen:
        yield f"- {words.UNLISTED.capitalize()}: {code(report.unseen, _SHORT)}"
    yield f"- Live: {code(report.api_url, _SHORT)}; exit code {report.exit_code} ({words.gate(report)})"


def _lists(report: Report, room: Room, *, everything: bool) -> Iterator[str]:
    """What is no finding and has room, the most urgent first."""

    def items(head: str, lines: Sequence[str], most: int = _ITEMS, tail: str = "") -> str:
        return _items(head, lines, len(lines) if everything else most, tail, room)

    def folded(title: str, noun: str, lines: Sequence[str]) -> str:
        head = f"\n<details><summary>{title}: {counted(len(lines), noun)}</summary>\n\n"
        return items(head, lines, tail=_FOLDED_END)

    for cause, hint, unread in by_cause(report.unread):
        yield items(
            f"\n### Unread: {counted(len(unread), 'group')}, {cause.value}{f': {hint}' if hint else ''}\n\n",
            [f"{code(entry.group.label)} ({code(str(entry.source))}): {code(entry.message)}" for entry in unread],
            _ITEMS_PER_CAUSE,
        )
    yield items(
        f"\n### No longer accepted: {counted(len(report.lapsed), 'acceptance')} to renew or remove\n\n",
        [
            f"{code(entry.acceptance.group)} {code(entry.acceptance.rule or 'any rule')}, "
            f"owner {code(entry.acceptance.owner)} ({code(str(entry.acceptance.source))}): {code(words.lapse(entry))}"
            for entry in report.lapsed
        ],
    )
    yield folded(
        "Accepted",
        "finding",
        [
            f"{code(entry.finding.group.label)} {code(entry.finding.rule)} {entry.finding.direction}, "
            f"until {code(entry.acceptance.until)}{' (soon)' if entry.expiring else ''}, "
            f"owner {code(entry.acceptance.owner)}: {code(entry.finding.message, _LONG)}; "
            f"reason: {code(entry.acceptance.reason, _LONG)}"
            for entry in sorted(report.accepted, key=lambda entry: not entry.expiring)
        ],
    )
    if report.base:
        settled = [
            f"{finding.status or 'settled'}: {code(finding.group.label)} {code(finding.rule)}: "
            f"{code(finding.message, _LONG)}"
            for finding in report.base.settled
        ]
        yield folded("Settled", "difference", settled)
        yield folded("Changed since the base", "note", [code(note, _LONG) for note in report.base.notes])
    problems = [
        f"{code(str(problem.location))}: {problem.level} {code(problem.rule)}: {code(problem.message, _LONG)}"
        for problem in report.problems
    ]
    yield folded("Problems and warnings", "line", problems + [code(warning, _LONG) for warning in report.warnings])


def _items(head: str, lines: Sequence[str], most: int, tail: str, room: Room) -> str:
    """A list between head and tail, with as many items as there is room for; empty without room for any."""
    if not lines or not room.take(head, tail, _MORE.format(number(len(lines)))):
        return ""
    shown: list[str] = []
    for line in lines[:most]:
        if not room.take(item := f"- {line}\n"):
            break
        shown.append(item)
    left = len(lines) - len(shown)
    return f"{head}{''.join(shown)}{_MORE.format(number(left)) if left else ''}{tail}"
