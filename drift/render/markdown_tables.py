"""Findings as Markdown tables: one a group, folded by tree; which of them there is room for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from drift.finding import Finding
from drift.render.amounts import exposed
from drift.render.budget import Room
from drift.render.markdown_text import cell, code, element, value
from drift.render.outline import OfGroup, OfTree, Section
from drift.render.words import SECTIONS, TITLES, effect, other_name
from drift.report import Base
from drift.wording import counted, number, size

_COLUMNS = "\n| finding | desired | live | change |\n|---|--:|--:|---|\n"
_END = "\n</details>\n"
_NAMED = 5
_TOLD = 400
"""Characters of a sentence."""
_SELF_EVIDENT = {"name-changed": "", "limit-added": "added", "limit-removed": "removed"}
"""Where the two values say all that the message does."""


class _Group(NamedTuple):
    head: str
    rows: list[str]


class _Tree(NamedTuple):
    head: str
    groups: list[_Group]


class _Section(NamedTuple):
    head: str
    trees: list[_Tree]


class Chosen:
    """The findings that there is room for, in the order of the outline. The worst of a section are chosen first."""

    def __init__(self, sections: Sequence[Section], room: Room, base: Base | None) -> None:
        self.sections: list[_Section] = []
        self.count = 0
        self._room = room
        for section in sections:
            if not self._choose(section, base):
                break

    def _choose(self, section: Section, base: Base | None) -> bool:
        """Whether there was room for the whole section."""
        shown = _Section(_section_head(section, base), [])
        trees = [
            (_Tree(_tree_head(tree, unfolded=not (self.sections or number)), []), tree)
            for number, tree in enumerate(section.trees)
        ]
        groups = [
            (tree, _Group(_group_head(of_group, within), []), of_group)
            for tree, within in trees
            for of_group in within.groups
        ]
        candidates = sorted(
            ((finding, tree, group) for tree, group, of_group in groups for finding in of_group.findings),
            key=lambda candidate: -candidate[0].severity.rank,
        )
        whole = True
        for finding, tree, group in candidates:
            row = _row(finding)
            opened = [] if group.rows else [group.head, _COLUMNS]
            opened += [] if any(of.rows for of in tree.groups) else [tree.head, _END]
            opened += [] if shown.trees else [shown.head]
            if not self._room.take(row, *opened):
                whole = False
                break
            if not group.rows:
                tree.groups.append(group)
            if not shown.trees or all(of is not tree for of in shown.trees):
                shown.trees.append(tree)
            group.rows.append(row)
            self.count += 1
        if shown.trees:
            self.sections.append(shown)
        return whole


def tables(chosen: Chosen) -> str:
    """The chosen findings."""
    return "".join(_texts(chosen))


def _texts(chosen: Chosen) -> Iterator[str]:
    for section in chosen.sections:
        yield section.head
        for tree in section.trees:
            yield tree.head
            for group in tree.groups:
                yield group.head
                yield _COLUMNS
                yield from group.rows
            yield _END


def _section_head(section: Section, base: Base | None) -> str:
    if base is None:
        return ""
    title = TITLES[section.status].capitalize()
    return f"\n### {title}: {SECTIONS[section.status]} ({counted(section.count, 'finding')})\n"


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


def _named(path: Sequence[str]) -> Sequence[str]:
    """The parts of a path that tell: not the block, nor the kind of limit, which the unit says."""
    match path:
        case ("models", slug, _, limit):
            return (slug, limit)
        case (_, *rest) if rest:
            return rest
        case _:
            return path


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
