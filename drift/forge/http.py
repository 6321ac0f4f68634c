"""The guarded HTTP client for every service that is not the gateway: a webhook, a forge.

It has the guards of the gateway's client: one total time, a bounded answer, no proxy for this machine. Neither the URL
nor a header is ever in a message: both may be secrets.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from drift.errors import GatewayError, OutputError, SettingsError
from drift.gateway.pace import Budget, Clock
from drift.gateway.settings import Address, parse_address
from drift.version import __version__

if TYPE_CHECKING:
    import httpx

    from drift.gateway.transport import Connect

TIMEOUT = 120.0
"""Seconds that all calls of one command may take together, every retry included."""
MOST_BYTES = 32 * 1024 * 1024
"""Of one answer, after decompression; a page of a hundred long comments has some megabytes."""
_TRIES = 4
_LONGEST_SILENCE = 15.0
"""Seconds to wait for a connection, and for each piece of an answer."""
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 30.0


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

    def __init__(self, message: str, status: int | None, *, wait: float | None = None, hint: str = "") -> None:
        """``status`` is None if there was no answer; ``wait`` are the seconds that the service asks for, if it does."""
        super().__init__(message, hint=hint)
        self.status = status
        self.wait = wait

    @property
    def may_have_arrived(self) -> bool:
        """Whether the service may have done what it was asked for all the same."""
        return self.status is None or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class Answer(Struct, frozen=True):
    """What came back."""

    body: bytes
    """Of an answer to GET. What a service says after it took something is not waited for."""
    headers: Mapping[str, str]
    """Names in lower case."""


def checked_url(url: str, *, what: str) -> Secret:
    """The URL, if something can be sent there without telling everybody on the way.

    Raises:
        SettingsError: It is no https URL, nor one of this machine.
    """
    try:
        _address(url)
    except (SettingsError, ValueError):
        pass
    else:
        if url.isprintable() and " " not in url:
            return Secret(url)
    raise SettingsError(f"{what} holds no https URL", hint="it must hold the URL alone, on one line")


def _address(url: str) -> Address:
    """Scheme, host and port; neither the path nor a password is looked at."""
    parts = urlsplit(url)
    return parse_address(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")


class Service:
    """One service, and the time that everything sent to it may take together."""

    def __init__(
        self,
        name: str,
        url: Secret,
        headers: Mapping[str, str] | None = None,
        *,
        token: Secret | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """No request is made yet.

        Args:
            name: Stands for the service in messages.
            url: Of the service, checked; the paths of all calls begin with it.
            headers: More of them than every call has.
            token: Sent as a bearer token.
            timeout: Seconds for all calls together, every retry included.
        """
        self._name = name
        self._url = url
        self._headers = {
            "Content-Type": "application/json",
            # Other encodings may expand without bound within one piece.
            "Accept-Encoding": "gzip",
            "User-Agent": f"baseten-drift/{__version__}",
            **(headers or {}),
        }
        self._token = token
        self._budget = Budget(timeout, Clock())
        self._connect: Connect | None = None

    def send(self, method: str, path: str = "", payload: bytes | None = None, *, repeatable: bool = True) -> Answer:
        """Send JSON, again where that may help; any status below 300 is success.

        What is not ``repeatable`` is only sent again after an answer that says that it did not count.

        Raises:
            NotTakenError: It was not taken, whatever was tried, or not in time.
            SettingsError: The proxy or the certificates of this environment cannot be used.
        """
        from drift.gateway.transport import connector  # noqa: PLC0415 - httpx is slow to import
        from drift.gateway.workers import Workers  # noqa: PLC0415

        self._budget.start()
        self._connect = self._connect or connector(_address(self._url.reveal()))

        def deliver(transport: "httpx.BaseTransport", url: str) -> Answer:
            return self._repeat(lambda: self._exchange(transport, method, url, payload), repeatable=repeatable)

        # In a thread that can be left behind: headers that arrive byte by byte would hold up this one for ever.
        workers = Workers(1, self._connect, self._budget, self._name)
        try:
            ((_, answer),) = workers.run([self._url.reveal() + path], deliver)
            if isinstance(answer, GatewayError):
                raise answer
        except GatewayError as error:  # the time is over
            raise self._not_taken(error.message, hint=error.hint) from None
        finally:
            workers.close()
        return answer

    def _repeat(self, exchange: Callable[[], Answer], *, repeatable: bool) -> Answer:
        tries = 0
        while True:
            tries += 1
            try:
                return exchange()
            except NotTakenError as error:
                delay = _FIRST_DELAY * 2.0 ** (tries - 1) if error.wait is None else min(error.wait, _LONGEST_DELAY)
                # Some services say 403 to those who come too fast, and then when to come again.
                too_fast = error.status == HTTPStatus.TOO_MANY_REQUESTS or (
                    error.status == HTTPStatus.FORBIDDEN and error.wait is not None
                )
                again = too_fast or (repeatable and error.may_have_arrived)
                if tries == _TRIES or not again or delay >= self._budget.remaining():
                    raise
            self._budget.sleep(delay, self._name)

    def _exchange(self, transport: "httpx.BaseTransport", method: str, url: str, payload: bytes | None) -> Answer:
        import httpx  # noqa: PLC0415 - slow to import

        from drift.gateway.transport import OversizedError, read_body  # noqa: PLC0415

        # With a transport of its own this client takes neither a proxy nor a password from the environment.
        client = httpx.Client(transport=transport, trust_env=False, timeout=_LONGEST_SILENCE, headers=self._headers)
        authorization = {"Authorization": f"Bearer {self._token.reveal()}"} if self._token else {}
        try:
            with client.stream(method, url, content=payload, headers=authorization) as response:
                status = response.status_code
                if status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise self._not_taken(f"HTTP status {status}", status, _wait(response))
                body = b""
                if method == "GET":
                    body = read_body(response, MOST_BYTES, lambda: self._budget.check(self._name))
                return Answer(body, dict(response.headers))
        except OversizedError as error:
            raise self._not_taken(f"an answer of more than {error.limit:,} bytes", status) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # Its text may quote what was sent.
            raise self._not_taken(type(error).__name__) from None

    def _not_taken(
        self, said: str, status: int | None = None, wait: float | None = None, *, hint: str = ""
    ) -> NotTakenError:
        return NotTakenError(f"{self._name} did not take what was sent: {said}", status, wait=wait, hint=hint)


def _wait(response: "httpx.Response") -> float | None:
    after = response.headers.get("retry-after", "")
    return float(after[:9]) if after.isascii() and after.isdigit() else None
