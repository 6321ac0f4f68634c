"""The gateway itself: a pure function from requests to responses over one workspace's groups.

No HTTP library, clock or randomness of its own. Statuses and messages are the documented ones where the API's
reference pages give any.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from threading import RLock
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote

from msgspec import UNSET

from drift.model.groups import Group
from drift.sandbox.answers import deleted_body, group_body, page_body, usage_body
from drift.sandbox.messages import Refused, Request, Response, refusal
from drift.sandbox.payloads import CreateGroup, UpdateGroup, canonical, read
from drift.sandbox.store import DEFAULT_SWITCHES, NewGroup, Store, Switches
from drift.sandbox.throttle import Meter, Throttle

DEFAULT_KEY = "sandbox-key"
DEFAULT_PAGE = 100
MAX_PAGE = 1000

Endpoint: TypeAlias = Callable[[Request, str], bytes]


class Route(NamedTuple):
    """What a path leads to."""

    template: str
    endpoints: Mapping[str, Endpoint]
    """By method."""
    group_id: str
    """Empty where the path has none."""


def sequential_ids() -> Iterator[str]:
    """``grp1``, ``grp2``, ...: internal ids are opaque, so deterministic ones are as good as any."""
    return (f"grp{number}" for number in count(1))


class World:
    """One workspace behind the groups API. Safe to use from several threads."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        keys: Collection[str] = (DEFAULT_KEY,),
        ids: Iterator[str] | None = None,
        foreign: Collection[str] = (),
        throttle: Throttle | None = None,
        switches: Switches = DEFAULT_SWITCHES,
    ) -> None:
        """An empty workspace.

        ``clock`` returns aware times. ``keys`` are the accepted ones; any other answers 401. ``ids`` gives
        internal ids without end. ``foreign`` ids belong to another workspace and answer 403.
        """
        self.clock = clock
        self._keys = frozenset(keys)
        self._foreign = frozenset(foreign)
        self._switches = switches
        self._meter = None if throttle is None else Meter(throttle, clock)
        self._store = Store(clock, sequential_ids() if ids is None else ids, foreign)
        self._bodies: dict[str, bytes] = {}
        self._lock = RLock()

    def handle(self, request: Request) -> Response:
        """Answer one request, whatever it contains."""
        with self._lock:
            key = self._accepted_key(request)
            if key is None:
                return refusal(401, "API key missing or not accepted.")
            route = self._route(request.path)
            if route is None:
                return refusal(404, "Not found.")
            template, endpoints, group_id = route
            endpoint = endpoints.get(request.method)
            if endpoint is None:
                allowed = (("Allow", ", ".join(endpoints)),)
                return refusal(405, f"Method {request.method} not allowed.", headers=allowed)
            wait = None if self._meter is None else self._meter.admit(key, f"{request.method} {template}")
            if wait is not None:
                return refusal(429, "Too many requests.", retry_after=wait)
            try:
                return Response(200, endpoint(request, group_id))
            except Refused as refused:
                return refusal(refused.status, refused.message)

    def create(self, new: NewGroup) -> Group:
        """Add a group under the rules of the API except those on the payload; raises ``Refused``."""
        with self._lock:
            return self._store.create(new)

    def reserve(self, ids: Collection[str]) -> None:
        """Never give these internal ids to groups that do not ask for one."""
        with self._lock:
            self._store.reserve(ids)

    def groups(self) -> tuple[Group, ...]:
        """All live groups in order of creation, without ``effective_models``."""
        with self._lock:
            return tuple(self._store)

    def find(self, external_entity_id: str) -> Group | None:
        """The live group with this external id, without ``effective_models``."""
        with self._lock:
            return self._store.find(external_entity_id)

    def _accepted_key(self, request: Request) -> str | None:
        # `Api-Key` is the legacy scheme and still documented.
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        return key if scheme.lower() in ("bearer", "api-key") and key in self._keys else None

    def _route(self, path: str) -> Route | None:
        match [unquote(segment) for segment in path.split("/")]:
            case ["", "v1", "gateway", "groups"]:
                return Route("/groups", {"GET": self._list, "POST": self._create}, "")
            case ["", "v1", "gateway", "groups", group_id] if group_id:
                endpoints = {"GET": self._get, "PATCH": self._update, "DELETE": self._delete}
                return Route("/groups/{group_id}", endpoints, group_id)
            case ["", "v1", "gateway", "groups", group_id, "usage"] if group_id:
                return Route("/groups/{group_id}/usage", {"GET": self._usage}, group_id)
            case _:
                return None

    def _get(self, _: Request, group_id: str) -> bytes:
        return self._body(self._known(group_id))

    def _list(self, request: Request, _: str) -> bytes:
        query = dict(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
        limit = _page_size(query.get("limit"))
        position = _position(query.get("cursor"))
        if "external_entity_id" in query:
            wanted = self._store.find(query["external_entity_id"])
            behind = wanted is not None and self._store.position(wanted) > position
            return page_body([self._body(wanted)] if wanted is not None and behind else [], None)
        # One more than asked for tells whether there is another page.
        groups = self._store.after(position, limit + 1)
        page = groups[:limit]
        cursor = _cursor(self._store.position(page[-1])) if len(groups) > limit else None
        return page_body([self._body(group) for group in page], cursor)

    def _create(self, request: Request, _: str) -> bytes:
        payload = read(request.body, CreateGroup)
        group = self._store.create(
            NewGroup(
                external_entity_id=payload.metadata.external_entity_id,
                models=canonical(payload.models),
                name=payload.metadata.name,
                limit_enforcement=payload.hierarchy.limit_enforcement,
                parent_group_id=payload.hierarchy.parent_group_id,
            )
        )
        return self._body(group)

    def _update(self, request: Request, group_id: str) -> bytes:
        group = self._known(group_id)
        payload = read(request.body, UpdateGroup)
        if payload.metadata is None and payload.models is None:
            raise Refused(400, "Nothing to update: give metadata or models.")
        name = group.name
        if payload.metadata is not None and payload.metadata.name is not UNSET:
            name = payload.metadata.name
        models = group.models if payload.models is None else canonical(payload.models)
        changed = self._store.update(group, name=name, models=models)
        self._forget([changed, *self._store.descendants(changed)])
        return self._body(changed)

    def _delete(self, _: Request, group_id: str) -> bytes:
        group = self._known(group_id)
        self._forget(self._store.delete(group))
        return deleted_body(group, self._store.now())

    def _usage(self, _: Request, group_id: str) -> bytes:
        group = self._known(group_id)
        return usage_body(group, self._store.effective(group, self._switches))

    def _known(self, group_id: str) -> Group:
        if group_id in self._foreign:
            raise Refused(403, "The group belongs to another workspace.")
        group = self._store.get(group_id)
        if group is None:
            raise Refused(404, "Group not found.")
        return group

    def _body(self, group: Group) -> bytes:
        # Pages of 1,000 groups are asked for again and again, writes are rare.
        body = self._bodies.get(group.id)
        if body is None:
            body = group_body(group, self._store.effective(group, self._switches))
            self._bodies[group.id] = body
        return body

    def _forget(self, groups: Sequence[Group]) -> None:
        for group in groups:
            self._bodies.pop(group.id, None)


def _page_size(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_PAGE:
        raise Refused(400, f"Invalid limit: expected 1 to {MAX_PAGE}.")
    return int(text)


def _cursor(position: int) -> str:
    # The position, not an offset: groups that vanish between two pages then make nobody skip one.
    return urlsafe_b64encode(b"after:%d" % position).decode()


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        text = urlsafe_b64decode(cursor.encode()).decode("ascii")
    except ValueError:
        raise Refused(400, "Invalid cursor.") from None
    match = re.fullmatch(r"after:([0-9]{1,18})", text)
    if match is None:
        raise Refused(400, "Invalid cursor.")
    return int(match[1])
