"""The gateway itself: a pure function from requests to responses over one workspace's groups.

No HTTP library, clock or randomness of its own. Statuses and messages are the documented ones where the API's
reference pages give any.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import TypeAlias
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, UnsetType

from drift.sandbox.rules import DOCUMENTED_RULES, OpenQuestions
from drift.sandbox.store import Store
from drift.sandbox.wire import (
    CreateGroupRequestV1,
    GroupV1,
    HttpRequest,
    HttpResponse,
    Refused,
    UpdateGroupRequestV1,
    read_body,
)

DEFAULT_KEY = "sandbox-key"
DEFAULT_PAGE = 100
MAX_PAGE = 1000
_NOT_COUNTED_YET = {"current_usage": None, "reset_at": None}

Endpoint: TypeAlias = Callable[[HttpRequest, str], object]
"""Answers a request about the group with this id with a JSON value."""


class World:
    """One workspace behind the groups API. Safe to use from several threads."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        keys: Collection[str] = (DEFAULT_KEY,),
        foreign: Collection[str] = (),
        requests_per_second: int | None = None,
        questions: OpenQuestions = DOCUMENTED_RULES,
    ) -> None:
        """An empty workspace, whose groups get the internal ids ``grp1``, ``grp2`` and so on.

        ``clock`` returns aware times. ``keys`` are the accepted ones; any other answers 401. ``foreign`` ids
        belong to another workspace and answer 403. ``requests_per_second`` of one key to one endpoint are
        answered, more with 429; None admits any number.
        """
        self.clock = clock
        self._keys = frozenset(keys)
        self._foreign = frozenset(foreign)
        self._requests_per_second = requests_per_second
        self._second = 0
        self._requests: Counter[tuple[str, Endpoint]] = Counter()
        self._store = Store(clock, questions)
        self._store.reserve(foreign)
        self._lock = RLock()

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, whatever it contains."""
        with self._lock:
            try:
                return HttpResponse(200, msgspec.json.encode(self._answer(request)))
            except Refused as refused:
                return refused.response()

    def ask(
        self, method: str, target: str, payload: object | UnsetType = UNSET, *, key: str | None = DEFAULT_KEY
    ) -> HttpResponse:
        """Answer what a test or a demo asks: ``target`` is path and query, ``payload`` any JSON value."""
        path, _, query = target.partition("?")
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        body = b"" if payload is UNSET else msgspec.json.encode(payload)
        return self.handle(HttpRequest(method, path, query, headers, body))

    def create(
        self,
        external_entity_id: str,
        models: Sequence[Mapping[str, object]] = (),
        *,
        name: str | None = None,
        limit_enforcement: str | None = None,
        parent_group_id: str | None = None,
        id: str | None = None,  # noqa: A002 - the API's name
    ) -> GroupV1:
        """Add a group that may lack models and have a chosen internal id; raises ``Refused`` as the API would."""
        payload = {
            "metadata": {"external_entity_id": external_entity_id, "name": name},
            "models": models,
            "hierarchy": {"limit_enforcement": limit_enforcement, "parent_group_id": parent_group_id},
        }
        with self._lock:
            return self._store.create(read_body(msgspec.json.encode(payload), CreateGroupRequestV1), id)

    def reserve(self, ids: Collection[str]) -> None:
        """Never give these internal ids to groups that do not ask for one."""
        with self._lock:
            self._store.reserve(ids)

    def groups(self) -> tuple[GroupV1, ...]:
        """All live groups in order of creation."""
        with self._lock:
            return tuple(self._store)

    def find(self, external_entity_id: str) -> GroupV1 | None:
        """The live group with this external id."""
        with self._lock:
            return self._store.find(external_entity_id)

    def _answer(self, request: HttpRequest) -> object:
        # `Api-Key` is the legacy scheme and still documented.
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "api-key"} or key not in self._keys:
            raise Refused(401, "API key missing or not accepted.")
        group_id, endpoints = self._route(request.path)
        endpoint = endpoints.get(request.method)
        if endpoint is None:
            raise Refused(405, f"Method {request.method} not allowed.", allow=", ".join(endpoints))
        self._throttle(key, endpoint)
        return endpoint(request, group_id)

    def _route(self, path: str) -> tuple[str, Mapping[str, Endpoint]]:
        """Group id (empty where the path has none) and endpoints by method."""
        match [unquote(segment) for segment in path.split("/")]:
            case ["", "v1", "gateway", "groups"]:
                return "", {"GET": self._list, "POST": self._create}
            case ["", "v1", "gateway", "groups", group_id] if group_id:
                return group_id, {"GET": self._get, "PATCH": self._update, "DELETE": self._delete}
            case ["", "v1", "gateway", "groups", group_id, "usage"] if group_id:
                return group_id, {"GET": self._usage}
            case _:
                raise Refused(404, "Not found.")

    def _throttle(self, key: str, endpoint: Endpoint) -> None:
        if self._requests_per_second is None:
            return
        second = int(self.clock().timestamp())
        if second != self._second:
            self._second = second
            self._requests.clear()
        self._requests[key, endpoint] += 1
        if self._requests[key, endpoint] > self._requests_per_second:
            raise Refused(429, "Too many requests.", retry_after=1)

    def _get(self, _: HttpRequest, group_id: str) -> GroupV1:
        if group_id in self._foreign:
            raise Refused(403, "The group belongs to another workspace.")
        group = self._store.get(group_id)
        if group is None:
            raise Refused(404, "Group not found.")
        return group

    def _list(self, request: HttpRequest, _: str) -> object:
        query = request.parameters
        limit = _page_size(query.get("limit", str(DEFAULT_PAGE)))
        position = _position(query.get("cursor", _cursor(0)))
        if "external_entity_id" in query:
            found = self._store.find(query["external_entity_id"])
            groups = [found] if found is not None and self._store.position(found) > position else []
        else:
            # One more than asked for tells whether there is another page.
            groups = self._store.after(position, limit + 1)
        page = groups[:limit]
        cursor = _cursor(self._store.position(page[-1])) if len(groups) > limit else None
        return {"items": page, "pagination": {"has_more": cursor is not None, "cursor": cursor}}

    def _create(self, request: HttpRequest, _: str) -> GroupV1:
        new = read_body(request.body, CreateGroupRequestV1)
        if not new.models:
            raise Refused(400, "Invalid payload: a new group needs a model.")
        return self._store.create(new)

    def _update(self, request: HttpRequest, group_id: str) -> GroupV1:
        group = self._get(request, group_id)
        update = read_body(request.body, UpdateGroupRequestV1)
        if update.metadata is None and update.models is None:
            raise Refused(400, "Nothing to update: give metadata or models.")
        return self._store.update(group, update)

    def _delete(self, request: HttpRequest, group_id: str) -> object:
        """The answer of the delete page; descendants that went too are not listed."""
        group = self._get(request, group_id)
        self._store.delete(group)
        return {"id": group.id, "metadata": group.metadata, "deleted_at": self._store.now()}

    def _usage(self, request: HttpRequest, group_id: str) -> object:
        """The answer of the usage page, for a group that nobody has called yet.

        It lists only models with usage limits. What ``customer_id`` holds is undocumented; the external id is
        what groups' predecessors were keyed by.
        """
        group = self._get(request, group_id)
        usage = {
            model.slug: [
                {"type": limit.type, "unit": limit.unit, "threshold": limit.threshold, **_NOT_COUNTED_YET}
                for limit in model.usage_limits
            ]
            for model in group.effective_models
            if model.usage_limits
        }
        return {"customer_id": group.metadata.external_entity_id, "usage": usage}


def _page_size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_PAGE:
        raise Refused(400, f"Invalid limit: expected 1 to {MAX_PAGE}.")
    return int(text)


def _cursor(position: int) -> str:
    # The position, not an offset: groups that vanish between two pages then make nobody skip one.
    return urlsafe_b64encode(b"after:%d" % position).decode()


def _position(cursor: str) -> int:
    try:
        match = re.fullmatch(rb"after:([0-9]{1,18})", urlsafe_b64decode(cursor.encode()))
    except ValueError:
        match = None
    if match is None:
        raise Refused(400, "Invalid cursor.")
    return int(match[1])
