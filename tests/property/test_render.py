"""Laws of reports that are limited: never over the budget, and every finding shown or counted."""

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from drift.model.groups import GroupRef
from drift.render import LEAST_BYTES, RenderOptions, render_report
from drift.report.finding import Finding
from drift.report.report import Report
from tests.hostile import HOSTILE
from tests.reports import full_report, hostile_report

_FINDINGS: tuple[Finding, ...] = (*full_report().findings, *hostile_report("a").findings)
_TEXTS = st.one_of(
    st.sampled_from(sorted(HOSTILE.values())),
    st.text(max_size=30),
    st.text("`|\\<&\U0001f468\u754c", max_size=400),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """The full report or a hostile one, with other findings of other groups."""
    report = draw(st.sampled_from((full_report(), replace(full_report(), base=None), hostile_report(draw(_TEXTS)))))
    findings = tuple(
        replace(finding, group=GroupRef(None, draw(_TEXTS), draw(_TEXTS)), message=draw(_TEXTS))
        for finding in draw(st.lists(st.sampled_from(_FINDINGS), max_size=40))
    )
    repeat = draw(st.sampled_from((1, 1, 5)))
    return replace(report, findings=findings * repeat, counts=replace(report.counts, findings=len(findings) * repeat))


@given(reports(), st.integers(LEAST_BYTES, 70_000), st.sampled_from((0, 1)))
def test_markdown_keeps_to_its_budget_and_counts_what_it_leaves_out(report: Report, most: int, verbosity: int) -> None:
    text = render_report(report, "markdown", RenderOptions(verbosity=verbosity, max_bytes=most))

    left = re.search(r"^\*\*([\d,]+) more findings? left out\*\*", text, flags=re.MULTILINE)
    shown = len(re.findall(r"^\| \*\*", text, flags=re.MULTILINE))
    assert len(text.encode()) <= most
    assert shown + (int(left[1].replace(",", "")) if left else 0) == len(report.findings)
