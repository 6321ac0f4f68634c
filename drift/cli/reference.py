"""What ships with the program: ``drift explain`` and ``drift schema`` print it, ``drift init`` copies it."""

import json
import shutil
from pathlib import Path
from textwrap import fill

import click

from drift.cli.console import write_result
from drift.desired import desired_json_schema, example_directory
from drift.errors import SettingsError
from drift.model.wording import counted, did_you_mean
from drift.render.words import kind
from drift.rules import RULES, Rule


@click.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> int:
    """Say what a RULE means and what to do about it; without RULE, list them all."""
    if rule is not None:
        write_result(_text(_rule(rule)))
    else:
        width = max(map(len, RULES))
        write_result("".join(f"{entry.id:<{width}}  {entry.title}\n" for entry in RULES.values()))
    return 0


def _rule(name: str) -> Rule:
    entry = next((entry for known, entry in RULES.items() if known.lower() == name.lower()), None)
    if entry is None:
        hint = did_you_mean(name, RULES) or "drift explain, without a rule, lists them"
        raise SettingsError(f"there is no rule {name!r}", hint=hint)
    return entry


def _text(rule: Rule) -> str:
    paragraphs = "\n\n".join(fill(paragraph, 88) for paragraph in rule.explain.split("\n\n"))
    return f"{rule.id}: {rule.title}\n{kind(rule)}\n\n{paragraphs}\n"


@click.command()
@click.argument("of", metavar="desired|report", type=click.Choice(["desired", "report"]))
def schema(of: str) -> int:
    """Print the JSON Schema of desired files (for editors) or of the JSON report."""
    if of == "desired":
        document = desired_json_schema()
    else:
        from drift.render.json import schema as report_schema  # noqa: PLC0415 - of use to nobody else here

        document = report_schema()
    write_result(json.dumps(document, indent=2) + "\n")
    return 0


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("desired"))
def init(directory: Path) -> int:
    """Copy the worked example into DIRECTORY (default: desired), which must not have files of those names."""
    sources = sorted(example_directory().glob("*.yaml"))
    taken = [directory / source.name for source in sources if (directory / source.name).exists()]
    if taken:
        raise SettingsError(f"{taken[0]} exists already", hint="name another directory: drift init DIRECTORY")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copyfile(source, directory / source.name)
    except OSError as error:
        raise SettingsError(f"cannot write to {directory}: {error.strerror or error}") from error
    write_result(
        f"{counted(len(sources), 'file')} in {directory}: {', '.join(source.name for source in sources)}\n"
        f"next: edit them, then run `drift validate {directory}`\n"
    )
    return 0
