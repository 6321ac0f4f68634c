"""The API key: a value that shows itself to nothing but the request header.

No read-only key is documented for groups, so whatever key a user hands over can write.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, assert_never

from drift.errors import SettingsError
from drift.gateway.settings import AuthScheme

REDACTED = "[API key]"
_LONGEST = 4096
_SHORTEST_SECRET = 6
"""Shorter parts of a key are not worth hiding, and would tear holes into ordinary words."""


class ApiKey:
    """A workspace key. Its text appears in :meth:`header` and nowhere else.

    There is no attribute, conversion, copy or pickle through which it could reach a report by accident.
    """

    __slots__ = ("__secret", "origin")

    def __init__(self, text: str, *, origin: str) -> None:
        """``origin`` says in messages where the key came from, e.g. ``BASETEN_API_KEY``; it may be read again.

        Raises:
            SettingsError: the text cannot be a key; its message never shows any of it.
        """
        text = text.removesuffix("\n").removesuffix("\r")
        if problem := _problem(text):
            raise SettingsError(f"{origin}: {problem}", hint="put the key there alone, on a single line")
        self.__secret = text
        self.origin = origin

    @classmethod
    def from_file(cls, path: Path) -> "ApiKey":
        """The key that is the only line of a file.

        Raises:
            SettingsError: the file cannot be read, or does not hold a key.
        """
        try:
            with path.open("rb") as file:
                content = file.read(_LONGEST + 2)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SettingsError(f"the API key file {path} cannot be read: {reason}") from None
        return cls(content.decode("latin-1"), origin=f"the API key file {path}")

    def header(self, scheme: AuthScheme = "bearer") -> str:
        """The value of the ``Authorization`` header."""
        match scheme:
            case "bearer":
                return f"Bearer {self.__secret}"
            case "api-key":
                return f"Api-Key {self.__secret}"
            case _:
                assert_never(scheme)

    @property
    def prefix(self) -> str:
        """The part before the dot, which the API itself shows in key lists; empty where there is no dot."""
        prefix, dot, _ = self.__secret.partition(".")
        return prefix if dot else ""

    def redact(self, text: str) -> str:
        """``text`` with every occurrence of the key, or of its secret half, made unreadable."""
        for part in self._parts():
            text = text.replace(part, REDACTED)
        return text

    def _parts(self) -> Iterator[str]:
        secret = self.__secret
        for part in (secret, secret.partition(".")[2]):
            if len(part) >= _SHORTEST_SECRET or part == secret:
                yield part
                yield json.dumps(part)[1:-1]

    def __repr__(self) -> str:
        return "ApiKey(...)"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __copy__(self) -> "ApiKey":
        return self

    def __deepcopy__(self, _: object) -> "ApiKey":
        return self

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("an API key is not to be pickled")


def _problem(text: str) -> str:
    if not text:
        return "the API key is empty"
    if len(text) > _LONGEST:
        return f"an API key has no more than {_LONGEST} characters"
    if "\n" in text or "\r" in text:
        return "there is more than one line, where the API key should be the only one"
    if not all("!" <= character <= "~" for character in text):
        return "the API key holds a blank, a control character or a character outside ASCII"
    return ""
