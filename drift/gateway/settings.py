"""Where the gateway is and how to read it: the base URL, checked, and the options of a reading."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal, TypeAlias
from urllib.parse import quote, urlsplit

from msgspec import Struct

from drift.errors import SettingsError

ReadMode: TypeAlias = Literal["auto", "get", "list"]
"""``get`` asks for groups one by one, ``list`` reads the list, ``auto`` takes fewer calls."""
AuthScheme: TypeAlias = Literal["bearer", "api-key"]
"""How the key is announced. Both are documented for workspace keys; ``Api-Key`` is the older one."""

API_URL = "https://api.baseten.co"
"""Server of the published management API."""
API_URL_VARIABLE = "BASETEN_REMOTE_URL"
"""The base URL override that the vendor's own tools read."""
KEY_VARIABLE = "BASETEN_API_KEY"
RATE = 97.0
"""Requests a second by default: three less than the API allows, for those that the network holds up."""
PAGE_LIMIT = 1000
"""Most groups on a page, by the *List groups* page."""
_GROUPS = "/v1/gateway/groups"


class ReadOptions(Struct, frozen=True):
    """How to read. Times are in seconds.

    Raises:
        SettingsError: a number is not above zero, so that nothing could be read.
    """

    auth_scheme: AuthScheme = "bearer"
    read: ReadMode = "auto"
    concurrency: int = 32
    """Requests under way at once. At the default rate this suffices for answers that take a third of a second."""
    timeout: float = 300.0
    """For everything: all readings, retries and waits of one source together."""
    confirm_after: float = 0.0
    """Wait before suspects are read again: changes take a while to reach every reader."""
    request_timeout: float = 30.0
    """For connecting, for each wait for data, and for the whole answer."""
    rate: float | None = RATE
    """Requests a second; None for gateways that are not throttled."""
    max_body: int = 64 * 1024 * 1024
    """Bytes of one answer, after decompression; a page of 1,000 groups has about two million."""

    def __post_init__(self) -> None:
        for name in ("concurrency", "timeout", "request_timeout", "rate", "max_body"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SettingsError(f"{name.replace('_', ' ')} must be above zero, not {value}")


class ReadSettings(ReadOptions, frozen=True):
    """The options of a command, and which gateway it reads. The key is not among them."""

    api_url: str = API_URL


class Address(Struct, frozen=True):
    """A checked base URL, and the two paths below it that are ever asked."""

    origin: str
    """Scheme and host, e.g. ``https://api.baseten.co``."""
    prefix: str
    """Path before the API's own; empty for the vendor's."""
    scheme: str
    host: str
    loopback: bool

    @property
    def where(self) -> str:
        """The path of *List groups*, which stands for the gateway as a whole in messages."""
        return self.prefix + _GROUPS

    def group(self, group_id: str) -> str:
        """The path of *Get a group*: the id is one segment of it, whatever it holds."""
        # quote() leaves dots alone, and "." and ".." mean another path to whoever reads the URL next.
        segment = _escape(group_id) if group_id.strip(".") else group_id.replace(".", "%2E")
        return f"{self.where}/{segment}"


def list_query(*, cursor: str | None = None, external_entity_id: str | None = None) -> str:
    """The query of *List groups*. The filter is repeated with the cursor: the page calls them combinable."""
    query = f"?limit={PAGE_LIMIT}"
    if external_entity_id is not None:
        query += f"&external_entity_id={_escape(external_entity_id)}"
    if cursor is not None:
        query += f"&cursor={_escape(cursor)}"
    return query


def api_url(flag: str | None, environment: Mapping[str, str]) -> str:
    """The base URL: ``--api-url``, else ``BASETEN_REMOTE_URL``, else the vendor's."""
    return flag or environment.get(API_URL_VARIABLE) or API_URL


def parse_address(url: str) -> Address:
    """Check a base URL such as ``https://api.baseten.co``; a path may follow, a final slash may not matter.

    Raises:
        SettingsError: it is no URL, leaves the key readable on the way, or has parts that have no use here.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # both may raise
    except ValueError as error:
        raise SettingsError(f"the API URL is not a URL: {error}") from None
    if "@" in parts.netloc:
        # The URL is not repeated: what stands before the @ may be a password.
        raise SettingsError(
            "the API URL must not hold a user name or password", hint="the key has its own variable and file"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise SettingsError(f"the API URL {url!r} is not an http or https URL", hint="e.g. https://api.baseten.co")
    if "?" in url or "#" in url:
        raise SettingsError(f"the API URL {url!r} must not hold a query or a fragment")
    if not url.isprintable() or " " in url:
        raise SettingsError(f"the API URL {url!r} holds a blank or a control character")
    loopback = _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise SettingsError(
            f"the API URL {url!r} would send the key unencrypted", hint="use https; http is for loopback only"
        )
    return Address(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"), parts.scheme, host, loopback)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _escape(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def duration(text: str) -> float:
    """Seconds from ``90``, ``90s``, ``500ms``, ``5m``, ``1h`` or ``14d``.

    Raises:
        SettingsError: The text is none of these, or not above zero.
    """
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "": 1.0}
    digits = text.rstrip("dhms")
    unit = text[len(digits) :]
    try:
        seconds = float(digits) * units[unit]
    except (ValueError, KeyError):
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise SettingsError(f"{text!r} is not a duration", hint="write 90s, 500ms, 5m, 1h or 14d")
    return seconds
