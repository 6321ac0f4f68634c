"""The two requests of this program, and what their answers hold: one group by id, and a page of groups."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import httpx
from msgspec import Raw, Struct
from msgspec.json import Decoder

from drift import __version__
from drift.errors import Cause, GatewayError
from drift.gateway.key import ApiKey
from drift.gateway.retry import Conduct, RetryableError, failure, transport_failure
from drift.gateway.settings import Address, ReadOptions, list_query
from drift.gateway.transport import Connect, OversizedError, ReadOnlyTransport, error_text, is_json, read_body
from drift.gateway.wire import (
    BROKEN,
    decode_group,
    described,
    group_from,
    groups_from,
    unknown_members,
    unreadable,
)
from drift.model.collector import cyclic_collection_paused
from drift.model.groups import Group

T = TypeVar("T")

_LARGEST_SALVAGE = 16 * 1024 * 1024
"""Bytes of a broken page above which single items are not worth the memory that finding them takes."""


class Pagination(Struct, frozen=True):
    """Schema ``PaginationResponseV1``. The cursor is opaque; null means that there is no next page."""

    has_more: bool
    cursor: str | None = None


class BrokenItem(Struct, frozen=True):
    """An item of a page that is not a group as documented, with the ids that can still be read."""

    id: str | None
    external_entity_id: str | None
    message: str
    """What is wrong and where, as a JSON path."""


class Items(Struct, frozen=True):
    """A page, decoded."""

    groups: list[Group]
    broken: list[BrokenItem]


class _Envelope(Struct):
    items: Raw
    pagination: Pagination


_ENVELOPE = Decoder(_Envelope)
_PAGINATION = Decoder(Pagination)
_RAW_ITEMS = Decoder(list[Raw])


class Page:
    """One answer of *List groups*. Only its pagination is read at first, so that the next can be asked for."""

    def __init__(self, body: bytes, where: str) -> None:
        """``where`` is the URL path for messages.

        Raises:
            GatewayError: ``UNREADABLE_RESPONSE``, where not even the pagination can be read.
        """
        self._body = body
        self._where = where
        self._items: Raw | list[object]
        try:
            envelope = _ENVELOPE.decode(body)
            self._items, self.pagination = envelope.items, envelope.pagination
        except BROKEN as error:
            self._items, self.pagination = _salvage(body, error, where)

    def decode(self) -> Items:
        """All items of the page, also those around a broken one.

        Raises:
            GatewayError: ``UNREADABLE_RESPONSE``, where the items are no list.
        """
        with cyclic_collection_paused():
            items = self._items
            if isinstance(items, Raw):
                try:
                    return Items(groups_from(items), [])
                except BROKEN as error:
                    items, _ = _salvage(self._body, error, self._where)
            return _one_by_one(items)

    def first(self) -> bytes | None:
        """The first item as it came, or None where there is none or the page is broken."""
        try:
            items = _RAW_ITEMS.decode(self._items) if isinstance(self._items, Raw) else []
        except BROKEN:
            return None
        return bytes(items[0]) if items else None


def _one_by_one(items: list[object]) -> Items:
    found = Items([], [])
    for index, item in enumerate(items):
        try:
            found.groups.append(group_from(json.dumps(item)))
        except BROKEN as error:
            found.broken.append(BrokenItem(*_ids(item), described(error, f".items[{index}]")))
    return found


def _ids(item: object) -> tuple[str | None, str | None]:
    """What can still be read of a broken item: its id and its external id."""
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
    refusal = unreadable(error, where)
    if len(body) > _LARGEST_SALVAGE:
        raise refusal from None
    try:
        page = json.loads(body.decode("utf-8", "surrogateescape"))
        items, pagination = page["items"], page["pagination"]
        if not isinstance(items, list):
            raise refusal from None
        return items, _PAGINATION.decode(json.dumps(pagination))
    except (*BROKEN, ValueError, TypeError, KeyError):
        raise refusal from None


class Access(Struct, frozen=True):
    """Where the gateway is, and how to introduce oneself."""

    address: Address
    key: ApiKey
    options: ReadOptions = ReadOptions()


class GatewayClient:
    """Reads groups over one connection. Each thread has its own; ``conduct`` is what they share."""

    def __init__(self, access: Access, connect: Connect, conduct: Conduct) -> None:
        self._access = access
        self._conduct = conduct
        self._transport = ReadOnlyTransport(connect(), access.address)
        self._headers = httpx.Headers(
            {
                "Authorization": access.key.header(access.options.auth_scheme),
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"baseten-drift/{__version__}",
            }
        )

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def get(self, group_id: str) -> Group | None:
        """The group with this internal id, effective limits included; None if the gateway knows none.

        Raises:
            GatewayError: there was no usable answer. A 404 that is not JSON is one of these: it is not the
                gateway that speaks there.
        """
        path = self._access.address.group(group_id)
        if not group_id:
            raise GatewayError(Cause.INCONSISTENT, "a group with an empty id cannot be asked for", where=path)

        def read(body: bytes | None) -> Group | None:
            if body is None:
                return None
            group = decode_group(body, path)
            if group.id != group_id:
                raise self._inconsistent(f"asked for the group {group_id!r}, got {group.id!r}", path)
            self._note_unknown(body)
            return group

        return self._ask(path, "", read)

    def page(self, *, cursor: str | None = None, external_entity_id: str | None = None) -> Page:
        """A page of *List groups*: the first, or the one behind a cursor.

        Raises:
            GatewayError: there was no usable answer.
        """
        path, query = self._access.address.where, list_query(cursor=cursor, external_entity_id=external_entity_id)
        page = self._ask(path, query, lambda body: Page(body or b"", path))
        if cursor is None and external_entity_id is None and (first := page.first()) is not None:
            self._note_unknown(first)
        return page

    def find(self, external_entity_id: str) -> Group | None:
        """The group with this external id, effective limits included; None if the gateway lists none.

        Raises:
            GatewayError: there was no usable answer. ``INCONSISTENT`` if other groups came back, because the
                filter is documented but missing from the vendor's OpenAPI document; or if several did.
        """
        where = self._access.address.where
        page = self.page(external_entity_id=external_entity_id)
        items = page.decode()
        for broken in items.broken:
            raise GatewayError(Cause.UNREADABLE_RESPONSE, broken.message, where=where)
        asked = f"the external id {external_entity_id!r}"
        if any(group.external_entity_id != external_entity_id for group in items.groups):
            raise self._inconsistent(f"asked for {asked}, and other groups came back", where)
        if page.pagination.has_more:
            raise self._inconsistent(
                f"one group at most can have {asked}, and the list says that there are more", where
            )
        found = {group.id: group for group in items.groups}
        if len(found) > 1:
            raise self._inconsistent(f"several groups have {asked}: {', '.join(sorted(found))}", where)
        return next(iter(found.values()), None)

    def _inconsistent(self, message: str, where: str) -> GatewayError:
        return GatewayError(Cause.INCONSISTENT, self._access.key.redact(message), where=where)

    def _note_unknown(self, body: bytes) -> None:
        for path in unknown_members(body):
            note = f"the API sends a member that is not compared: {path}"
            self._conduct.ledger.note(self._access.key.redact(note))

    def _ask(self, path: str, query: str, read: Callable[[bytes | None], T]) -> T:
        """What ``read`` makes of the body of a 200, or of None for a 404 to a get, which has no query."""

        def request() -> T:
            self._conduct.ledger.count("list" if query else "get")
            try:
                return read(self._exchange(path, query))
            except httpx.RequestError as error:
                # Neither chained nor kept: exceptions of the transport may quote what was sent.
                problem = transport_failure(error, path, self._access.key.redact)
            raise problem

        return self._conduct.send(request, path)

    def _exchange(self, path: str, query: str) -> bytes | None:
        clock, budget = self._conduct.budget.clock, self._conduct.budget
        timeout = min(self._access.options.request_timeout, max(budget.remaining(), 0.001))
        late = clock.now() + timeout

        def check() -> None:
            budget.check(path)
            if clock.now() > late:
                raise RetryableError(Cause.TIMED_OUT, f"no complete answer within {timeout:g} s", where=path)

        try:
            url = httpx.URL(self._access.address.origin + path + query)
        except httpx.InvalidURL as error:
            raise GatewayError(Cause.INCONSISTENT, f"the id cannot be asked for: {error}", where=path) from None
        extensions = {"timeout": httpx.Timeout(timeout).as_dict()}
        request = httpx.Request("GET", url, headers=self._headers, extensions=extensions)
        response = self._transport.handle_request(request)
        try:
            if response.status_code == HTTPStatus.OK:
                return self._body(response, path, check)
            if response.status_code == HTTPStatus.NOT_FOUND and not query and is_json(response):
                error_text(response)
                return None
            raise failure(response, path, self._access.key.redact, clock)
        finally:
            response.close()

    def _body(self, response: httpx.Response, where: str, check: Callable[[], None]) -> bytes:
        if not is_json(response):
            said = self._access.key.redact(response.headers.get("content-type", "nothing"))[:100]
            message = f"HTTP 200 with {said!r} instead of JSON"
            hint = "is the API URL right, and no login page in between?"
            raise GatewayError(Cause.UNREADABLE_RESPONSE, message, where=where, status=HTTPStatus.OK, hint=hint)
        try:
            return read_body(response, self._access.options.max_body, check)
        except OversizedError as error:
            message = f"the answer is longer than {error.limit:,} bytes"
            raise GatewayError(Cause.UNREADABLE_RESPONSE, message, where=where, status=HTTPStatus.OK) from None
