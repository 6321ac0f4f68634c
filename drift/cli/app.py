"""The command table, and the one place where errors become exit codes."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import click

from drift.cli.console import attempt, say, say_error
from drift.errors import DriftError, ExitCode
from drift.model.wording import did_you_mean
from drift.version import __version__


class _Command(NamedTuple):
    """A command that is imported when it is asked for."""

    place: str
    """``MODULE`` or ``MODULE:NAME`` in this package; the name is ``command`` if it is left out."""
    help: str


COMMANDS: Mapping[str, _Command] = {
    "check": _Command("check", "Compare declared groups with live ones."),
    "validate": _Command("validate", "Check desired files, without a key and without a network."),
    "tree": _Command("tree", "Show groups as trees, with their limits and who sets them."),
    "export": _Command("export", "Write live groups as desired files."),
    "plan": _Command("plan", "Write how live groups could be repaired; nothing is sent."),
    "snapshot": _Command("snapshots:snapshot", "Write the whole workspace to a file."),
    "diff": _Command("snapshots:diff", "Compare two snapshots of a workspace."),
    "render": _Command("reports:render", "Print saved reports in other formats, or several as one."),
    "accept": _Command("accept", "Accept differences of a report until a day."),
    "history": _Command("reports:history", "Say when each difference was first and last seen, from saved reports."),
    "notify": _Command("notify", "Tell a webhook what is new since the previous report."),
    "comment": _Command("forge:comment", "Keep one comment on a pull request up to date with a report."),
    "issue": _Command("forge:issue", "Keep one issue up to date with the reports of scheduled checks."),
    "init": _Command("reference:init", "Copy the worked example into a new directory."),
    "demo": _Command("sandbox:demo", "Show a check against a sandbox: no key, no network."),
    "sandbox": _Command("sandbox:sandbox", "Serve a gateway in memory on this machine."),
    "explain": _Command("reference:explain", "Say what a rule means and what to do about it."),
    "schema": _Command("reference:schema", "Print a JSON Schema: of desired files or of the report."),
}


class _LazyGroup(click.Group):
    """Knows the commands without importing them, so that ``--help`` and each command start fast."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].place.partition(":")
        command = getattr(import_module(f"drift.cli.{module}"), attribute or "command")
        if not isinstance(command, click.Command):
            raise TypeError(f"drift.cli.{COMMANDS[name].place} is not a command")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            hint = did_you_mean(args[0], COMMANDS)
            ctx.fail(f"no such command {args[0]!r}" + (f"; {hint}" if hint else ""))
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
    result = attempt(lambda: _run(argv))
    return result.exit_code if isinstance(result, DriftError) else result


def _run(argv: Sequence[str]) -> int:
    try:
        return int(drift.main(args=list(argv), prog_name="drift", standalone_mode=False) or 0)
    except click.ClickException as error:
        usage = error.ctx.get_usage() if isinstance(error, click.UsageError) and error.ctx else ""
        say_error(error.format_message(), f"{usage}  (--help shows all options)" if usage else "")
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return ExitCode.INTERRUPTED
