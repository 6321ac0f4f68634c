"""Comments and issues over GitHub's REST API, version 2022-11-28 (docs.github.com/rest: issues, issue comments).

A pull request is an issue there, so its comments are those of the issue with its number.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

import msgspec
from msgspec import Struct

from drift.errors import OutputError, SettingsError
from drift.forge.http import TIMEOUT, Answer, NotTakenError, Secret, Service, checked_url
from drift.forge.sticky import Entry

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_PAGE = 100
MOST_PAGES = 200
"""Of one list; a server could name a next one for ever."""
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_HINTS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the token is wrong or has expired",
    HTTPStatus.FORBIDDEN: "the token may not write here: a workflow needs `permissions:` with `pull-requests: write` "
    "for comments, `issues: write` for issues; a run for a pull request from a fork never gets them",
    HTTPStatus.NOT_FOUND: "is there this repository and this pull request, and may the token see them?",
    HTTPStatus.GONE: "issues are turned off in this repository",
}

T = TypeVar("T")


class _User(Struct):
    login: str
    type: str = "User"


class _Posted(Struct):
    """A comment or an issue."""

    id: int
    number: int | None = None
    """Of an issue, by which its path calls it."""
    body: str | None = None
    user: _User | None = None
    """None for users who deleted their account."""
    pull_request: dict[str, object] | None = None
    """Only pull requests, which the list of issues has as well, have this."""


class GitHub:
    """One repository, as the owner of one token sees it."""

    def __init__(self, api_url: str, repository: str, token: str, *, timeout: float = TIMEOUT) -> None:
        """No request is made yet; all of them together may take ``timeout`` seconds.

        Raises:
            SettingsError: An argument cannot be what it should be; no message shows the URL or the token.
        """
        url = checked_url(api_url.rstrip("/"), what="the GitHub API URL")
        if set(api_url) & set("?#@"):
            raise SettingsError("the GitHub API URL holds more than scheme, host and path")
        if not _REPOSITORY.fullmatch(repository):
            raise SettingsError(f"{repository!r} is not a repository", hint="it is written OWNER/NAME")
        if not token or not (token.isascii() and token.isprintable()) or " " in token:
            raise SettingsError("the GitHub token is empty or has characters that no token has")
        self._repository = f"/repos/{repository}"
        self._service = Service("GitHub", url, _HEADERS, token=Secret(token), timeout=timeout)

    def comments(self, number: int) -> "_Entries":
        """The comments on one pull request."""
        return _Entries(self, f"issues/{number}/comments", "issues/comments", settled_entries_are_listed=True)

    def issues(self, title: str, labels: Sequence[str]) -> "_Entries":
        """The open issues of the repository, newest first."""
        return _Entries(
            self,
            "issues",
            "issues",
            settled_entries_are_listed=False,
            # Not asked for by label: who may not set labels would never find the issue again.
            query="state=open&",
            new={"title": title, **({"labels": list(labels)} if labels else {})},
            settled={"state": "closed", "state_reason": "completed"},
        )

    def viewer(self) -> str | None:
        """The user of the token; None if it is one of an app, such as the token of a workflow run.

        Raises:
            OutputError: GitHub does not say.
        """
        try:
            answer = self._send("GET", "/user")
        except NotTakenError as error:
            if error.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
                return None
            raise
        return _decoded(answer, _User).login

    def pages(self, path: str, query: str = "") -> Iterator[Answer]:
        """The pages of a list, each when it is asked for.

        Raises:
            OutputError: A page did not come, or there is no end of them.
        """
        for page in range(1, MOST_PAGES + 1):
            answer = self._send("GET", f"{self._repository}/{path}?{query}per_page={_PAGE}&page={page}")
            yield answer
            # The link is only looked at, never followed: it could lead the token elsewhere.
            if 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise OutputError(f"GitHub lists more than {MOST_PAGES * _PAGE:,} entries; nothing was written")

    def write(self, method: str, path: str, payload: Mapping[str, object]) -> None:
        """Send one change; a POST, which makes something new, at most once.

        Raises:
            NotTakenError: It was not taken.
        """
        self._send(method, f"{self._repository}/{path}", msgspec.json.encode(payload))

    def _send(self, method: str, path: str, payload: bytes | None = None) -> Answer:
        try:
            return self._service.send(method, path, payload, repeatable=method != "POST")
        except NotTakenError as error:
            error.hint = _HINTS.get(error.status or 0, error.hint)
            raise


class _Entries(Struct, frozen=True):
    """Entries of one kind in one repository."""

    github: GitHub
    listed: str
    """Path of their list, which takes new ones."""
    path: str
    """What comes before the key of each."""
    settled_entries_are_listed: bool
    query: str = ""
    """Which of the list, ending in ``&``."""
    new: Mapping[str, object] = {}
    """What a new one gets besides its body."""
    settled: Mapping[str, object] = {}
    """What one gets with its last body."""

    def viewer(self) -> str | None:
        """Whose token it is."""
        return self.github.viewer()

    def entries(self) -> Iterator[Entry]:
        """The entries, in GitHub's order."""
        for page in self.github.pages(self.listed, self.query):
            for item in _decoded(page, list[_Posted]):
                if item.pull_request is None:
                    author = item.user or _User("")
                    key = item.id if item.number is None else item.number
                    yield Entry(key, item.body or "", author.login, is_bot=author.type == "Bot")

    def create(self, body: str) -> None:
        """Write a new entry."""
        self.github.write("POST", self.listed, {**self.new, "body": body})

    def edit(self, key: int, body: str) -> None:
        """Change an entry."""
        self.github.write("PATCH", f"{self.path}/{key}", {"body": body})

    def settle(self, key: int, body: str) -> None:
        """Change an entry for the last time; an issue is closed, a comment stays."""
        self.github.write("PATCH", f"{self.path}/{key}", {"body": body, **self.settled})


def _decoded(answer: Answer, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise OutputError(
            "GitHub answered something else than its API documents", hint="is --api-url the API's address?"
        ) from None
