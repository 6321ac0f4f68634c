"""Findings as Markdown tables: one a group, folded by tree; which of them there is room for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias, assert_never

from drift.model import paths
from drift.model.wording import counted, number, size
from drift.render.report.markdown_text import Room, cell, code, element
from drift.render.report.outline import OfGroup, OfTree, Section, sections
from drift.render.words import SECTIONS, consequences, nonzero, other_name
from drift.report.finding import Finding, Value
from drift.report.report import Report

_COLUMNS = "\n| finding | desired | live | change |\n|---|--:|--:|---|\n"
_END = "\n</details>\n"
_NAMED = 5
"""Descendants that are named; JSON has them all."""
_LONG = 400
"""Characters of a sentence."""
_SELF_EVIDENT = {"name-changed": "", "limit-added": "added", "limit-removed": "removed"}
"""Where the two values say all that the message does."""

Rows: TypeAlias = dict[int, dict[int, list[str]]]
"""The rows of a section by position of the tree in it, and of the group in that."""


def tables(report: Report, room: Room) -> tuple[str, int]:
    """The findings that there is room for, and how many they are."""
    parts: list[str] = []
    count = 0
    for section in sections(report):
        head = _section_head(section) if report.base else ""
        rows = _chosen(section, head, room)
        parts += _texts(section, head, rows, unfold=not parts)
        chosen = sum(len(of_group) for of_tree in rows.values() for of_group in of_tree.values())
        count += chosen
        if chosen < section.total:
            break
    return "".join(parts), count


def _chosen(section: Section, head: str, room: Room) -> Rows:
    """The worst of the section, whatever tree they are of, each with room for what it needs around it."""
    rows: Rows = {}
    candidates = [
        (finding, tree_at, group_at)
        for tree_at, tree in enumerate(section.trees)
        for group_at, of_group in enumerate(tree.groups)
        for finding in of_group.findings
    ]
    for finding, tree_at, group_at in sorted(candidates, key=lambda candidate: -candidate[0].severity.rank):
        tree = section.trees[tree_at]
        row = _row(finding)
        around = [] if rows else [head]
        around += [] if tree_at in rows else [_tree_head(tree, unfolded=True), _END]
        around += [] if group_at in rows.get(tree_at, ()) else [_group_head(tree.groups[group_at], tree), _COLUMNS]
        if not room.take(row, *around):
            break
        rows.setdefault(tree_at, {}).setdefault(group_at, []).append(row)
    return rows


def _texts(section: Section, head: str, rows: Rows, *, unfold: bool) -> Iterator[str]:
    """The chosen rows below their heads; the very first tree is unfolded."""
    if rows:
        yield head
    for position, tree_at in enumerate(rows):
        tree = section.trees[tree_at]
        yield _tree_head(tree, unfolded=unfold and position == 0)
        for group_at in sorted(rows[tree_at]):
            yield _group_head(tree.groups[group_at], tree)
            yield _COLUMNS
            yield from rows[tree_at][group_at]
        yield _END


def _section_head(section: Section) -> str:
    title, meaning = SECTIONS[section.status]
    return f"\n### {title.capitalize()}: {meaning} ({counted(section.total, 'finding')})\n"


def _tree_head(tree: OfTree, *, unfolded: bool) -> str:
    findings = [finding for of_group in tree.groups for finding in of_group.findings]
    severities = Counter(finding.severity for finding in sorted(findings, key=lambda finding: -finding.severity.rank))
    groups = f" in {counted(len(tree.groups), 'group')}" if len(tree.groups) > 1 else ""
    return (
        f"\n<details{' open' if unfolded else ''}><summary>{element(tree.root)}: "
        f"{counted(len(findings), 'finding')}{groups} ({nonzero(severities)})</summary>\n"
    )


def _group_head(of_group: OfGroup, tree: OfTree) -> str:
    group = of_group.group
    name = other_name(group)
    if len(tree.groups) == 1 and group.label == tree.root and not name:
        return ""
    return f"\n**Group** {code(group.label)}{f', named {code(name)}' if name else ''}\n"


def _row(finding: Finding) -> str:
    place = cell(str(finding.source)) if finding.source else "not declared"
    path = " ".join(cell(part) for part in _named(finding.path))
    first = [f"**{finding.severity}** {finding.direction} {cell(finding.rule)}", *([path] if path else []), place]
    change = [text for text in (_change(finding), *consequences(finding, _NAMED, cell)) if text]
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
