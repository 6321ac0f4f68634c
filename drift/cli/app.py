"""The command table, and the one place where errors become exit codes."""

from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from drift.cli.console import say, say_drift_error, say_error, unexpected
from drift.errors import DriftError, ExitCode
from drift.version import __version__

COMMANDS: Mapping[str, str] = {
    "check": "Compare declared groups with live ones.",
    "validate": "Check desired files, without a key and without a network.",
    "tree": "Show groups as trees, with their limits and who sets them.",
    "export": "Write live groups as desired files.",
    "plan": "Write how live groups could be repaired; nothing is sent.",
    "snapshot": "Write the whole workspace to a file.",
    "diff": "Compare two snapshots of a workspace.",
    "render": "Print saved reports in other formats, or several as one.",
    "accept": "Excuse differences of a report until a day.",
    "history": "Say when each difference was first and last seen, from saved reports.",
    "notify": "Tell a webhook what is new since the previous report.",
    "comment": "Keep one comment on a pull request up to date with a report.",
    "issue": "Keep one issue up to date with the reports of scheduled checks.",
    "init": "Copy the worked example into a new directory.",
    "demo": "Show a check against a sandbox: no key, no network.",
    "sandbox": "Serve a gateway in memory on this machine.",
    "explain": "Say what a rule means and what to do about it.",
    "schema": "Print a JSON Schema: of desired files or of the report.",
}
"""Each command is ``command`` in the module ``drift.cli.NAME``, imported when it is asked for."""


class _LazyGroup(click.Group):
    """Knows the commands without importing them, so that ``--help`` and each command start fast."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"drift.cli.{name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"drift.cli.{name}.command is not a command")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches  # noqa: PLC0415 - only for a name that does not exist

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no such command {args[0]!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "DRIFT"},
    epilog="Exit codes: 0 in sync, 1 unexpected error, 2 drift, 3 incomplete, 4 usage or invalid files, "
    "5 authentication, 130/143 interrupted.",
)
@click.version_option(__version__, message="baseten-drift %(version)s")
def drift() -> None:
    """Tell when live Baseten Frontier Gateway groups differ from what your YAML files declare.

    Reads only: no command ever changes a group.
    """


def main(argv: Sequence[str]) -> int:
    """Run the command line; every way to end has its exit code, and none shows a traceback."""
    try:
        code = drift.main(args=list(argv), prog_name="drift", standalone_mode=False)
    except click.ClickException as error:
        usage = error.ctx.get_usage() if isinstance(error, click.UsageError) and error.ctx else ""
        say_error(error.format_message(), f"{usage}  (--help shows all options)" if usage else "")
        return ExitCode.USAGE
    except DriftError as error:
        say_drift_error(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - people get one line, not a traceback
        say_drift_error(unexpected(error))
        return ExitCode.UNEXPECTED
    return int(code or 0)
