"""Where pull requests and issues live. Each forge is one module, and one line in the registry here."""

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple, cast

from drift.forge.sticky import Repository


class Forge(NamedTuple):
    """What the command line says of a forge, and the module that is imported when it is asked for."""

    title: str
    """What messages call it."""
    place: str
    """``MODULE:NAME`` of what takes the API's URL, the repository, the token and ``timeout``, as :meth:`open`."""
    api_url: str
    """Of the forge's own API, if neither an option nor the variable says otherwise."""
    api_url_variable: str
    token_variable: str

    def open(self, api_url: str, repository: str, token: str, *, timeout: float) -> Repository:
        """A repository, as the owner of the token sees it; all calls together may take ``timeout`` seconds.

        No request is made yet.

        Raises:
            SettingsError: An argument cannot be what it should be; no message shows the URL or the token.
        """
        module, _, name = self.place.partition(":")
        opened = getattr(import_module(module), name)(api_url, repository, token, timeout=timeout)
        return cast("Repository", opened)


FORGES: Mapping[str, Forge] = {
    "github": Forge("GitHub", "drift.forge.github:GitHub", "https://api.github.com", "GITHUB_API_URL", "GITHUB_TOKEN"),
}
"""By the name that ``--forge`` takes; the first is the default."""
