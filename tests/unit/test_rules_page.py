"""docs/rules.md, which is made from the catalogue of rules."""

from collections.abc import Callable, Sequence

from drift.render.words import kind
from drift.rules import DRIFT_RULES, FILE_RULES, RULES, RUN_RULES, Rule

HEAD = (
    "# Rules\n\nEvery rule that a report can name. `drift explain RULE` prints the same. This page is made by "
    "`uv run pytest --update-golden`; edit `drift/rules/` instead.\n"
)
CHAPTERS: Sequence[tuple[str, str, Sequence[Rule]]] = (
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


def page() -> str:
    """All rules, a heading for each."""
    parts = [HEAD]
    for title, about, rules in CHAPTERS:
        rows = "".join(f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} |\n" for rule in rules)
        parts.append(f"## {title}\n\n{about}\n\n| rule | meaning |\n|---|---|\n{rows}")
        parts += [f"### {rule.id}\n\n**{rule.title}** ({kind(rule)})\n\n{rule.explain}\n" for rule in rules]
    return "\n".join(parts)


def test_the_page_of_rules_is_that_of_the_catalogue(golden: Callable[[str, str], None]) -> None:
    golden("../../docs/rules.md", page())
    assert [line.removeprefix("### ") for line in page().splitlines() if line.startswith("### ")] == list(RULES)
