"""Where the key, the URL and the deadlines come from: the environment, else the stack's configuration.

The environment first, because it is the only place that a rotated key reaches at once: `pulumi refresh` hands the
provider the configuration that the last update recorded. A key from the environment is also in no state at all.
"""

import os
from collections.abc import Callable, Mapping

from drift.errors import SettingsError
from drift.gateway.client import Access
from drift.gateway.key import ApiKey
from drift.gateway.settings import (
    API_URL,
    API_URL_VARIABLE,
    KEY_VARIABLE,
    AuthScheme,
    ReadOptions,
    duration,
    parse_address,
)

KEY_CONFIG = "baseten:apiKey"
URL_CONFIG = "baseten:apiUrl"
SCHEME_CONFIG = "baseten:authScheme"
TIMEOUT_CONFIG = "baseten:timeout"
_TIMEOUT = "60s"
"""For one group: all tries, waits and the look at its parent."""
_REQUEST_TIMEOUT = 30.0
_SCHEMES: Mapping[str, AuthScheme] = {"": "bearer", "bearer": "bearer", "api-key": "api-key"}

Config = Callable[[str], object]
"""A value of the stack's configuration by its full name; None where it is not set."""


def environment() -> Mapping[str, str]:
    """The variables of this process: the program's, or those that the provider inherited from the CLI."""
    return os.environ  # noqa: TID251 - the provider is an edge of its own, and this is its one place


def resolve(config: Config, variables: Mapping[str, str]) -> Access:
    """The access that environment and configuration give.

    Raises:
        SettingsError: there is no key, or something is unusable; no message shows a value that may be secret.
    """
    address = parse_address(variables.get(API_URL_VARIABLE) or _text(config, URL_CONFIG) or API_URL)
    key, origin = variables.get(KEY_VARIABLE, "").strip(), KEY_VARIABLE
    if not key:
        key, origin = _text(config, KEY_CONFIG).strip(), f"the stack's configuration ({KEY_CONFIG})"
    if not key:
        raise SettingsError("no API key", hint=f"set {KEY_VARIABLE}, or run: pulumi config set --secret {KEY_CONFIG}")
    scheme = _text(config, SCHEME_CONFIG)
    if scheme not in _SCHEMES:
        raise SettingsError(f"{SCHEME_CONFIG} must be bearer or api-key, not {scheme!r}")
    timeout = duration(_text(config, TIMEOUT_CONFIG) or _TIMEOUT)
    options = ReadOptions(auth_scheme=_SCHEMES[scheme], timeout=timeout, request_timeout=min(_REQUEST_TIMEOUT, timeout))
    return Access(address, ApiKey(key, origin=origin), options)


def refuse_plain_key(config: Config, is_secret: Callable[[str], bool]) -> None:
    """Refuse a key that was configured without ``--secret``: the CLI would write it into the stack's state.

    Raises:
        SettingsError: it was.
    """
    if config(KEY_CONFIG) is not None and not is_secret(KEY_CONFIG):
        raise SettingsError(
            f"{KEY_CONFIG} is configured as plain text and would be stored readable in the stack's state",
            hint=f"pulumi config set --secret {KEY_CONFIG}, or set {KEY_VARIABLE} instead; and replace this key",
        )


def _text(config: Config, name: str) -> str:
    value = config(name)
    return "" if value is None else str(value)
