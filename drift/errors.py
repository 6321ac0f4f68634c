"""What can go wrong, as one tree.

* ``DriftError``: the root; nobody raises it itself

  * ``SettingsError``: a flag, an environment variable or a key file cannot be used (exit 4)
  * ``DesiredError``: the desired files have problems, all of them listed (exit 4)
  * ``OutputError``: a report could not be written where it was asked for (exit 1)
  * ``UndeclarableError``: live groups cannot be written as desired files (exit 3)
  * ``GatewayError``: one request got no usable answer; see :class:`Cause` (exit 3 or 5)

Every error says what happened and where in ``message``, and what to do next in ``hint``. Only the
command line turns errors into exit codes; the library raises or, for a group that could not be read,
returns them as values.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import ClassVar

from msgspec import Struct


class ExitCode(IntEnum):
    """What the command tells the shell. Usage errors are 4, because 2 means drift."""

    IN_SYNC = 0
    UNEXPECTED = 1
    DRIFT = 2
    INCOMPLETE = 3
    USAGE = 4
    AUTH = 5
    INTERRUPTED = 130
    TERMINATED = 143


class Location(Struct, frozen=True, order=True):
    """A place in a desired file; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(StrEnum):
    """How a problem in a desired file counts: an error rejects the file, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Problem(Struct, frozen=True):
    """One thing wrong in a desired file: where, what was found, what was expected."""

    rule: str
    """Id in the rule catalogue, e.g. ``V09``."""
    level: Level
    location: Location
    path: str
    """The node, as a person would write it: ``groups[2].models[0].slug``; empty for the whole file."""
    message: str
    hint: str = ""
    """What to do about it, e.g. ``did you mean `rate_limits`?``; empty when the message says it all."""


class Cause(StrEnum):
    """Why a group is unread. The names are part of the report format."""

    UNAUTHORIZED = "unauthorized"
    """401: the key is missing or not accepted; every other request would end the same way."""
    FORBIDDEN = "forbidden"
    """403: no access, or the group belongs to another workspace; never proof of deletion."""
    THROTTLED = "throttled"
    """429 until the time budget or the tries ran out."""
    SERVER_ERROR = "server-error"
    """A 5xx answer, tries used up."""
    UNREACHABLE = "unreachable"
    """No connection, a TLS failure, or a connection dropped half-way."""
    TIMED_OUT = "timed-out"
    """No complete answer within the request's time or the run's total budget."""
    UNREADABLE_RESPONSE = "unreadable-response"
    """An answer that is not the documented JSON: wrong type, truncated, oversized, HTML."""
    UNEXPECTED_STATUS = "unexpected-status"
    """A status that the API does not document for this request, redirects included."""
    INCONSISTENT = "inconsistent"
    """Answers that contradict each other: a repeated cursor, another group than the one asked for."""
    NOT_FOUND_ANYWHERE = "not-found-anywhere"
    """Every declared group is absent: more likely a key of another workspace than a mass deletion."""
    INTERRUPTED = "interrupted"
    """The run was stopped before this group was read."""


HINTS: Mapping[Cause, str] = {
    Cause.UNAUTHORIZED: "is the key complete, of this environment, and not revoked?",
    Cause.FORBIDDEN: "the key needs management scope in the groups' workspace, and the workspace Frontier Gateway",
    Cause.THROTTLED: "other programs share the API's limit; run at another time or allow more time with --timeout",
    Cause.SERVER_ERROR: "the gateway has a problem; run again later",
    Cause.UNREACHABLE: "check --api-url, the network and the proxy settings",
    Cause.TIMED_OUT: "allow more time with --timeout",
    Cause.UNREADABLE_RESPONSE: "is --api-url the gateway's API, and no proxy in between that answers for it?",
    Cause.UNEXPECTED_STATUS: "check --api-url",
    Cause.INCONSISTENT: "groups may have changed while they were read; run again",
    Cause.NOT_FOUND_ANYWHERE: "is the key of the workspace that the files declare?",
}
"""What the person who reads the report can do about a cause, where there is something."""


class DriftError(Exception):
    """Root of all errors that a caller can cause or meet."""

    exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(DriftError):
    """A flag, an environment variable or a key file cannot be used as it is."""

    exit_code = ExitCode.USAGE


class DesiredError(DriftError):
    """The desired files cannot be used; ``problems`` holds every error and warning found in them."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = sum(problem.level is Level.ERROR for problem in problems)
        super().__init__(f"{errors} error{'s' if errors != 1 else ''} in the desired files")
        self.problems = tuple(problems)


class OutputError(DriftError):
    """A report could not be written."""


class UndeclarableError(DriftError):
    """Live groups that desired files could not say faithfully; ``reasons`` has a line for each."""

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, message: str, reasons: Sequence[str], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reasons = tuple(reasons)


class GatewayError(DriftError):
    """One request to the gateway got no usable answer.

    ``where`` is the URL path, never the full URL with its query, and never a header. ``status`` is the
    HTTP status, if one arrived.
    """

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, cause: Cause, message: str, *, where: str, status: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.cause = cause
        self.where = where
        self.status = status
