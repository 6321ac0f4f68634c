"""``drift explain RULE``."""

from difflib import get_close_matches
from textwrap import fill

import click

from drift.catalogue import RULES, DriftRule, Rule
from drift.cli.console import write_result
from drift.errors import SettingsError


@click.command()
@click.argument("rule", required=False)
def command(rule: str | None) -> int:
    """Say what a RULE means and what to do about it; without RULE, list them all."""
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
    write_result(_text(entry))
    return 0


def _text(rule: Rule) -> str:
    if isinstance(rule, DriftRule):
        kind = f"severity {rule.severity.value}, {rule.direction.value if rule.direction else 'direction by value'}"
    else:
        kind = f"rule for desired files, {rule.level.value}{', in milder cases warning' if rule.also_warns else ''}"
    paragraphs = "\n\n".join(fill(paragraph, 88) for paragraph in rule.explain.split("\n\n"))
    return f"{rule.id}: {rule.title}\n{kind}\n\n{paragraphs}\n"
