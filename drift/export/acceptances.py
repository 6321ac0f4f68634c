"""Acceptances added to the text of a desired file; every other character of it stays as it is."""

from collections.abc import Mapping, Sequence

import yaml
from msgspec import Struct

from drift.errors import SettingsError
from drift.export.editor import Edits
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
        document = {}
    elif not isinstance(document, dict):
        raise SettingsError(f"cannot add to {file}: it is no mapping", hint=_BY_HAND)
    before = document.get("accepted") or []
    if not isinstance(before, list) or not all(isinstance(entry, dict) for entry in before):
        raise SettingsError(f"cannot add to {file}: `accepted` is no list of mappings", hint=_BY_HAND)
    differences = [_difference(entry) for entry in before]
    wanted = {_difference(entry): entry for entry in map(_entry, acceptances)}
    renewed = [wanted.get(difference, entry) for difference, entry in zip(differences, before, strict=True)]
    new = [entry for difference, entry in wanted.items() if difference not in differences]
    edits = Edits(text)
    present = edits.root.get("accepted")
    for index, difference in enumerate(differences):
        if present and difference in wanted and index < len(present.values):
            edits.set_item(present, index, wanted[difference])
    if new:
        edits.add_to_list(edits.root, "accepted", [(None, entry) for entry in new], spaced=False)
    result = edits.result()
    if _accepted(result) != [*renewed, *new]:
        raise SettingsError(f"cannot add to {file}: its list of `accepted` is written in an unusual way", hint=_BY_HAND)
    return Appended(result, len(wanted) - len(new))


def _difference(entry: Mapping[str, object]) -> str:
    """What the entry is about, whatever it accepts of it."""
    return repr([entry.get(key) for key in ("group", "rule", "path")])


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


def _accepted(text: str) -> object:
    try:
        return yaml.safe_load(text)["accepted"]
    except (yaml.YAMLError, ValueError, KeyError, TypeError):
        return None
