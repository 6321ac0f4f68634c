"""The declaration of one group as canonical JSON text: the form in which it travels and is recorded.

Pulumi's wire turns integers into floats and drops nulls, and a declaration needs both, so it crosses as one text.
Whoever wrote it, equal declarations are equal texts, and it is content, not a path: a refresh compares with what
was declared at the last update. The shape is that of a group in a desired file, with profiles, YAML's surprises
and the parent's mode resolved. It stands in users' state, so texts of every release have to stay readable.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import NewType, TypeAlias, cast

import msgspec
from msgspec import UNSET

from drift.desired import group_of, load_desired
from drift.errors import DesiredError
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup
from drift.model.limits import limit_lists
from drift.model.wording import did_you_mean
from pulumi_provider.errors import DeclaredError

CanonicalJson = NewType("CanonicalJson", str)
"""Text made here; it holds what a ``DesiredGroup`` holds, except for lines and names of profiles."""

Declared: TypeAlias = Mapping[str, object] | DesiredGroup | CanonicalJson
"""How a program declares a group: content in the shape of a desired file, or what drift has already read."""

_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical_json(declared: object) -> CanonicalJson:
    """The text for a declaration.

    Args:
        declared: A ``Declared``: a mapping in the shape of an entry of ``groups``; whole floats count as integers,
            because that is what a stack reference makes of them. Or a group that drift has read; or such a text.

    Raises:
        DeclaredError: it is not a valid declaration of one group; the problems are those of ``drift validate``.
    """
    if isinstance(declared, str):
        return _encode(parse(declared))
    if isinstance(declared, DesiredGroup):
        return _encode(declared)
    if not isinstance(declared, Mapping):
        raise DeclaredError(
            f"declared must be a mapping in the shape of a desired group, not {type(declared).__name__}"
        )
    return _encode(_validated(cast("Mapping[object, object]", declared)))


def declared_from_yaml(
    path: str | PathLike[str] | Sequence[str | PathLike[str]], external_entity_id: str
) -> CanonicalJson:
    """One group of the desired files, read now, the way ``drift check`` reads them.

    Args:
        path: A file, a directory or several; profiles and parents are looked up in all of them.
        external_entity_id: Which group, by its external id, or by its pinned internal id if it has no other.

    Raises:
        DeclaredError: the files have problems, each named with its line, or do not declare the group.
    """
    paths = [path] if isinstance(path, str | PathLike) else list(path)
    shown = ", ".join(str(one) for one in paths)
    try:
        groups = load_desired(paths).groups
    except DesiredError as error:
        raise DeclaredError.of(error, shown, with_places=True) from None
    for group in groups:
        if external_entity_id == desired_key(group):
            return _encode(group)
    close = did_you_mean(external_entity_id, [group.ref.label for group in groups])
    raise DeclaredError(f"{shown}: no group {external_entity_id!r} is declared" + (f" ({close})" if close else ""))


def parse(text: str) -> DesiredGroup:
    """The declaration behind a canonical text; its positions are all line 1.

    Raises:
        DeclaredError: the text was not made by :func:`canonical_json` of this release or an earlier one.
    """
    try:
        return group_of(msgspec.json.decode(text), "declared")
    except (ValueError, RecursionError) as error:
        raise DeclaredError(
            f"the recorded declaration is not one that this release of baseten-drift can read: {error}"
        ) from None


def _encode(group: DesiredGroup) -> CanonicalJson:
    models: object = UNSET
    if group.models is not UNSET:
        models = [
            {"slug": slug, **{kind: listed for kind, listed in limit_lists(limits).items() if listed}}
            for slug, limits in sorted(group.models.items())
        ]
    shape = _given(
        id=group.id or UNSET,
        metadata=_given(external_entity_id=group.external_entity_id or UNSET, name=group.name),
        hierarchy=_given(
            limit_enforcement=group.limit_enforcement, parent=group.parent, parent_group_id=group.parent_group_id
        ),
        models=models,
        manage=group.manage,
    )
    return CanonicalJson(_ENCODER.encode(shape).decode())


def _given(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not UNSET}


def _validated(declared: Mapping[object, object]) -> DesiredGroup:
    """The group that a desired file with nothing but this mapping declares."""
    import yaml  # noqa: PLC0415 - only for declarations that are written in a program

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - shared lists are written out
            return True

    try:
        document = {"version": 1, "groups": [_plain(declared)]}
        text = yaml.dump(document, Dumper=Plain, allow_unicode=True, sort_keys=False, width=float("inf"))
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise DeclaredError(f"declared holds something that no desired file can hold: {error}") from None
    try:
        (group,) = load_desired(["-"], stdin=lambda: text.encode("utf-8", "surrogatepass")).groups
    except DesiredError as error:
        raise DeclaredError.of(error, "declared", with_places=False) from None
    return group


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in cast("Mapping[object, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, str) else value
