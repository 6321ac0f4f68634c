"""Bytes of a response to groups: strict about what is documented, tolerant of everything else.

Shapes are those of the schemas ``GroupV1`` and ``GroupsResponseV1`` in the published OpenAPI document,
reduced to the members that are compared. Members that are not listed here are skipped without being
decoded; :mod:`drift.gateway.unknown` looks for them. Types, units and modes are plain strings, because the
vendor adds values. Thresholds are JSON integers: ``true``, ``"5"``, ``5.0`` and ``-1`` are not.
"""

import json

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from drift.errors import Cause, GatewayError
from drift.gateway.canonical import group_from
from drift.gateway.listed import listed_groups
from drift.gateway.shapes import GroupShape, OwnGroupShape
from drift.model.collector import cyclic_collection_paused
from drift.model.groups import Group

# msgspec passes errors of Python's own through: text that is not UTF-8, and nesting without end.
_BROKEN = (DecodeError, UnicodeDecodeError, RecursionError)
_LARGEST_SALVAGE = 16 * 1024 * 1024
"""Bytes of a broken page above which single items are not worth the memory that finding them takes."""


class Pagination(Struct, frozen=True):
    """Schema ``PaginationResponseV1``. The cursor is opaque; null means that there is no next page."""

    has_more: bool
    cursor: str | None = None


class Broken(Struct, frozen=True):
    """An item of a page that is not a group as documented, with the ids that can still be told."""

    id: str | None
    external_entity_id: str | None
    message: str
    """What is wrong and where, as a JSON path."""


class Items(Struct, frozen=True):
    """A page, decoded."""

    groups: list[Group]
    broken: list[Broken]


class _Envelope(Struct):
    items: Raw
    pagination: Pagination


_ENVELOPE = Decoder(_Envelope)
_PAGINATION = Decoder(Pagination)
_GROUP = Decoder(GroupShape)
_OWN_GROUP = Decoder(OwnGroupShape)
_RAW_ITEMS = Decoder(list[Raw])


def decode_group(body: bytes, where: str) -> Group:
    """The group in the answer of *Get a group*.

    Raises:
        GatewayError: ``UNREADABLE_RESPONSE``, with the JSON path of what is wrong.
    """
    try:
        return group_from(_GROUP.decode(body))
    except _BROKEN as error:
        raise _unreadable(error, where) from None


class Page:
    """One answer of *List groups*. Only its pagination is read at first, so that the next can be asked for."""

    def __init__(self, body: bytes, where: str) -> None:
        """``where`` is the URL path for messages.

        Raises:
            GatewayError: ``UNREADABLE_RESPONSE``, where not even the pagination can be told.
        """
        self._body = body
        self._where = where
        self._items: Raw | list[object]
        try:
            envelope = _ENVELOPE.decode(body)
            self._items, self.pagination = envelope.items, envelope.pagination
        except _BROKEN as error:
            self._items, self.pagination = _salvage(body, error, where)

    def decode(self, *, effective: bool) -> Items:
        """All items of the page, also those around a broken one.

        ``effective`` also decodes the effective limits, which takes longer than everything else.

        Raises:
            GatewayError: ``UNREADABLE_RESPONSE``, where the items are no list.
        """
        with cyclic_collection_paused():
            items = self._items
            if isinstance(items, Raw):
                try:
                    return Items(listed_groups(items, effective=effective), [])
                except _BROKEN as error:
                    items, _ = _salvage(self._body, error, self._where)
            return _one_by_one(items, effective=effective)

    def first(self) -> bytes | None:
        """The first item as it came, or None where there is none or the page is broken."""
        try:
            items = _RAW_ITEMS.decode(self._items) if isinstance(self._items, Raw) else []
        except _BROKEN:
            return None
        return bytes(items[0]) if items else None


def _one_by_one(items: list[object], *, effective: bool) -> Items:
    decoder = _GROUP if effective else _OWN_GROUP
    found = Items([], [])
    for index, item in enumerate(items):
        try:
            found.groups.append(group_from(decoder.decode(json.dumps(item))))
        except _BROKEN as error:
            problem, _, path = _describe(error).partition(" - at `$")
            place = f"$.items[{index}]{path.removesuffix('`')}"
            found.broken.append(Broken(*_ids(item), f"{problem} - at `{place}`"))
    return found


def _ids(item: object) -> tuple[str | None, str | None]:
    """What can still be told of a broken item: its id and its external id."""
    group = item if isinstance(item, dict) else {}
    metadata = group.get("metadata")
    return _text(group.get("id")), _text(metadata.get("external_entity_id") if isinstance(metadata, dict) else None)


def _text(value: object) -> str | None:
    """The value if it is text that can be written out again, which half of a surrogate pair cannot."""
    return value if isinstance(value, str) and value.encode(errors="ignore").decode() == value else None


def _salvage(body: bytes, error: Exception, where: str) -> tuple[list[object], Pagination]:
    """Take a page apart that the strict decoder refuses, e.g. because one item holds ``NaN``.

    Python's own parser reads more than JSON allows. What it lets through is written again as it was, for the
    strict decoder to refuse item by item.
    """
    unreadable = _unreadable(error, where)
    if len(body) > _LARGEST_SALVAGE:
        raise unreadable from None
    try:
        page = json.loads(body.decode("utf-8", "surrogateescape"))
        items, pagination = page["items"], page["pagination"]
        if not isinstance(items, list):
            raise unreadable from None
        return items, _PAGINATION.decode(json.dumps(pagination))
    except (*_BROKEN, ValueError, TypeError, KeyError):
        raise unreadable from None


def _unreadable(error: Exception, where: str) -> GatewayError:
    return GatewayError(Cause.UNREADABLE_RESPONSE, f"not the documented JSON: {_describe(error)}", where=where)


def _describe(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return f"text that is not UTF-8 ({error.reason})"
        case RecursionError():
            return "nested too deeply"
        case _:
            return str(error)
