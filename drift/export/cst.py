"""A YAML text as nodes that know their exact span, so that one of them can be replaced and the rest kept.

Made from PyYAML's events, as the reader of desired files is; texts have been read by that reader before, so
that they are known to be sound. Offsets count characters of the text.
"""

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

import yaml
from msgspec import Struct
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, MappingStartEvent, NodeEvent, ScalarEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.events import Event

Form: TypeAlias = Literal["scalar", "alias", "mapping", "sequence"]

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:[ \t\r\n]|#[^\r\n]*[\r\n])*)*")
_TO_DASH = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*[\r\n])*-")
_BYTE_ORDER_MARK = "\ufeff"


class Node(Struct):
    """A value of the text."""

    form: Form
    start: int
    """Where its anchor begins, if it has one, else the value itself."""
    body: int
    """Where the value itself begins."""
    end: int
    """After its last character; without the comments and blank lines that follow."""
    flow: bool
    """Whether it is written in brackets; false for scalars."""
    keys: "list[Node]" = []
    """Of a mapping."""
    values: "list[Node]" = []
    """Of a mapping or a sequence."""
    text: str = ""
    """Of a scalar, as read."""

    def get(self, key: str) -> "Node | None":
        """The value of the mapping's own key; what is merged in with ``<<`` is not seen."""
        for name, value in zip(self.keys, self.values, strict=True):
            if name.text == key:
                return value
        return None

    def key(self, key: str) -> "Node | None":
        """The node of the key itself."""
        return next((name for name in self.keys if name.text == key), None)

    @property
    def merges(self) -> bool:
        """Whether a mapping takes entries from elsewhere."""
        return self.key("<<") is not None


class Text:
    """The text of one file with its nodes."""

    def __init__(self, text: str) -> None:
        """``text`` must be one sound YAML document, without aliases to what contains them."""
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._offset = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        events: Iterator[Event] = yaml.parse(text[self._offset :], Loader=loader)
        self._events = (event for event in events if isinstance(event, NodeEvent | CollectionEndEvent))
        self.root = self._node(next(self._events))

    def column(self, offset: int) -> int:
        """Characters before the offset on its line."""
        start = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        return offset - max(start, self._offset)

    def line_end(self, offset: int) -> int:
        """Where the line of the offset ends, before its line break."""
        found = re.compile("[\r\n]|$").search(self.text, offset)
        return found.start() if found else len(self.text)

    def before_break(self, start: int) -> int:
        """Where the line before the one that begins at ``start`` ends."""
        end = max(start - 1, 0)
        return end - 1 if self.text[end - 1 : end + 1] == "\r\n" else end

    def dash(self, sequence: Node, index: int) -> int:
        """Where the dash of an item of a block sequence stands."""
        before = sequence.values[index - 1].end if index else sequence.body
        found = _TO_DASH.match(self.text, before)
        if found is None:
            raise ValueError("a block sequence without a dash")
        return found.end() - 1

    def after_colon(self, mapping: Node, key: str) -> int:
        """The offset after the colon of an entry."""
        node = mapping.key(key)
        if node is None:
            raise KeyError(key)
        return self.text.index(":", node.end) + 1

    def _node(self, event: "Event") -> Node:
        start = self._at(event.start_mark)
        end = self._at(event.end_mark)
        if isinstance(event, AliasEvent):
            return Node("alias", start, start, end, flow=False)
        if isinstance(event, ScalarEvent):
            if event.style in ("|", ">"):
                # The parser counts the line breaks after it as its own.
                end = start + len(self.text[start:end].rstrip("\r\n\t "))
            return Node("scalar", start, min(self._body(start), end), end, flow=False, text=event.value)
        if not isinstance(event, CollectionStartEvent):  # pragma: no cover -- the grammar leaves nothing else
            raise TypeError(event)
        form: Form = "mapping" if isinstance(event, MappingStartEvent) else "sequence"
        node = Node(form, start, self._body(start), 0, flow=bool(event.flow_style), keys=[], values=[])
        while not isinstance(event := next(self._events), CollectionEndEvent):
            if form == "mapping":
                node.keys.append(self._node(event))
                event = next(self._events)
            node.values.append(self._node(event))
        # A block collection has no bracket to end with: the parser gives the next word of the text.
        node.end = self._at(event.end_mark) if node.flow else max(node.values[-1].end, node.body)
        return node

    def _body(self, start: int) -> int:
        found = _PROPERTIES.match(self.text, start) if self.text[start : start + 1] in ("&", "!") else None
        return found.end() if found else start

    def _at(self, mark: object) -> int:
        if not hasattr(mark, "index"):  # pragma: no cover -- the parsers always set one
            raise TypeError(mark)
        return self._offset + int(mark.index)
