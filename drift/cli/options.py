"""Options that several commands share."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct, convert

from drift.cli.console import environment
from drift.errors import SettingsError
from drift.gateway.settings import API_URL, API_URL_VARIABLE, KEY_VARIABLE, ReadSettings, duration
from drift.gateway.settings import api_url as resolve_api_url
from drift.model.selection import Shard
from drift.model.wording import did_you_mean
from drift.rules import FILE_RULES, RULES

FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)
T = TypeVar("T")


class Parsed(click.ParamType[T]):
    """Reads what a function of the library reads; its error says what would be accepted."""

    def __init__(self, name: str, parse: Callable[[str], T]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: str | T, _param: click.Parameter | None, _ctx: click.Context | None) -> T:
        """The value; a default may be one already."""
        return self._parse(value) if isinstance(value, str) else value


DURATION = Parsed("DURATION", duration)
"""``500ms``, ``90s``, ``5m``, ``1h`` or ``14d`` as seconds."""
SHARD = Parsed("SHARD", Shard.parse)
"""``2/8``."""
SAVED = click.Path(path_type=Path, allow_dash=True)
"""A file that an earlier run wrote, or ``-`` for standard input."""


desired_paths = click.argument("paths", nargs=-1, metavar="[PATH]...")
"""The desired files: any number of files, directories and ``-``; ``desired`` if none is given."""

live_option = click.option(
    "--live",
    type=SAVED,
    metavar="SNAPSHOT",
    help="Compare with a file of `drift snapshot` instead of the gateway: no key, no network.",
)
"""As the path ``live`` of a snapshot, or None."""

colour = click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour on stdout.",
)
"""``auto`` heeds NO_COLOR, FORCE_COLOR and whether stdout is a terminal."""


def timeout_option(default: float, help_: str) -> Callable[[FC], FC]:
    """``--timeout``, as the seconds ``timeout``."""
    shown = f"{default / 60:g}m"
    return click.option("--timeout", type=DURATION, default=default, show_default=shown, help=help_)


class Connection(Struct, frozen=True):
    """How to reach the gateway, and where its key is."""

    settings: ReadSettings
    api_key_file: Path | None


def connection_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options of every command that reads the gateway, as the one argument ``connection``."""
    default = ReadSettings()

    @click.option("--api-url", metavar="URL", help=f"Base URL. [env: {API_URL_VARIABLE}; default: {API_URL}]")
    @click.option(
        "--api-key-file",
        type=click.Path(path_type=Path),
        help=f"File with the API key on its only line. [default: the key in {KEY_VARIABLE}]",
    )
    @click.option("--auth-scheme", type=click.Choice(["bearer", "api-key"]), default="bearer", show_default=True)
    @click.option(
        "--read",
        type=click.Choice(["auto", "get", "list"]),
        default="auto",
        show_default=True,
        help="Get each group, list the workspace, or whatever takes fewer calls.",
    )
    @timeout_option(default.timeout, "Time for the whole run; what is not read by then is unread.")
    @click.option(
        "--concurrency",
        type=click.IntRange(1, 128),
        default=default.concurrency,
        show_default=True,
        help="Connections at the same time.",
    )
    @wraps(function)
    def collected(*, api_url: str | None, api_key_file: Path | None, **others: object) -> int:
        named = {name: others.pop(name) for name in ("auth_scheme", "read", "timeout", "concurrency")}
        settings = convert({**named, "api_url": resolve_api_url(api_url, environment())}, ReadSettings)
        return function(connection=Connection(settings, api_key_file), **others)

    return collected


def refuse_connection(by: str, *, more: tuple[str, ...] = ()) -> None:
    """Refuse the options of :func:`connection_options`, and ``more``, on the command line of an offline command.

    Raises:
        SettingsError: One is given, though ``by`` makes it meaningless.
    """
    context = click.get_current_context()
    names = ("api_url", "api_key_file", "auth_scheme", "read", "timeout", "concurrency", *more)
    for name in names:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            flag = f"--{name.replace('_', '-')}"
            raise SettingsError(f"{flag} is of no use with {by}, which reads a file", hint=f"leave out {flag}, or {by}")


def _warning(text: str) -> str:
    """The id of a rule for desired files that can warn, as the catalogue has it."""
    rule = next((rule for rule in FILE_RULES if rule.id.lower() == text.lower()), None)
    if rule is None:
        if text.lower() in RULES:
            raise SettingsError(
                f"cannot ignore {text}: it is a finding about live groups, not a warning about files",
                hint="--fail-on says which findings fail",
            )
        raise SettingsError(
            f"cannot ignore {text!r}: there is no such rule for desired files",
            hint=did_you_mean(text, [rule.id for rule in FILE_RULES]) or "drift explain lists the rules",
        )
    if not rule.warns:
        raise SettingsError(
            f"cannot ignore {rule.id}: it reports errors, and only warnings can be ignored",
            hint=f"drift explain {rule.id} says how to repair the files",
        )
    return rule.id


ignore_option = click.option(
    "--ignore",
    type=Parsed("RULE", _warning),
    multiple=True,
    help="Leave out warnings of this rule for desired files; may be repeated. Errors are never left out.",
)
"""As the tuple ``ignore`` of rule ids."""


def read_stdin(limit: int = -1) -> bytes:
    """All of standard input, for the path ``-``, or the first ``limit`` bytes of it."""
    return sys.stdin.buffer.read(limit)
