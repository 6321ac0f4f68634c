"""Whole files: new ones, and groups and profiles added to those that are there."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from drift.export.cst import Node, Text
from drift.export.edits import Edits
from drift.export.writing import Plain, block, flow, indented, listed, scalar

_HEAD = """\
# Written by `drift export`, which keeps whatever you change here: values, comments, order.
# Editors: save what `drift schema desired` prints, and put `yaml-language-server: $schema=PATH` into this comment.
version: 1
"""

Section = Literal["groups", "profiles"]


class Addition(Struct, frozen=True):
    """A group that a file is to get."""

    value: Mapping[str, Plain]
    after: int | None
    """Position of the declared group of the file after which it goes; None for the end."""


def document(groups: Sequence[Addition], profiles: Mapping[str, Plain]) -> str:
    """A new file."""
    parts = [_HEAD.rstrip("\n")]
    if profiles:
        parts.append("\n".join(_profiles(profiles)))
    if groups:
        first, *others = ("\n".join(_item(addition.value)) for addition in groups)
        parts += [f"groups:\n{first}", *others]
    return "\n\n".join(parts) + "\n"


def can_take(text: str, section: Section) -> bool:
    """Whether more groups or profiles can be added to a sound file."""
    root = Text(text).root
    node = root.get(section)
    return node.form != "alias" if node is not None else not root.flow and not root.merges


def append(text: str, groups: Sequence[Addition], profiles: Mapping[str, Plain]) -> str:
    """The file with more groups and profiles; everything that was there stays as it was."""
    edits = Edits(Text(text))
    root = edits.file.root
    if profiles:
        _add_profiles(edits, root, profiles)
    if groups:
        _add_groups(edits, root, groups)
    return edits.result()


def _add_groups(edits: Edits, root: Node, groups: Sequence[Addition]) -> None:
    sequence = root.get("groups")
    if sequence is not None and sequence.values:
        spaced = _spaced(edits.file, sequence)
        for addition in groups:
            after = len(sequence.values) - 1 if addition.after is None else addition.after
            edits.add_item(sequence, after, addition.value, spaced=spaced)
        return
    lines = [line for addition in groups for line in ("", *_item(addition.value))][1:]
    if root.flow:
        edits.set_value(root, "groups", [addition.value for addition in groups])
    elif sequence is None:
        edits.add_entry(root, ["", "groups:", *lines])
    else:
        at = edits.file.after_colon(root, "groups")
        edits.replace(at, max(at, sequence.end), "".join(f"\n{line}" for line in lines))


def _add_profiles(edits: Edits, root: Node, profiles: Mapping[str, Plain]) -> None:
    mapping = root.get("profiles")
    if mapping is None and not root.flow:
        edits.add_entry(root, ["", *_profiles(profiles)])
    elif mapping is None or not mapping.values:
        edits.set_value(root, "profiles", profiles)
    elif mapping.flow:
        for name, limits in profiles.items():
            edits.add_entry(mapping, [f"{scalar(name)}: {flow(limits)}"])
    else:
        for name, limits in profiles.items():
            edits.add_entry(mapping, block({name: limits}))


def _profiles(profiles: Mapping[str, Plain]) -> list[str]:
    return ["profiles:", *indented(block(profiles), 2)]


def _item(value: Mapping[str, Plain]) -> list[str]:
    return indented(listed(block(value)), 2)


def _spaced(file: Text, sequence: Node) -> bool:
    """Whether groups are to be kept apart by blank lines: as the first two are, or if there is one only."""
    for first, second in pairwise(sequence.values):
        between = file.text[first.end : second.start].splitlines()
        return any(not line.strip() for line in between[1:])
    return True
