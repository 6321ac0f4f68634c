"""Findings as Markdown tables: one a group, folded by tree; which of them there is room for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, assert_never

from drift.model.paths import (
    EffectiveLimitPath,
    EffectivePath,
    FieldPath,
    GroupPath,
    LimitPath,
    ModelPath,
    Path,
    RateLimitPath,
)
from drift.model.wording import counted, number, size
from drift.render.report.amounts import exposed
from drift.render.report.budget import Room
from drift.render.report.markdown_text import cell, code, element, value
from drift.render.report.outline import OfGroup, OfTree, Section
from drift.render.words import SECTIONS, TITLES, effect, other_name
from drift.report.finding import Finding
from drift.report.report import Base

_COLUMNS = "\n| finding | desired | live | change |\n|---|--:|--:|---|\n"
_END = "\n</details>\n"
_NAMED = 5
_TOLD = 400
"""Characters of a sentence."""
_SELF_EVIDENT = {"name-changed": "", "limit-added": "added", "limit-removed": "removed"}
"""Where the two values say all that the message does."""


class _Group(NamedTuple):
    of: OfGroup
    head: str
    rows: list[str]


class _Tree(NamedTuple):
    root: str
    head: str
    groups: dict[int, _Group]
    """By identity of the group of the outline, which cannot be hashed."""


class _Section(NamedTuple):
    head: str
    trees: dict[int, _Tree]
    """By identity of the tree of the outline."""


class Chosen:
    """The findings that there is room for. Of a section the worst are chosen, whatever tree they are of."""

    def __init__(self, sections: Sequence[Section], room: Room, base: Base | None) -> None:
        self.sections: list[_Section] = []
        self.count = 0
        self._room = room
        for section in sections:
            if not self._choose(section, base):
                break

    def _choose(self, section: Section, base: Base | None) -> bool:
        """Whether there was room for the whole section."""
        shown = _Section(_section_head(section, base), {})
        candidates = sorted(
            (
                (finding, of_group, of_tree)
                for of_tree in section.trees
                for of_group in of_tree.groups
                for finding in of_group.findings
            ),
            key=lambda candidate: -candidate[0].severity.rank,
        )
        whole = all(self._add(*candidate, shown) for candidate in candidates)
        if shown.trees:
            self.sections.append(shown)
        return whole

    def _add(self, finding: Finding, of_group: OfGroup, of_tree: OfTree, shown: _Section) -> bool:
        """Whether there was room for the finding and what it needs around it."""
        around: list[str] = []
        tree = shown.trees.get(id(of_tree))
        if tree is None:
            unfolded = not (self.sections or shown.trees)
            tree = _Tree(of_tree.root, _tree_head(of_tree, unfolded=unfolded), {})
            around += [tree.head, _END, *([] if shown.trees else [shown.head])]
        group = tree.groups.get(id(of_group))
        if group is None:
            group = _Group(of_group, _group_head(of_group, of_tree), [])
            around += [group.head, _COLUMNS]
        row = _row(finding)
        if not self._room.take(row, *around):
            return False
        shown.trees[id(of_tree)] = tree
        tree.groups[id(of_group)] = group
        group.rows.append(row)
        self.count += 1
        return True


def tables(chosen: Chosen) -> str:
    """The chosen findings."""
    return "".join(_texts(chosen))


def _texts(chosen: Chosen) -> Iterator[str]:
    for section in chosen.sections:
        yield section.head
        for tree in section.trees.values():
            yield tree.head
            # The worst group was opened first; the root comes first where it is shown at all.
            for group in sorted(tree.groups.values(), key=lambda group: group.of.group.label != tree.root):
                yield group.head
                yield _COLUMNS
                yield from group.rows
            yield _END


def _section_head(section: Section, base: Base | None) -> str:
    if base is None:
        return ""
    title = TITLES[section.status].capitalize()
    return f"\n### {title}: {SECTIONS[section.status]} ({counted(section.total, 'finding')})\n"


def _tree_head(tree: OfTree, *, unfolded: bool) -> str:
    findings = tree.findings
    severities: dict[str, int] = {}
    for finding in sorted(findings, key=lambda finding: -finding.severity.rank):
        severities[finding.severity.value] = severities.get(finding.severity.value, 0) + 1
    told = ", ".join(f"{number(count)} {severity}" for severity, count in severities.items())
    groups = f" in {counted(len(tree.groups), 'group')}" if len(tree.groups) > 1 else ""
    return (
        f"\n<details{' open' if unfolded else ''}><summary>{element(tree.root)}: "
        f"{counted(len(findings), 'finding')}{groups} ({told})</summary>\n"
    )


def _group_head(of_group: OfGroup, tree: OfTree) -> str:
    group = of_group.group
    if len(tree.groups) == 1 and group.label == tree.root and not other_name(group):
        return ""
    name = other_name(group)
    return f"\n**Group** {code(group.label)}{f', named {code(name)}' if name else ''}\n"


def _row(finding: Finding) -> str:
    place = cell(str(finding.source)) if finding.source else "not declared"
    path = " ".join(cell(part) for part in _named(finding.path))
    first = [f"**{finding.severity}** {finding.direction} {cell(finding.rule)}", *([path] if path else []), place]
    change = [text for text in (_change(finding), *_consequences(finding)) if text]
    return (
        f"| {'<br>'.join(first)} | {value(finding.desired)} | {value(finding.live)} | {'<br>'.join(change) or '-'} |\n"
    )


def _named(path: Path) -> Sequence[str]:
    """The parts of a path that tell: not the block, nor the kind of limit, which the unit says."""
    match path:
        case LimitPath(slug, limit):
            return slug, str(limit)
        case RateLimitPath(slug, type_):
            return slug, type_
        case GroupPath() | FieldPath() | ModelPath() | EffectivePath() | EffectiveLimitPath():
            return path.parts[1:] or path.parts
        case _:
            assert_never(path)


def _change(finding: Finding) -> str:
    if isinstance(finding.desired, int) and isinstance(finding.live, int):
        stopped = ", no traffic expected" if finding.live == 0 else ""
        return f"{size(finding.desired, finding.live) or 'changed'}{stopped}"
    if finding.rule in _SELF_EVIDENT:
        return _SELF_EVIDENT[finding.rule]
    return cell(finding.message, _TOLD)


def _consequences(finding: Finding) -> Iterator[str]:
    if finding.affected:
        names = ", ".join(cell(affected.group.label, 64) for affected in finding.affected[:_NAMED])
        more = len(finding.affected) - _NAMED
        yield f"{effect(finding)}: {names}{f' and {number(more)} more' if more > 0 else ''}"
    if finding.exposure:
        yield f"exposes {cell(exposed(finding.exposure))}"
