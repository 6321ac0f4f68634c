"""Acceptances added to the text of a desired file; every other character of it stays as it is."""

from collections.abc import Mapping, Sequence

import yaml
from msgspec import Struct

from drift.errors import SettingsError
from drift.export.editor import Edits, YamlNode
from drift.export.writing import Plain
from drift.report.acceptance import Acceptance

_BY_HAND = "write the list of `accepted` with one entry below the other, or give another --file"


class Appended(Struct, frozen=True):
    """The new text, and how many entries it has instead of older ones of the same difference."""

    text: str
    renewed: int


def append_accepted(text: str, acceptances: Sequence[Acceptance], *, file: str) -> Appended:
    """The text of a file with the acceptances added at the end of its list ``accepted``.

    An entry of the same group, rule and path is replaced: it was of another value, or its time is over.

    Args:
        text: A desired file, or nothing for a new one.
        acceptances: In the order in which they are to stand.
        file: How messages name the file.

    Raises:
        SettingsError: The file is no YAML mapping, or what it would become does not read as it should.
    """
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(f"cannot add to {file}: it is not valid YAML", hint=f"drift validate {file}") from error
    if document is None:
        newline = "\r\n" if "\r\n" in text else "\n"
        text += f"{'' if not text or text.endswith(newline) else newline}version: 1{newline}"
    elif not isinstance(document, dict):
        raise SettingsError(f"cannot add to {file}: it is no mapping", hint=_BY_HAND)
    elif not isinstance(document.get("accepted") or [], list):
        raise SettingsError(f"cannot add to {file}: `accepted` is no list", hint=_BY_HAND)
    edits = Edits(text)
    present = edits.root.get("accepted")
    entries = present.values if present else []
    indices = {_difference(entry): index for index, entry in enumerate(entries)}
    new: list[tuple[None, Mapping[str, Plain]]] = []
    for acceptance in acceptances:
        path = None if acceptance.path is None else acceptance.path.parts
        index = indices.get((acceptance.group, acceptance.rule, path))
        if index is None or present is None:
            new.append((None, _entry(acceptance)))
        else:
            edits.set_item(present, index, _entry(acceptance))
    if new:
        edits.add_to_list(edits.root, "accepted", new, spaced=False)
    result = edits.result()
    if not _has(result, len(entries) + len(new), acceptances):
        raise SettingsError(f"cannot add to {file}: its list of `accepted` is written in an unusual way", hint=_BY_HAND)
    return Appended(result, len(acceptances) - len(new))


def _difference(entry: YamlNode) -> tuple[str | None, str | None, tuple[str, ...] | None]:
    path = entry.read("path")
    parts = tuple(step.text for step in path.values) if path is not None and path.form == "sequence" else None
    return entry.word("group"), entry.word("rule"), parts


def _entry(acceptance: Acceptance) -> Mapping[str, Plain]:
    rule: Mapping[str, Plain] = {} if acceptance.rule is None else {"rule": acceptance.rule}
    path: Mapping[str, Plain] = {} if acceptance.path is None else {"path": list(acceptance.path.parts)}
    return {
        "group": acceptance.group,
        **rule,
        **path,
        "live": acceptance.live,
        "reason": acceptance.reason,
        "owner": acceptance.owner,
        "until": acceptance.until,
        "rule_set": acceptance.rule_set,
    }


def _has(text: str, count: int, acceptances: Sequence[Acceptance]) -> bool:
    """Whether the text now has so many entries, and among them all that were to be added."""
    try:
        entries = yaml.safe_load(text)["accepted"]
        differences = [(entry["group"], entry.get("rule"), entry.get("path")) for entry in entries]
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return (
        len(entries) == count
        and all(differences.count(difference) == 1 for difference in differences)
        and all(_entry(acceptance) in entries for acceptance in acceptances)
    )
