"""The snapshot file: canonical JSON, one group a line, so that two of them can also be compared by eye.

Groups are sorted by external id, and what the API has as lists are objects here, with sorted keys::

    {"format":"baseten-drift/snapshot","schema_version":"1.0",...,"groups":[
    {"id":"abc","metadata":{...},...,"models":{"org/model":{"rate_limits":{"TOKEN":{"MINUTE":1000}},"usage_limits":{}}}}
    ]}

Within schema version 1 members are only added, so members that are not known here are skipped.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import DecodeError, Meta, Struct

from drift.errors import SettingsError
from drift.model.collector import cyclic_collection_paused
from drift.model.effective import by_source
from drift.model.groups import Group
from drift.model.limits import UNITS, EffectiveKey, Kind, LimitKey, limit_key
from drift.model.readings import Missed
from drift.model.wording import timestamp
from drift.report.report import Tool
from drift.version import __version__

_HINT = "snapshots are written with drift snapshot PATH"
FORMAT = "baseten-drift/snapshot"
SCHEMA_VERSION = "1.0"

_Id = Annotated[str, Meta(min_length=1)]
_Threshold = Annotated[int, Meta(ge=0)]
_Sources: TypeAlias = Mapping[str, _Threshold]
"""Threshold by the internal id of the group that sets it."""

T = TypeVar("T")


class Snapshot(Struct, frozen=True):
    """All live groups of a workspace, as far as they were read."""

    api_url: str
    read_at: str
    """When the reading ended; RFC 3339, UTC. The API lists groups page by page, so it is no single moment."""
    groups: tuple[Group, ...]
    missed: Missed | None = None
    """Null if all groups were read."""
    warnings: tuple[str, ...] = ()
    lines: bool = True
    """Whether group ``n``, counted from 0, stands on line ``n + 2`` of the file."""


class _SavedModel(Struct, Generic[T], frozen=True, gc=False):
    """Limits by type and unit."""

    rate_limits: dict[str, dict[str, T]]
    usage_limits: dict[str, dict[str, T]]

    def of_kind(self, kind: Kind) -> dict[str, dict[str, T]]:
        return self.rate_limits if kind == "rate_limits" else self.usage_limits


class _SavedMetadata(Struct, frozen=True, gc=False):
    external_entity_id: _Id
    name: str | None


class _SavedHierarchy(Struct, frozen=True, gc=False):
    limit_enforcement: str
    parent_group_id: str | None


class _SavedGroup(Struct, frozen=True, gc=False):
    id: _Id
    metadata: _SavedMetadata
    hierarchy: _SavedHierarchy
    created_at: str
    models: dict[str, _SavedModel[_Threshold]]
    effective_models: dict[str, _SavedModel[_Sources]] | None
    anomalies: tuple[str, ...] = ()


class _Head(Struct, frozen=True):
    """What says whether this is a snapshot that can be read at all."""

    format: str
    schema_version: str


class _SavedFile(_Head, frozen=True):
    tool: Tool
    api_url: str
    read_at: datetime
    complete: bool
    missed: Missed | None
    warnings: tuple[str, ...]
    groups: tuple[_SavedGroup, ...]


def encode(snapshot: Snapshot) -> bytes:
    """The file: the same groups read at the same time are the same bytes."""
    head = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "tool": Tool("baseten-drift", __version__),
        "api_url": snapshot.api_url,
        "read_at": snapshot.read_at,
        "complete": snapshot.missed is None,
        "missed": snapshot.missed,
        "warnings": snapshot.warnings,
    }
    encoder = msgspec.json.Encoder(order="sorted")
    ordered = sorted(snapshot.groups, key=lambda group: (group.external_entity_id, group.id))
    groups = b",\n".join(encoder.encode(_shape(group)) for group in ordered)
    opening = msgspec.json.encode(head).removesuffix(b"}")
    return opening + b',"groups":[\n' + groups + b"\n]}\n"


def parse(data: bytes, name: str) -> Snapshot:
    """Read a file back; ``name`` is what messages call it.

    Raises:
        SettingsError: It is no snapshot, or one that this version cannot read, or a broken one.
    """
    with cyclic_collection_paused():
        head = _decoded(data, _Head, name)
        if head.format != FORMAT:
            raise SettingsError(f"{name} is not a snapshot, but {head.format!r}", hint=_HINT)
        if head.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
            raise SettingsError(
                f"{name} has snapshot schema {head.schema_version}; this version reads {SCHEMA_VERSION}",
                hint="use the version of baseten-drift that wrote it",
            )
        return _snapshot(_decoded(data, _SavedFile, name), name, newlines=data.count(b"\n"))


def _snapshot(file: _SavedFile, name: str, *, newlines: int) -> Snapshot:
    if file.complete != (file.missed is None):
        raise SettingsError(f"{name} contradicts itself: `complete` and `missed` do not fit", hint=_HINT)
    ids = {group.id for group in file.groups}
    if len(ids) != len(file.groups):
        raise SettingsError(f"{name} contradicts itself: two groups have the same id", hint=_HINT)
    if file.read_at.tzinfo is None:
        raise SettingsError(f"{name} does not say the time zone of `read_at`", hint=_HINT)
    return Snapshot(
        api_url=file.api_url,
        read_at=timestamp(file.read_at),
        groups=tuple(map(_group, file.groups)),
        missed=file.missed,
        warnings=file.warnings,
        lines=newlines == len(file.groups) + (2 if file.groups else 3),
    )


def _decoded(data: bytes, type_: type[T], name: str) -> T:
    try:
        return msgspec.json.decode(data, type=type_)
    except DecodeError as error:
        reason = str(error)
    # msgspec passes errors of Python's own through.
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except RecursionError:
        reason = "it is nested too deeply"
    raise SettingsError(f"{name} is not a snapshot, or damaged: {reason}", hint=_HINT)


def _shape(group: Group) -> _SavedGroup:
    effective = group.effective_models
    return _SavedGroup(
        group.id,
        _SavedMetadata(group.external_entity_id, group.name),
        _SavedHierarchy(group.limit_enforcement, group.parent_group_id),
        group.created_at,
        {slug: _nested(limits) for slug, limits in group.models.items()},
        None if effective is None else {slug: _nested(by_source(limits, str)) for slug, limits in effective.items()},
        group.anomalies,
    )


def _nested(limits: Mapping[LimitKey, T]) -> _SavedModel[T]:
    shape: _SavedModel[T] = _SavedModel({}, {})
    for key, value in limits.items():
        shape.of_kind(key.kind).setdefault(key.type, {})[key.unit] = value
    return shape


def _group(shape: _SavedGroup) -> Group:
    effective = shape.effective_models
    return Group(
        id=shape.id,
        external_entity_id=shape.metadata.external_entity_id,
        name=shape.metadata.name,
        limit_enforcement=shape.hierarchy.limit_enforcement,
        parent_group_id=shape.hierarchy.parent_group_id,
        models={slug: dict(_flat(model)) for slug, model in shape.models.items()},
        created_at=shape.created_at,
        effective_models=None if effective is None else {slug: _effective(model) for slug, model in effective.items()},
        anomalies=shape.anomalies,
    )


def _flat(model: _SavedModel[T]) -> Iterator[tuple[LimitKey, T]]:
    for kind in UNITS:
        for type_, units in model.of_kind(kind).items():
            for unit, value in units.items():
                yield limit_key(kind, type_, unit), value


def _effective(model: _SavedModel[_Sources]) -> Mapping[EffectiveKey, int]:
    return {
        EffectiveKey(*limit, source): threshold
        for limit, sources in _flat(model)
        for source, threshold in sources.items()
    }
