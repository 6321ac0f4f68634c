"""``drift validate``: desired files, without a key and without a network."""

from typing import Literal

import click
import msgspec
from msgspec import Struct

from drift.cli.console import ColourChoice, problem_lines, read_stdin, stdout_colour, write_result
from drift.cli.options import colour, desired_paths, ignore_option
from drift.desired import load_desired
from drift.errors import DesiredError, ExitCode, Level, Problem
from drift.model.wording import counted


class Validation(Struct, frozen=True):
    """The result, as ``--output json`` prints it."""

    valid: bool
    groups: int
    files: int
    problems: tuple[Problem, ...]


@click.command()
@desired_paths
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings make the files invalid too.")
@ignore_option
@colour
def command(
    paths: tuple[str, ...],
    output: Literal["text", "json"],
    ignore: tuple[str, ...],
    colour: ColourChoice,
    *,
    strict: bool,
) -> int:
    """Check the desired files at PATH (default: desired) offline; exit 4 if they are invalid.

    Every problem is listed with file, line and column. `drift explain RULE` says more about one.
    """
    result = _validate(paths or ("desired",), ignore, strict=strict)
    if output == "json":
        write_result(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    else:
        write_result("".join(f"{line}\n" for line in _text(result, colour=stdout_colour(colour))))
    return ExitCode.IN_SYNC if result.valid else ExitCode.USAGE


def _validate(paths: tuple[str, ...], ignore: tuple[str, ...], *, strict: bool) -> Validation:
    try:
        desired = load_desired(paths, stdin=read_stdin, ignore=ignore)
    except DesiredError as error:
        return Validation(valid=False, groups=0, files=0, problems=error.problems)
    return Validation(
        valid=not (strict and desired.warnings),
        groups=len(desired.groups),
        files=len(desired.files),
        problems=desired.warnings,
    )


def _text(result: Validation, *, colour: bool) -> list[str]:
    errors = sum(problem.level is Level.ERROR for problem in result.problems)
    found = f"{counted(errors, 'error')}, {counted(len(result.problems) - errors, 'warning')}"
    read = f" in {counted(result.groups, 'group')}, {counted(result.files, 'file')}" if result.files else ""
    return [
        *problem_lines(result.problems, colour=colour),
        f"{'valid' if result.valid else 'invalid'}: {found}{read}",
    ]
