"""Small changes of a YAML text, each at the exact span of a value; every other byte of the text stays as it is.

The spans come from PyYAML's events, as the reader of desired files gets them. A round trip through a document model
was measured and would not do: ruamel.yaml rewrites other indentations, flow spacing, multi-line lists and line
endings, and loses comments of neighbours when an entry is removed. Offsets count characters of the text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import yaml
from msgspec import Struct
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, MappingStartEvent, NodeEvent, ScalarEvent

from drift.export.writing import Plain, flow, indented, item, scalar

if TYPE_CHECKING:
    from yaml.events import Event

Form: TypeAlias = Literal["scalar", "alias", "mapping", "sequence"]

_PROPERTY = r"[&!][^\s,\[\]{}]*"
_PROPERTIES = re.compile(rf"{_PROPERTY}(?: +{_PROPERTY})*")
_GAP = r"(?:[ \t\r\n]|#[^\r\n]*[\r\n])*"
_TO_BODY = re.compile(rf"(?:{_PROPERTY}{_GAP})*")
_TO_DASH = re.compile(rf"{_GAP}-")
_LINE_END = re.compile("[\r\n]|$")
_BYTE_ORDER_MARK = "\ufeff"
_GROUPED_FROM = 4
"""Digits; a shorter number does not show whether its writer puts them in groups."""


class YamlNode(Struct):
    """A value of the text."""

    form: Form
    start: int
    """Where its anchor begins, if it has one, else the value itself."""
    body: int
    """Where the value itself begins."""
    end: int
    """After its last character; without the comments and blank lines that follow."""
    flow: bool = False
    """Whether it is written in brackets; false for scalars."""
    keys: "list[YamlNode]" = []
    """Of a mapping."""
    values: "list[YamlNode]" = []
    """Of a mapping or a sequence."""
    text: str = ""
    """Of a scalar, as read."""
    target: "YamlNode | None" = None
    """Of an alias: the value that it stands for."""

    def get(self, key: str) -> "YamlNode | None":
        """The value of the mapping's own key; what is merged in with ``<<`` is not looked at."""
        return next((value for name, value in zip(self.keys, self.values, strict=False) if name.text == key), None)

    def read(self, key: str) -> "YamlNode | None":
        """The value of a key as a reader of the text gets it: aliases and merges are followed."""
        if self.target is not None:
            return self.target.read(key)
        own = self.get(key)
        if own is not None:
            return own.target or own
        merged = self.get("<<")
        sources = () if merged is None else merged.values if merged.form == "sequence" else (merged,)
        return next((found for source in sources if (found := source.read(key)) is not None), None)

    def word(self, key: str) -> str | None:
        """The text of a scalar below a key, aliases and merges followed."""
        found = self.read(key)
        return found.text if found is not None and found.form == "scalar" else None

    @property
    def merges(self) -> bool:
        """Whether a mapping takes entries from elsewhere."""
        return self.get("<<") is not None


class _SyntaxReader:
    """Makes nodes of events."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
        self._anchors: dict[str, YamlNode] = {}
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        events: Iterator[Event] = yaml.parse(text[self._offset :], Loader=loader)
        self._events = (event for event in events if isinstance(event, NodeEvent | CollectionEndEvent))

    def node(self, event: "Event | None" = None) -> YamlNode:
        """The value that begins with the event, or with the next one."""
        event = event or next(self._events)
        start, end = self._at(event.start_mark), self._at(event.end_mark)
        if isinstance(event, AliasEvent):
            return YamlNode("alias", start, start, end, target=self._anchors[event.anchor or ""])
        if isinstance(event, ScalarEvent):
            if event.style in ("|", ">"):
                # The parser counts the line breaks after it as its own.
                end = start + len(self._text[start:end].rstrip("\r\n\t "))
            node = YamlNode("scalar", start, min(self._body(start), end), end, text=event.value)
        elif isinstance(event, CollectionStartEvent):
            form: Form = "mapping" if isinstance(event, MappingStartEvent) else "sequence"
            node = YamlNode(form, start, self._body(start), 0, bool(event.flow_style), [], [])
        else:  # pragma: no cover -- the grammar leaves nothing else
            raise TypeError(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if isinstance(event, CollectionStartEvent):
            self._fill(node)
        return node

    def _fill(self, node: YamlNode) -> None:
        while not isinstance(event := next(self._events), CollectionEndEvent):
            if node.form == "mapping":
                node.keys.append(self.node(event))
                event = None
            node.values.append(self.node(event))
        # A block collection has no bracket to end with: the parser gives the next word of the text.
        node.end = self._at(event.end_mark) if node.flow else max(node.values[-1].end, node.body)

    def _body(self, start: int) -> int:
        found = _TO_BODY.match(self._text, start)
        return found.end() if found else start

    def _at(self, mark: object) -> int:
        if not hasattr(mark, "index"):  # pragma: no cover -- the parsers always set one
            raise TypeError(mark)
        return self._offset + int(mark.index)


class _Edit(Struct, frozen=True):
    """Put ``text`` in the place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str
    owner: int = 0
    """Where the value begins that an insertion belongs to."""


class Edits:
    """The changes of one text, put together in one go."""

    def __init__(self, text: str) -> None:
        """``text`` must be one sound YAML document, without aliases to what contains them."""
        self.text = text
        self.root = _SyntaxReader(text).node()
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._edits: list[_Edit] = []

    def result(self) -> str:
        """The text with all changes made, but for those within a span that another one replaces."""
        parts: list[str] = []
        at = 0
        # Of changes that begin together, insertions come first. Values that end together are nested in each other:
        # what is added to the innermost, which begins last, has to follow it before anything is added to the others.
        for edit in sorted(self._edits, key=lambda edit: (edit.start, edit.end != edit.start, -edit.end, -edit.owner)):
            if edit.start >= at:
                parts += (self.text[at : edit.start], edit.text.replace("\n", self._newline))
                at = edit.end
        return "".join((*parts, self.text[at:]))

    def set_value(self, mapping: YamlNode, key: str, value: Plain) -> None:
        """Another value for a key: replaced where it is there, added where it is not; an anchor stays."""
        node = mapping.get(key)
        if node is None:
            self.add_entry(mapping, [f"{scalar(key)}: {flow(value)}"])
        elif node.form in ("mapping", "sequence") and not node.flow:
            # The rest of the lines with the key and with the last word may hold comments, which stay.
            properties = _PROPERTIES.match(self.text, node.start)
            head = properties.end() if properties else self._after_colon(mapping, key)
            self._replace(head, head, f" {flow(value)}")
            self._replace(self._line_end(head), node.end, "")
        elif node.end > node.start:
            self.replace(node, value)
        else:
            at = max(self._after_colon(mapping, key), node.end)
            self._replace(at, at, f" {flow(value)}")

    def replace(self, node: YamlNode, value: Plain) -> None:
        """Another value in the place of a scalar, an alias, or what is in brackets.

        Its anchor stays, and so does the way of writing a scalar, where the new one can have it.
        """
        old, new = self.text[node.body : node.end], flow(value)
        if isinstance(value, str) and new == value and old[:1] in ("'", '"') and "'" not in value:
            new = f"{old[0]}{value}{old[0]}"
        elif isinstance(value, int) and old.isdigit() and len(old) >= _GROUPED_FROM:
            new = str(value)
        self._replace(node.body, node.end, new)

    def add_entry(self, mapping: YamlNode, lines: Sequence[str]) -> None:
        """Another key at the end of a mapping; one line, if the mapping is in brackets."""
        if mapping.flow:
            at = mapping.values[-1].end if mapping.values else mapping.body + 1
            self._replace(at, at, f"{', ' if mapping.keys else ''}{' '.join(lines)}", mapping)
        else:
            self._add_lines(mapping, mapping.end, indented(lines, self._column(mapping.keys[0].start)))

    def add_first(self, mapping: YamlNode, key: str, value: Plain) -> None:
        """Another key at the beginning of a mapping that has one already."""
        at = mapping.keys[0].start
        gap = ", " if mapping.flow else "\n" + " " * self._column(at)
        self._replace(at, at, f"{scalar(key)}: {flow(value)}{gap}")

    def add_to_list(
        self, mapping: YamlNode, key: str, additions: Sequence[tuple[int | None, Mapping[str, Plain]]], *, spaced: bool
    ) -> None:
        """More items for the list of a key, whether there is one or not.

        Args:
            mapping: What has the key, or is to get it.
            key: Of the list.
            additions: The items, each with the index of the present one after which it goes; None for the end.
            spaced: Whether the lines of one item are kept apart from those of the next by a blank line.
        """
        sequence = mapping.get(key)
        if sequence is not None and sequence.values:
            for after, value in additions:
                index = len(sequence.values) - 1 if after is None else after
                self.add_item(sequence, index, value, spaced=spaced)
        elif mapping.flow:
            self.set_value(mapping, key, [value for _, value in additions])
        else:
            gap = [""] if spaced else []
            lines = [line for _, value in additions for line in (*gap, *indented(item(value), 2))][len(gap) :]
            if sequence is None:
                self.add_entry(mapping, [*gap, f"{scalar(key)}:", *lines])
            else:
                self._replace(len(self.text[: sequence.body].rstrip(" ")), sequence.end, "")
                self._add_lines(sequence, sequence.end, lines)

    def add_item(self, sequence: YamlNode, index: int, value: Mapping[str, Plain], *, spaced: bool = False) -> None:
        """Another item after the one at ``index``; in a block list ``spaced`` from it by a blank line."""
        end = sequence.values[index].end
        if sequence.flow:
            self._replace(end, end, f", {flow(value)}", sequence)
        else:
            lines = indented(item(value), self._column(sequence.body))
            self._add_lines(sequence, end, ["", *lines] if spaced else lines)

    def set_item(self, sequence: YamlNode, index: int, value: Mapping[str, Plain]) -> None:
        """Another item in the place of the one at ``index``, written as a new one would be."""
        node = sequence.values[index]
        # The dash stays, and what follows the first line stands below its beginning.
        lines = indented(item(value), self._column(node.start) - 2)
        new = flow(value) if sequence.flow else "\n".join(lines).lstrip()[2:]
        self._replace(node.start, node.end, new)

    def remove_items(self, sequence: YamlNode, indices: Sequence[int]) -> None:
        """Take items out of a list, but not all of them.

        In a block list they go with the comment lines directly above them and the rest of their last line.
        """
        if not sequence.flow:
            for index in indices:
                start = self._above(self._dash(sequence, index))
                # From the end of the line before, so that what is added after that one finds the end of a line.
                self._replace(self._before_break(start), self._line_end(sequence.values[index].end), "")
            return
        first = next(index for index in range(len(sequence.values)) if index not in indices)
        self._replace(sequence.values[0].start, sequence.values[first].start, "")
        for index in indices:
            if index > first:
                self._replace(sequence.values[index - 1].end, sequence.values[index].end, "")

    def _replace(self, start: int, end: int, text: str, owner: YamlNode | None = None) -> None:
        self._edits.append(_Edit(start, end, text, owner.start if owner else 0))

    def _add_lines(self, owner: YamlNode, offset: int, lines: Sequence[str]) -> None:
        at = self._line_end(offset)
        self._replace(at, at, "".join(f"\n{line}" for line in lines), owner)

    def _column(self, offset: int) -> int:
        start = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        return offset - (start or self.text.startswith(_BYTE_ORDER_MARK))

    def _line_end(self, offset: int) -> int:
        found = _LINE_END.search(self.text, offset)
        return found.start() if found else len(self.text)

    def _before_break(self, start: int) -> int:
        """Where the line before the one that begins at ``start`` ends."""
        end = max(start - 1, 0)
        return end - 1 if self.text[end - 1 : end + 1] == "\r\n" else end

    def _dash(self, sequence: YamlNode, index: int) -> int:
        """Where the dash of an item of a block sequence stands; that of the first is where the sequence begins."""
        found = _TO_DASH.match(self.text, sequence.values[index - 1].end) if index else None
        return found.end() - 1 if found else sequence.body

    def _after_colon(self, mapping: YamlNode, key: str) -> int:
        name = next(name for name in mapping.keys if name.text == key)
        return self.text.index(":", name.end) + 1

    def _above(self, dash: int) -> int:
        """Where what goes with an item begins: the comment directly above its dash, and blank lines above that."""
        column = self._column(dash)
        start = dash - column
        blank = False
        while start > 0:
            end = self._before_break(start)
            line = self.text[end - self._column(end) : end]
            blank = blank or not line.strip()
            if line.strip() if blank else line[:column].strip() or line[column : column + 1] != "#":
                break
            start = end - len(line)
        return start
