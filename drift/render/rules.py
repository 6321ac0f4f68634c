"""The rule catalogue as a page of Markdown: docs/rules.md, and the help texts of formats that carry them."""

from collections.abc import Iterable

from drift.rules import DRIFT_RULES, FILE_RULES, RUN_RULES, DriftRule, FileRule, Rule, RunRule

_CHAPTERS: tuple[tuple[str, str, tuple[Rule, ...]], ...] = (
    (
        "Live groups",
        "Differences between what is declared and what is live. `--fail-on` says which of them fail a check.",
        DRIFT_RULES,
    ),
    (
        "Desired files",
        (
            "What the API would refuse is an error; what is legal and probably not meant is a warning, which "
            "`--ignore RULE` leaves out."
        ),
        FILE_RULES,
    ),
    ("The run itself", "Reports that know only rules and places say so what a run could not find out.", RUN_RULES),
)


def reference() -> str:
    """All rules as one page, a heading for each."""
    parts = [
        (
            "# Rules\n\n"
            "Every rule that a report can name. `drift explain RULE` prints the same. This page is made by "
            "`drift explain --markdown`; edit `drift/rules/` instead.\n"
        )
    ]
    for title, about, rules in _CHAPTERS:
        parts.append(f"## {title}\n\n{about}\n\n{_table(rules)}")
        parts += [section(rule) for rule in rules]
    return "\n".join(parts)


def section(rule: Rule) -> str:
    """One rule, under a heading of the third level."""
    return f"### {rule.id}\n\n**{rule.title}** ({kind(rule)})\n\n{rule.explain}\n"


def kind(rule: Rule) -> str:
    """What sort of rule it is and how much it weighs."""
    match rule:
        case DriftRule():
            return f"severity {rule.severity.value}, {rule.direction.value if rule.direction else 'direction by value'}"
        case FileRule():
            return f"rule for desired files, {rule.level.value}{', in milder cases warning' if rule.also_warns else ''}"
        case RunRule():
            return "about the run, not about a difference"


def _table(rules: Iterable[Rule]) -> str:
    rows = "".join(f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} |\n" for rule in rules)
    return f"| rule | meaning |\n|---|---|\n{rows}"
