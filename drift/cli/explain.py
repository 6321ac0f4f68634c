"""``drift explain [RULE] [--markdown]``."""

from difflib import get_close_matches
from textwrap import fill

import click

from drift.cli.console import write_result
from drift.errors import SettingsError
from drift.render.rules import kind, reference, section
from drift.rules import RULES, Rule


@click.command()
@click.argument("rule", required=False)
@click.option("--markdown", is_flag=True, help="Print one RULE, or all of them with their texts, as Markdown.")
def command(rule: str | None, *, markdown: bool) -> int:
    """Say what a RULE means and what to do about it; without RULE, list them all."""
    if rule is None and markdown:
        write_result(reference())
        return 0
    if rule is None:
        width = max(map(len, RULES))
        write_result("".join(f"{entry.id:<{width}}  {entry.title}\n" for entry in RULES.values()))
        return 0
    by_name = {name.lower(): entry for name, entry in RULES.items()}
    entry = by_name.get(rule.lower())
    if entry is None:
        close = get_close_matches(rule.lower(), by_name, n=1)
        raise SettingsError(
            f"there is no rule {rule!r}",
            hint=f"did you mean {by_name[close[0]].id}?" if close else "drift explain, without a rule, lists them",
        )
    write_result(section(entry) if markdown else _text(entry))
    return 0


def _text(rule: Rule) -> str:
    paragraphs = "\n\n".join(fill(paragraph, 88) for paragraph in rule.explain.split("\n\n"))
    return f"{rule.id}: {rule.title}\n{kind(rule)}\n\n{paragraphs}\n"
