"""Where requests go: the base URL, checked, and the two paths below it that are ever asked."""

from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from msgspec import Struct

from drift.errors import SettingsError

_GROUPS = "/v1/gateway/groups"
PAGE_LIMIT = 1000
"""Most groups on a page, by the *List groups* page."""


class Target(Struct, frozen=True):
    """What one request asks for."""

    url: str
    where: str
    """The path alone, for messages."""


class Address(Struct, frozen=True):
    """A checked base URL."""

    origin: str
    """Scheme and host, e.g. ``https://api.baseten.co``."""
    prefix: str
    """Path before the API's own; empty for the vendor's."""
    scheme: str
    host: str
    port: int | None
    loopback: bool

    @property
    def where(self) -> str:
        """The path of *List groups*, which stands for the gateway as a whole in messages."""
        return self.prefix + _GROUPS

    def group(self, group_id: str) -> Target:
        """*Get a group*: the id is one segment of the path, whatever it holds."""
        path = f"{self.where}/{_segment(group_id)}"
        return Target(self.origin + path, path)

    def groups(self, *, cursor: str | None = None, external_entity_id: str | None = None) -> Target:
        """*List groups*. The filter is repeated with the cursor: the page calls them combinable."""
        query = f"?limit={PAGE_LIMIT}"
        if external_entity_id is not None:
            query += f"&external_entity_id={_escape(external_entity_id)}"
        if cursor is not None:
            query += f"&cursor={_escape(cursor)}"
        return Target(self.origin + self.where + query, self.where)


def parse_address(url: str) -> Address:
    """Check a base URL such as ``https://api.baseten.co``; a path may follow, a final slash may not matter.

    Raises:
        SettingsError: it is no URL, leaves the key readable on the way, or has parts that have no use here.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
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
    return Address(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"), parts.scheme, host, port, loopback)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _escape(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _segment(text: str) -> str:
    # quote() leaves dots alone, and "." and ".." mean another path to whoever reads the URL next.
    return _escape(text) if text.strip(".") else text.replace(".", "%2E")
