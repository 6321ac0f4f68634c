"""Adding acceptances to the text of a desired file; every other character of it stays as it is.

Pure. A YAML library that writes documents back would lay out the whole file anew, however little is added.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import yaml
from msgspec import Struct

from drift.errors import SettingsError

if TYPE_CHECKING:
    from drift.report.acceptance import Acceptance

_BY_HAND = "write the list of `accepted` with one entry below the other, or give another --file"


class Appended(Struct, frozen=True):
    """The new text, and how many entries it has instead of older ones of the same difference."""

    text: str
    renewed: int


class _Splice(Struct, frozen=True):
    """Text that goes in the place of the characters from ``start`` to before ``end``."""

    start: int
    end: int
    text: str


def append_accepted(text: str, acceptances: Sequence["Acceptance"], *, file: str) -> Appended:
    """The text of a file with the acceptances added at the end of its list ``accepted``.

    An entry of the same group, rule and path is replaced: it was of another value, or its time is over.

    Args:
        text: A desired file, or nothing for a new one.
        acceptances: In the order in which they are to stand.
        file: How messages name the file.

    Raises:
        SettingsError: The file is no block of YAML that can be added to.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    root = _root(text, file)
    if root is None:
        text = text + ("" if not text or text.endswith("\n") else newline) + f"version: 1{newline}"
        root = _root(text, file)
    accepted = _value(root, "accepted")
    entries: list[yaml.Node] = list(accepted.value) if isinstance(accepted, yaml.SequenceNode) else []
    if accepted is not None and not entries and accepted.value not in ([], "", "null", "~"):
        raise SettingsError(f"cannot add to {file}: `accepted` is no list", hint=_BY_HAND)
    if entries and _in_brackets(accepted):
        raise SettingsError(f"cannot add to {file}: its list of `accepted` is in brackets", hint=_BY_HAND)
    indent = accepted.start_mark.column if entries and accepted is not None else 2
    known = {_key(yaml.safe_load(yaml.serialize(entry))): entry for entry in entries}
    new: list[str] = []
    splices: list[_Splice] = []
    for acceptance in acceptances:
        entry = known.get(_key_of(acceptance))
        written = _written(acceptance, indent, newline)
        if entry is None:
            new.append(written)
        else:
            start = text.rindex("\n", 0, entry.start_mark.index) + 1
            splices.append(_Splice(start, _end_of_line(text, _end(entry)), written))
    if new:
        splices.append(_place(text, root, accepted, "".join(new), newline))
    for splice in sorted(splices, key=lambda splice: splice.start, reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    renewed = len(acceptances) - len(new)
    if not _has(text, len(entries) + len(new), acceptances):
        raise SettingsError(f"cannot add to {file}: its list of `accepted` is written in an unusual way", hint=_BY_HAND)
    return Appended(text, renewed)


def _has(text: str, count: int, acceptances: Sequence["Acceptance"]) -> bool:
    """Whether the text now has so many entries, and among them all that were to be added."""
    try:
        entries = yaml.safe_load(text)["accepted"]
        keys = {_key(entry): entry["live"] for entry in entries}
    except (yaml.YAMLError, KeyError, TypeError):
        return False
    return len(entries) == count and all(keys.get(_key_of(acceptance)) == acceptance.live for acceptance in acceptances)


def _in_brackets(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _root(text: str, file: str) -> yaml.MappingNode | None:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise SettingsError(f"cannot add to {file}: it is not valid YAML", hint=f"drift validate {file}") from error
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise SettingsError(f"cannot add to {file}: it is no block of keys", hint=_BY_HAND)
    return node


def _value(root: yaml.MappingNode | None, wanted: str) -> yaml.Node | None:
    return next((value for key, value in root.value if key.value == wanted), None) if root else None


def _place(text: str, root: yaml.MappingNode | None, accepted: yaml.Node | None, new: str, newline: str) -> _Splice:
    if isinstance(accepted, yaml.SequenceNode) and accepted.value:
        at = _end_of_line(text, _end(accepted.value[-1]))
        return _Splice(at, at, _begun(text, at, newline) + new)
    if accepted is not None:
        end = _end_of_line(text, accepted.end_mark.index)
        rest = text[accepted.end_mark.index : end].strip()
        start = len(text[: accepted.start_mark.index].rstrip(" "))
        return _Splice(start, end, f"{f'  {rest}' if rest else ''}{newline}{new}")
    at = len(text) if root is None else _end_of_line(text, _end(root))
    return _Splice(at, at, f"{_begun(text, at, newline)}accepted:{newline}{new}")


def _begun(text: str, at: int, newline: str) -> str:
    """What makes the place the beginning of a line."""
    return "" if not at or text[at - 1] == "\n" else newline


def _end(node: yaml.Node) -> int:
    """Where the last word of a node ends; a block's own end would take in the comments and blanks after it."""
    if isinstance(node, yaml.ScalarNode) or _in_brackets(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _end_of_line(text: str, at: int) -> int:
    if at and text[at - 1] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _key_of(acceptance: "Acceptance") -> tuple[object, object, object]:
    return acceptance.group, acceptance.rule, None if acceptance.path is None else acceptance.path.parts


def _key(entry: object) -> tuple[object, object, object]:
    if not isinstance(entry, dict):
        return None, None, None
    path = entry.get("path")
    return entry.get("group"), entry.get("rule"), tuple(path) if isinstance(path, list) else None


def _written(acceptance: "Acceptance", indent: int, newline: str) -> str:
    entry: dict[str, object] = {"group": acceptance.group}
    if acceptance.rule is not None:
        entry["rule"] = acceptance.rule
    if acceptance.path is not None:
        entry["path"] = list(acceptance.path.parts)
    entry |= {
        "live": acceptance.live,
        "reason": acceptance.reason,
        "owner": acceptance.owner,
        "until": acceptance.until,
        "rule_set": acceptance.rule_set,
    }
    lines = [line for key, value in entry.items() for line in f"{key}: {_flow(value)}".split("\n")]
    return "".join(f"{' ' * indent}{'- ' if number == 0 else '  '}{line}{newline}" for number, line in enumerate(lines))


def _flow(value: object) -> str:
    """The value on one line: a width that is never reached folds nothing, and what cannot be seen is escaped."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=2**31)
    text = text.removesuffix("\n").removesuffix("\n...")
    if text.isprintable():
        return text
    # In quotes, JSON is YAML, which has an escape for every character.
    return "".join(
        char if char.isprintable() else f"\\U{ord(char):08x}" for char in json.dumps(value, ensure_ascii=False)
    )
