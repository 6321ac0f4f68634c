"""Flag, else environment, else default, resolved once into one frozen value."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from drift.errors import SettingsError

ReadMode: TypeAlias = Literal["auto", "get", "list"]
AuthScheme: TypeAlias = Literal["bearer", "api-key"]

API_URL = "https://api.baseten.co"
"""Server of the published management API."""
API_URL_VARIABLE = "BASETEN_REMOTE_URL"
"""The base URL override that the vendor's own tools read."""
KEY_VARIABLE = "BASETEN_API_KEY"


class ReadSettings(Struct, frozen=True):
    """How to reach the gateway. The key is not among them: it never leaves the gateway package."""

    api_url: str = API_URL
    auth_scheme: AuthScheme = "bearer"
    read: ReadMode = "auto"
    concurrency: int = 32
    timeout: float = 300.0
    """Seconds for the whole run."""
    confirm_after: float = 0.0
    """Seconds to wait before a difference is read a second time."""


def api_url(flag: str | None, environment: Mapping[str, str]) -> str:
    """The base URL: ``--api-url``, else ``BASETEN_REMOTE_URL``, else the vendor's."""
    return flag or environment.get(API_URL_VARIABLE) or API_URL


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
