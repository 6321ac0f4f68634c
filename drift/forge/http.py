"""Sending JSON to a service that is not the gateway: a webhook, a forge. The gateway's own client only reads.

Neither the URL nor a header is ever in a message: both may be secrets.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from drift.errors import OutputError, SettingsError
from drift.version import __version__

if TYPE_CHECKING:
    import httpx

_TRIES = 4
_SECONDS = 15.0
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 30.0
_MOST_OF_AN_ANSWER = 32 * 1024 * 1024
"""Bytes; a page of a hundred long comments has some megabytes."""


class Secret:
    """A URL or a token that shows itself to nobody by accident."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(...)"


class NotTakenError(OutputError):
    """The service refused, or nobody knows."""

    def __init__(self, message: str, status: int | None) -> None:
        """``status`` is the last HTTP status; None if there was no answer."""
        super().__init__(message)
        self.status = status

    @property
    def may_have_arrived(self) -> bool:
        """Whether the service may have done what it was asked for all the same."""
        return _not_done(self.status)


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""


def checked_url(url: str, *, what: str) -> Secret:
    """The URL, if something can be sent there without telling everybody on the way.

    Raises:
        SettingsError: It is no https URL, nor one of this machine.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return Secret(url)
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return Secret(url)
    raise SettingsError(f"{what} holds no https URL", hint="it must hold the URL alone, on one line")


class Outbound:
    """A client for one service."""

    def __init__(
        self, service: str, headers: Mapping[str, Secret] | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """``service`` names it in messages."""
        self._service = service
        self._headers = headers or {}
        self._sleep = sleep

    def send(self, method: str, url: Secret, payload: bytes | None = None, *, repeatable: bool = True) -> Answer:
        """Send JSON, again where that may help; any status below 400 is success, redirects aside.

        What is not ``repeatable`` is only sent again after an answer that says that it did not count.

        Raises:
            NotTakenError: It was not taken, whatever was tried.
        """
        import httpx  # noqa: PLC0415 - slow to import

        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"baseten-drift/{__version__}",
            **{name: secret.reveal() for name, secret in self._headers.items()},
        }
        said = ""
        status: int | None = None
        wish: float | None = None
        with httpx.Client(timeout=_SECONDS, follow_redirects=False) as client:
            for attempt in range(_TRIES):
                wish, status = None, None
                try:
                    response = client.request(method, url.reveal(), content=payload, headers=headers)
                except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                    said = type(error).__name__
                else:
                    status = response.status_code
                    if status < HTTPStatus.MULTIPLE_CHOICES:
                        return Answer(status, response.content[:_MOST_OF_AN_ANSWER], dict(response.headers))
                    said = f"HTTP status {status}"
                    wish = _wish(response)
                if not (_came_too_fast(status, wish) or (repeatable and _not_done(status))):
                    break
                if attempt + 1 < _TRIES:
                    self._sleep(min(_LONGEST_DELAY, _FIRST_DELAY * 2.0**attempt if wish is None else wish))
        raise NotTakenError(f"{self._service} did not take what was sent: {said}", status)


def _not_done(status: int | None) -> bool:
    """Whether something failed on the way or in the service, which may have done its work all the same."""
    return status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _came_too_fast(status: int | None, wish: float | None) -> bool:
    # Some services say 403 to those who come too fast, and then when to come again.
    return status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.FORBIDDEN and wish is not None)


def _wish(response: "httpx.Response") -> float | None:
    after = response.headers.get("retry-after", "")
    return float(after) if after.isascii() and after.isdigit() else None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
