"""The comment on a pull request, as a Markdown parser sees it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from drift.errors import ExitCode
from drift.render import LEAST_BYTES, RenderOptions, render_report
from drift.render.visible import clipped
from drift.report.report import Failure, Gate, Report, assemble, failed_report
from tests.hostile import with_every_hostile_text
from tests.reports import FINISHED, STARTED, full_report, hostile_report, large_report

OURS = {"details", "summary", "code", "br"}
"""Elements that the report writes itself."""


def parser() -> MarkdownIt:
    """CommonMark with what GitHub adds to it and this parser has."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text: str) -> Iterator[Token]:
    for token in parser().parse(text):
        yield token
        yield from token.children or ()


class Elements(HTMLParser):
    """What a browser would find: elements, attributes, and the text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.prose = ""
        self.code: list[str] = []
        self._in_code = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(attrs)))
        if tag == "code":
            self._in_code = True
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code[-1] += data
        else:
            self.prose += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def spans(text: str) -> set[str]:
    """What is shown in code spans."""
    return {token.content for token in tokens(text) if token.type == "code_inline"}


def like(text: str) -> str:
    """A harmless name that findings sort by as they do by the other one, and that is in the same way long."""
    return ("harmless" if text < "model" else "plain" if text < "unmanaged" else "zealous") * (
        1 if len(text) < 200 else 1_000
    )


def rendered(text: str) -> Elements:
    return Elements(parser().render(text))


def test_the_comment_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("full.md", render_report(full_report(), "markdown"))


def test_every_finding_is_a_row_with_both_values() -> None:
    report = full_report()
    rows = [line for line in render_report(report, "markdown").splitlines() if line.startswith("| **")]

    assert len(rows) == len(report.findings)
    assert "| 1,000,000 | 1,500,000 | +50 %<br>loosens 30 descendants" in "\n".join(rows)


@with_every_hostile_text
def test_text_from_elsewhere_is_shown_as_text(text: str) -> None:
    report = render_report(hostile_report(text), "markdown", RenderOptions(verbosity=1))
    shown = rendered(report)
    harmless = rendered(render_report(hostile_report(like(text)), "markdown", RenderOptions(verbosity=1)))

    assert shown.found == harmless.found
    assert shown.prose == harmless.prose
    assert clipped(text, 256) in shown.code
    assert clipped(text, 256) in spans(report)


@with_every_hostile_text
def test_text_from_elsewhere_makes_no_structure(text: str) -> None:
    """No link, image, heading, row, cell, emphasis or HTML, and so no mention or reference: those need prose."""
    shown = list(tokens(render_report(hostile_report(text), "markdown", RenderOptions(verbosity=1))))
    harmless = list(tokens(render_report(hostile_report(like(text)), "markdown", RenderOptions(verbosity=1))))

    assert [token.type for token in shown] == [token.type for token in harmless]
    prose = {"text", "html_inline", "heading_open"}
    assert [token.content for token in shown if token.type in prose] == [
        token.content for token in harmless if token.type in prose
    ]
    for token in shown:
        if token.type in {"html_block", "html_inline"}:
            assert {tag for tag, _ in Elements(token.content).found} <= OURS


def left_out(text: str) -> int:
    found = re.search(r"\*\*([\d,]+) more findings? left out\*\*", text)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("most", [LEAST_BYTES, 10_000, 60_000, 1_000_000])
@pytest.mark.parametrize(
    "report", [full_report(), large_report(800), hostile_report("x" * 10_000), hostile_report("\u754c" * 10_000)]
)
def test_the_budget_holds_and_the_counts_add_up(report: Report, most: int) -> None:
    text = render_report(report, "markdown", RenderOptions(verbosity=1, max_bytes=most))
    shown = sum(line.startswith("| **") for line in text.splitlines())

    assert len(text.encode()) <= most
    assert shown + left_out(text) == len(report.findings)
    assert text.count("<details") == text.count("</details>")


def test_the_worst_are_kept_whatever_tree_they_are_of() -> None:
    text = render_report(large_report(800), "markdown", RenderOptions(max_bytes=10_000))
    severities = re.findall(r"^\| \*\*(\w+)\*\*", text, flags=re.MULTILINE)

    assert severities
    assert set(severities) == {"high"}


def test_lists_say_how_many_they_leave_out() -> None:
    [unread] = hostile_report("x").unread
    report = assemble(
        findings=(),
        unread=[replace(unread, group=replace(unread.group, external_entity_id=f"g{number}")) for number in range(50)],
        groups=(),
        transient=0,
        gate=Gate(),
        api_url="",
        started_at=STARTED,
        finished_at=FINISHED,
    )

    assert "- ... and 45 more\n" in render_report(report, "markdown")
    assert "more\n" not in render_report(report, "markdown", RenderOptions(verbosity=1))


def test_a_failed_run_says_why() -> None:
    report = failed_report(
        Failure("no API key", "set it"), ExitCode.USAGE, gate=Gate(), api_url="", at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    text = render_report(report, "markdown")
    assert "nothing was compared\n\n`no API key`\n\nHint: `set it`" in text
    assert "nothing differs" not in text


def test_quiet_is_the_head_alone() -> None:
    text = render_report(full_report(), "markdown", RenderOptions(verbosity=-1))

    assert text.startswith("## Drift: 8 findings in 4 groups\n")
    assert "<details" not in text


@pytest.mark.parametrize(
    "text", [" both ends ", "  two  ", "`", "``", " ` ", "`a", "a`", "a``b`c", "\\", "\\|", "|", "a|b|", "\\\\|"]
)
def test_white_space_backticks_and_bars_are_shown_as_they_are(text: str) -> None:
    shown = render_report(hostile_report(text), "markdown", RenderOptions(verbosity=1))

    assert {text, f"org/{text}"} <= spans(shown)
