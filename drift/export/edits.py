"""Small changes of a text, each at a span that a node gave, put together in one go."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from drift.export.cst import Node, Text
from drift.export.writing import Plain, block, flow, indented, listed, scalar

_GROUPED_FROM = 4
"""Digits; a shorter number shows no way of writing."""


class _Edit(Struct, frozen=True):
    """Put ``text`` in the place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class Edits:
    """The changes of one file."""

    def __init__(self, file: Text) -> None:
        self.file = file
        self._edits: list[_Edit] = []

    def __bool__(self) -> bool:
        return bool(self._edits)

    def result(self) -> str:
        """The text with all changes made, but for those within a span that another one replaces."""
        parts: list[str] = []
        at = 0
        # Of changes that begin together, insertions come first, in the order in which they were asked for.
        for edit in sorted(self._edits, key=lambda edit: (edit.start, edit.end != edit.start, -edit.end)):
            if edit.start >= at:
                parts += (self.file.text[at : edit.start], edit.text.replace("\n", self.file.newline))
                at = edit.end
        return "".join((*parts, self.file.text[at:]))

    def replace(self, start: int, end: int, text: str) -> None:
        """Any change."""
        self._edits.append(_Edit(start, end, text))

    def set_scalar(self, node: Node, value: Plain) -> None:
        """Another scalar; its anchor stays, and so does the way of writing, where the new value can have it."""
        old, new = self.file.text[node.body : node.end], flow(value)
        if isinstance(value, str) and new == value and old[:1] in ("'", '"') and "'" not in value:
            new = f"{old[0]}{value}{old[0]}"
        elif isinstance(value, int) and old.isdigit() and len(old) >= _GROUPED_FROM:
            new = str(value)
        self.replace(node.body, node.end, new)

    def set_value(self, mapping: Node, key: str, value: Plain) -> None:
        """Another value for a key: replaced where it is there, added where it is not."""
        node = mapping.get(key)
        if node is None:
            self.add_entry(mapping, [f"{scalar(key)}: {flow(value)}"])
        elif node.form in ("scalar", "alias") and node.end > node.start:
            self.set_scalar(node, value)
        else:
            self.replace(
                self.file.after_colon(mapping, key),
                max(node.end, self.file.after_colon(mapping, key)),
                f" {flow(value)}",
            )

    def add_entry(self, mapping: Node, lines: Sequence[str]) -> None:
        """Another key at the end of a mapping; one line, if the mapping is in brackets."""
        if mapping.flow:
            at = mapping.values[-1].end if mapping.values else mapping.body + 1
            self.replace(at, at, f"{', ' if mapping.keys else ''}{' '.join(lines)}")
        else:
            self._after(mapping.end, indented(lines, self.file.column(mapping.keys[0].start)))

    def add_first(self, mapping: Node, key: str, value: Plain) -> None:
        """Another key at the beginning of a mapping that has one already."""
        at = mapping.keys[0].start
        gap = ", " if mapping.flow else "\n" + " " * self.file.column(at)
        self.replace(at, at, f"{scalar(key)}: {flow(value)}{gap}")

    def add_item(self, sequence: Node, index: int, value: Mapping[str, Plain], *, spaced: bool = False) -> None:
        """Another item after the one at ``index``; in a block list ``spaced`` from it by a blank line."""
        end = sequence.values[index].end
        if sequence.flow:
            self.replace(end, end, f", {flow(value)}")
            return
        lines = indented(listed(_lines(value)), self.file.column(self.file.dash(sequence, 0)))
        self._after(end, ["", *lines] if spaced else lines)

    def set_items(self, mapping: Node, key: str, sequence: Node, values: Sequence[Mapping[str, Plain]]) -> None:
        """Other items instead of all that are there, written as those were: in brackets, or line by line."""
        if sequence.flow or not values:
            self.set_value(mapping, key, list(values))
            return
        dash = self.file.dash(sequence, 0)
        lines = [line for value in values for line in indented(listed(_lines(value)), self.file.column(dash))]
        self.replace(dash, sequence.end, "\n".join(lines).lstrip(" "))

    def remove_items(self, sequence: Node, indices: Sequence[int]) -> None:
        """Take items out of a list, but not all of them.

        In a block list they go with the comment lines directly above them and the rest of their last line.
        """
        if sequence.flow:
            first = next(index for index in range(len(sequence.values)) if index not in indices)
            self.replace(sequence.values[0].start, sequence.values[first].start, "")
            for index in indices:
                if index > first:
                    self.replace(sequence.values[index - 1].end, sequence.values[index].end, "")
            return
        for index in indices:
            start = self._above(self.file.dash(sequence, index))
            end = self.file.line_end(sequence.values[index].end)
            # From the end of the line before, so that what is added after this item finds the end of a line.
            self.replace(self.file.before_break(start), end, "")

    def _after(self, offset: int, lines: Sequence[str]) -> None:
        at = self.file.line_end(offset)
        self.replace(at, at, "".join(f"\n{line}" for line in lines))

    def _above(self, dash: int) -> int:
        """Where what goes with an item begins: the comment directly above its dash, and blank lines above that."""
        column = self.file.column(dash)
        start = dash - column
        while start > 0:
            end = self.file.before_break(start)
            line = self.file.text[end - self.file.column(end) : end]
            if line[:column].strip() or line[column : column + 1] != "#":
                break
            start = end - len(line)
        while start > 0:
            end = self.file.before_break(start)
            column = self.file.column(end)
            if self.file.text[end - column : end].strip():
                break
            start = end - column
        return start


def _lines(value: Mapping[str, Plain]) -> list[str]:
    return [flow(value)] if "threshold" in value else block(value)
