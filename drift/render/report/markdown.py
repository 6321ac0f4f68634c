"""The report as Markdown, for a comment on a pull request or a job summary.

Receivers limit it: GitHub takes 65,536 characters a comment. So it is cut to ``max_bytes``, on whole findings,
the worst first, and says how many are left out.
"""

from collections.abc import Iterator

from drift.model.wording import counted, number
from drift.render import LEAST_BYTES, RenderOptions
from drift.render.report.amounts import exposed
from drift.render.report.budget import Room, size
from drift.render.report.markdown_lists import lists
from drift.render.report.markdown_tables import Chosen, tables
from drift.render.report.markdown_text import code
from drift.render.report.outline import sections
from drift.render.words import acceptances, breakdown, declared_counts, findings_in_groups, gate, since_base
from drift.report.report import Report, Verdict

_LISTS = 4
"""The part of the room that lists of what is no finding may take."""
_SHORT = 80
"""Characters of a text in the head, which is never cut."""
_VERDICTS = {
    Verdict.IN_SYNC: "In sync",
    Verdict.DRIFT: "Drift",
    Verdict.INCOMPLETE: "Incomplete",
}


def render(report: Report, options: RenderOptions) -> str:
    """The verdict, the findings by tree and group as tables, then what is unread, accepted and lapsed."""
    head = "".join(f"{line}\n" for line in _head(report))
    if options.verbosity < 0:
        return head
    room = Room(max(options.max_bytes, LEAST_BYTES) - size(head) - size(_left_out(report.counts.findings)))
    listed = room.left // _LISTS
    for_lists = Room(listed)
    tail = lists(report, for_lists, everything=options.verbosity > 0)
    room.left -= listed - for_lists.left
    chosen = Chosen(sections(report), room, report.base)
    left = report.counts.findings - chosen.count
    return f"{head}{tables(chosen)}{_left_out(left) if left else ''}{tail}"


def _left_out(findings: int) -> str:
    return f"\n**{counted(findings, 'more finding')} left out** to keep this short; other formats have all.\n"


def _head(report: Report) -> Iterator[str]:
    counts = report.counts
    if report.failure:
        yield f"## {_VERDICTS[report.verdict]}: nothing was compared"
        yield f"\n{code(report.failure.message, 4 * _SHORT)}"
        if report.failure.hint:
            yield f"\nHint: {code(report.failure.hint, 4 * _SHORT)}"
    elif counts.findings:
        yield f"## {_VERDICTS[report.verdict]}: {findings_in_groups(report)}"
        severities, directions = breakdown(report)
        yield f"\n{severities}; {directions}. *Permissive*: live allows more than declared; *restrictive*: less."
    else:
        seen = "" if report.verdict is Verdict.IN_SYNC else " in what could be read"
        yield f"## {_VERDICTS[report.verdict]}: nothing differs{seen}"
    if counts.declared:
        ends = [("declared", counts.declared), *declared_counts(report)]
        ends += [("unmanaged", counts.unmanaged)] if counts.unmanaged else []
        yield f"\n| {' | '.join(name for name, _ in ends)} |"
        yield f"|{'--:|' * len(ends)}"
        yield f"| {' | '.join(number(count) for _, count in ends)} |"
    yield ""
    if told := acceptances(report):
        yield f"- Accepted: {told}"
    if report.base:
        told = since_base(report)
        yield f"- Against {code(report.base.name, _SHORT)}: {told or 'nothing differs, nothing did'}"
    if report.exposure:
        yield f"- Exposure: {code(exposed(report.exposure), 2 * _SHORT)}"
    if counts.transient:
        yield f"- {counted(counts.transient, 'difference')} vanished at the second look"
    if report.unseen:
        yield f"- Not all undeclared groups were seen: {code(report.unseen, _SHORT)}"
    yield f"- Live: {code(report.api_url, _SHORT)}; exit code {report.exit_code} ({gate(report)})"
