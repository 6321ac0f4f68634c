"""GitHub's endpoints for issues and comments on loopback: pages of a hundred, one token, one repository."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_T0K3N"
REPOSITORY = "acme/limits"
BOT = "github-actions[bot]"
_Answer: TypeAlias = tuple[int, Any, str]
_NOT_FOUND: _Answer = (404, {"message": "Not Found"}, "")


class FakeGitHub:
    """What stands on the forge, and what was asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.comments: dict[int, dict[str, Any]] = {}
        self.issues: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []
        """Method and target of every request."""
        self.login: str | None = None
        """Of the token's user; None for the token of a workflow run."""
        self.failing: dict[str, list[int]] = {}
        """By method: statuses that the next requests get."""
        self.lost: int = 0
        """So many of the next new entries are made, and then answered with 502."""
        self.last = 0

    def comment(self, body: str, *, login: str = "somebody", kind: str = "User") -> int:
        self.last += 1
        self.comments[self.last] = {"id": self.last, "body": body, "user": {"login": login, "type": kind}}
        return self.last

    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments.values()]

    def changes(self) -> list[str]:
        """Methods of the requests that change something."""
        return [asked.split()[0] for asked in self.asked if not asked.startswith("GET")]

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> _Answer:
        """Status, JSON and Link header."""
        self.asked.append(f"{method} {target}")
        parts = urlsplit(target)
        root = f"/repos/{REPOSITORY}/"
        sent = json.loads(body) if body else {}
        if self.failing.get(method):
            return self.failing[method].pop(0), {"message": "no"}, ""
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, ""
        if len(sent.get("body", "")) > 65_536:
            return 422, {"message": "Body is too long (maximum is 65536 characters)"}, ""
        if (method, parts.path) == ("GET", "/user"):
            return (403, {}, "") if self.login is None else (200, {"login": self.login, "type": "User"}, "")
        if not parts.path.startswith(root):
            return _NOT_FOUND
        path = parts.path.removeprefix(root).split("/")
        return self._read(path, target) if method == "GET" else self._write(method, path, sent)

    def _read(self, path: list[str], target: str) -> _Answer:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        match path:
            case ["issues", "7", "comments"]:
                return self._page(list(self.comments.values()), query, target)
            case ["issues"]:
                found = [issue for issue in self.issues.values() if issue["state"] == query["state"]]
                return self._page(found[::-1], query, target)
        return _NOT_FOUND

    def _write(self, method: str, path: list[str], sent: dict[str, Any]) -> _Answer:
        login, kind = (BOT, "Bot") if self.login is None else (self.login, "User")
        match method, path:
            case "POST", ["issues", "7", "comments"]:
                return self._made(self.comments[self.comment(sent["body"], login=login, kind=kind)])
            case "POST", ["issues"]:
                self.last += 1
                user = {"login": login, "type": kind}
                self.issues[self.last] = {
                    "id": 9_000 + self.last,
                    "number": self.last,
                    "state": "open",
                    "user": user,
                    **sent,
                }
                return self._made(self.issues[self.last])
            case "PATCH", ["issues", "comments", key]:
                self.comments[int(key)].update(sent)
            case "PATCH", ["issues", key]:
                self.issues[int(key)].update(sent)
            case _:
                return _NOT_FOUND
        return 200, {}, ""

    def _made(self, entry: object) -> _Answer:
        if self.lost:
            self.lost -= 1
            return 502, {}, ""
        return 201, entry, ""

    @staticmethod
    def _page(entries: list[Any], query: dict[str, str], target: str) -> _Answer:
        size, page = min(100, int(query["per_page"])), int(query["page"])
        more = page * size < len(entries)
        link = f'<http://evil.invalid{target}>; rel="next"' if more else ""
        return 200, entries[(page - 1) * size : page * size], link


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Serve until the block ends."""
    github = FakeGitHub()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization") or ""
            status, value, link = github.answer(self.command, self.path, authorization, body)
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if link:
                self.send_header("Link", link)
            if status >= 500:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PATCH(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    github.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield github
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
