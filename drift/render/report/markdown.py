"""The report as Markdown, for a comment on a pull request or a job summary.

Receivers limit it: GitHub takes 65,536 characters a comment. So it is cut to ``max_bytes``, on complete findings,
the worst first, and says how many are left out.

Text from elsewhere goes into code spans: in them GitHub makes no link, mention, issue reference, emoji, formula or
HTML, and a run of backticks longer than any inside cannot be ended from within.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import assert_never

from drift.model import paths
from drift.model.groups import GroupRef
from drift.model.wording import counted, number, size
from drift.render import LEAST_BYTES, RenderOptions, words
from drift.render.report.outline import OfTree, Section, by_cause, sections
from drift.render.visible import clipped
from drift.report.finding import Finding, Value
from drift.report.report import Report

_MOST = 256
"""Characters of one text; an external id has 255 at most (the API's schema)."""
_LISTS = 4
"""The part of the room that lists of what is no finding may take."""
_SHORT = 80
"""Characters of a text in the head, which is never cut."""
_LONG = 400
"""Characters of a sentence."""
_ITEMS = 20
"""Items of a list, unless everything is wanted."""
_ITEMS_PER_CAUSE = 5
_NAMED = 5
"""Descendants that are named; JSON has them all."""
_MORE = "- ... and {} more\n"
_COLUMNS = "\n| finding | desired | live | change |\n|---|--:|--:|---|\n"
_FOLDED_END = "\n</details>\n"
_SELF_EVIDENT = {"name-changed": "", "limit-added": "added", "limit-removed": "removed"}
"""Where the two values say all that the message does."""
_BACKTICKS = re.compile("`+")


def render(report: Report, options: RenderOptions) -> str:
    """The verdict, the findings by tree and group as tables, then what is unread, accepted and no longer accepted."""
    head = "".join(f"{line}\n" for line in _head(report))
    if options.verbosity < 0:
        return head
    room = _Room(max(options.max_bytes, LEAST_BYTES))
    room.take(head, _left_out(report.counts.findings))
    for_lists = _Room(room.left // _LISTS)
    tail = "".join(_lists(report, for_lists, everything=options.verbosity > 0))
    room.take(tail)
    tables, shown = _tables(report, room)
    left = report.counts.findings - shown
    return f"{head}{tables}{_left_out(left) if left else ''}{tail}"


class _Room:
    """The bytes of UTF-8 that are left of what a receiver takes; pieces are taken complete, or not at all."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, *texts: str) -> bool:
        """Whether there was room for all of these together; then it is theirs."""
        cost = sum(len(text.encode()) for text in texts)
        if cost > self.left:
            return False
        self.left -= cost
        return True


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


def _lists(report: Report, room: _Room, *, everything: bool) -> Iterator[str]:
    """What is no finding and has room, the most urgent first."""
    most, most_per_cause = (None, None) if everything else (_ITEMS, _ITEMS_PER_CAUSE)
    for cause, hint, unread in by_cause(report.unread):
        yield _items(
            f"\n### Unread: {counted(len(unread), 'group')}, {cause.value}{f': {hint}' if hint else ''}\n\n",
            [f"{code(entry.group.label)} ({code(str(entry.source))}): {code(entry.message)}" for entry in unread],
            most_per_cause,
            room,
        )
    yield _items(
        f"\n### No longer accepted: {counted(len(report.lapsed), 'acceptance')} to renew or remove\n\n",
        [
            f"{code(entry.acceptance.group)} {code(entry.acceptance.rule or 'any rule')}, "
            f"owner {code(entry.acceptance.owner)} ({code(str(entry.acceptance.source))}): {code(words.lapse(entry))}"
            for entry in report.lapsed
        ],
        most,
        room,
    )
    for title, noun, lines in _folded(report):
        head = f"\n<details><summary>{title}: {counted(len(lines), noun)}</summary>\n\n"
        yield _items(head, lines, most, room, tail=_FOLDED_END)


def _folded(report: Report) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Lists that begin closed: title, what an item is, and the items."""
    accepted = [
        f"{code(entry.finding.group.label)} {code(entry.finding.rule)} {entry.finding.direction}, "
        f"until {code(entry.acceptance.until)}{' (soon)' if entry.expiring else ''}, "
        f"owner {code(entry.acceptance.owner)}: {code(entry.finding.message, _LONG)}; "
        f"reason: {code(entry.acceptance.reason, _LONG)}"
        for entry in sorted(report.accepted, key=lambda entry: not entry.expiring)
    ]
    yield "Accepted", "finding", accepted
    if report.base:
        settled = [
            f"{finding.status or 'settled'}: {code(finding.group.label)} {code(finding.rule)}: "
            f"{code(finding.message, _LONG)}"
            for finding in report.base.settled
        ]
        yield "Settled", "difference", settled
        yield "Changed since the base", "note", [code(note, _LONG) for note in report.base.notes]
    problems = [
        f"{code(str(problem.location))}: {problem.level} {code(problem.rule)}: {code(problem.message, _LONG)}"
        for problem in report.problems
    ]
    yield "Problems and warnings", "line", problems + [code(warning, _LONG) for warning in report.warnings]


def _items(head: str, lines: Sequence[str], most: int | None, room: _Room, tail: str = "") -> str:
    """A list between head and tail, with as many items as there is room for; empty without room for any."""
    if not lines or not room.take(head, tail, _MORE.format(number(len(lines)))):
        return ""
    items = [f"- {line}\n" for line in lines[:most]]
    shown = list(takewhile(room.take, items))
    left = len(lines) - len(shown)
    return f"{head}{''.join(shown)}{_MORE.format(number(left)) if left else ''}{tail}"


def _tables(report: Report, room: _Room) -> tuple[str, int]:
    """The findings that there is room for, and how many they are; the first tree is unfolded."""
    parts: list[str] = []
    shown = 0
    for section in sections(report):
        head = _section_head(section) if report.base else ""
        before = shown
        for position, of_tree in _chosen(section, head, room).items():
            tree = section.trees[position]
            parts += [head] if shown == before else []
            parts.append(_tree_head(tree, unfolded=not shown))
            for at, rows in sorted(of_tree.items()):
                parts += [_group_head(tree.groups[at][0].group, tree), _COLUMNS, *rows]
                shown += len(rows)
            parts.append(_FOLDED_END)
        if shown - before < section.total:
            break
    return "".join(parts), shown


def _chosen(section: Section, head: str, room: _Room) -> dict[int, dict[int, list[str]]]:
    """Rows by position of the tree in the section, and of the group in that.

    The worst of the section, whatever tree they are of, each with room for what it needs around it.
    """
    chosen: dict[int, dict[int, list[str]]] = {}
    candidates = [
        (finding, tree_at, group_at)
        for tree_at, tree in enumerate(section.trees)
        for group_at, of_group in enumerate(tree.groups)
        for finding in of_group
    ]
    for finding, tree_at, group_at in sorted(candidates, key=lambda candidate: -candidate[0].severity.rank):
        tree, row = section.trees[tree_at], _row(finding)
        around = [] if chosen else [head]
        around += [] if tree_at in chosen else [_tree_head(tree, unfolded=True), _FOLDED_END]
        around += [] if group_at in chosen.get(tree_at, ()) else [_group_head(finding.group, tree), _COLUMNS]
        if not room.take(row, *around):
            break
        chosen.setdefault(tree_at, {}).setdefault(group_at, []).append(row)
    return chosen


def _section_head(section: Section) -> str:
    title, meaning = words.SECTIONS[section.status]
    return f"\n### {title.capitalize()}: {meaning} ({counted(section.total, 'finding')})\n"


def _tree_head(tree: OfTree, *, unfolded: bool) -> str:
    findings = [finding for of_group in tree.groups for finding in of_group]
    severities = Counter(finding.severity for finding in sorted(findings, key=lambda finding: -finding.severity.rank))
    groups = f" in {counted(len(tree.groups), 'group')}" if len(tree.groups) > 1 else ""
    return (
        f"\n<details{' open' if unfolded else ''}><summary>{element(tree.root)}: "
        f"{counted(len(findings), 'finding')}{groups} ({words.nonzero(severities)})</summary>\n"
    )


def _group_head(group: GroupRef, tree: OfTree) -> str:
    name = words.other_name(group)
    if len(tree.groups) == 1 and group.label == tree.root and not name:
        return ""
    return f"\n**Group** {code(group.label)}{f', named {code(name)}' if name else ''}\n"


def _row(finding: Finding) -> str:
    place = cell(str(finding.source)) if finding.source else "not declared"
    path = " ".join(cell(part) for part in _named(finding.path))
    first = [f"**{finding.severity}** {finding.direction} {cell(finding.rule)}", *([path] if path else []), place]
    change = [text for text in (_change(finding), *words.consequences(finding, _NAMED, cell)) if text]
    columns = ["<br>".join(first), _value(finding.desired), _value(finding.live), "<br>".join(change) or "-"]
    return f"| {' | '.join(columns)} |\n"


def _named(path: paths.Path) -> Sequence[str]:
    """The parts of a path that tell: not the block, nor the kind of limit, which the unit says."""
    match path:
        case paths.LimitPath(slug, limit):
            return slug, str(limit)
        case paths.RateLimitPath(slug, type_):
            return slug, type_
        case (
            paths.GroupPath()
            | paths.FieldPath()
            | paths.ModelPath()
            | paths.EffectivePath()
            | paths.EffectiveLimitPath()
        ):
            return path.parts[1:] or path.parts
        case _:
            assert_never(path)


def _change(finding: Finding) -> str:
    if isinstance(finding.desired, int) and isinstance(finding.live, int):
        stopped = ", no traffic expected" if finding.live == 0 else ""
        return f"{size(finding.desired, finding.live) or 'changed'}{stopped}"
    if finding.rule in _SELF_EVIDENT:
        return _SELF_EVIDENT[finding.rule]
    return cell(finding.message, _LONG)


def _value(side: Value) -> str:
    """One side of a finding: numbers as numbers, all else as code."""
    match side:
        case None:
            return "none"
        case int():
            return number(side)
        case str():
            return cell(side)
        case {"threshold": int(threshold), "unit": unit}:
            return f"{number(threshold)} {cell(f'/{unit}')}"
        case {"rate_limits": _} | {"usage_limits": _}:
            return "a model"
        case _:
            return "a value"


def code(text: str, most: int = _MOST) -> str:
    """The text as a code span."""
    shown = clipped(text, most)
    if not shown:
        return "(empty)"
    if "`" in shown:
        fence = "`" * (1 + max(map(len, _BACKTICKS.findall(shown))))
        # One space each side is taken off again (CommonMark 6.1).
        return f"{fence} {shown} {fence}"
    if shown[0] == shown[-1] == " " and shown.strip(" "):
        return f"` {shown} `"
    return f"`{shown}`"


def cell(text: str, most: int = _MOST) -> str:
    r"""The text as a code span in a table, where ``\|`` is a bar and nothing else is escaped."""
    return code(text, most).replace("|", r"\|")


def element(text: str) -> str:
    """The text as an HTML ``code`` element, for places that Markdown does not reach."""
    return f"<code>{html.escape(clipped(text, _MOST)) or '(empty)'}</code>"
