"""What a report costs to write, in every format there is, against JSON.

Run: uv run python -m tests.bench.bench_render [--heavy]

A report of 10,000 findings in as many groups. ``--heavy`` takes ten times as many.
"""

from collections.abc import Iterator

from drift.render import FORMATS, RenderOptions, render_report
from tests.bench.measure import Row, in_turns, middle, ratio, seconds, show
from tests.reports import large_report

FINDINGS = 10_000
MOST = 8
"""Times as long as JSON, which a library in C writes."""
_TERMINAL = "text on a terminal"


def bench(heavy: bool) -> Iterator[Row]:  # noqa: FBT001 - the signature of all benchmarks
    """A row for each format, and for text that is coloured and wrapped."""
    findings = FINDINGS * (10 if heavy else 1)
    report = large_report(findings)
    works = {name: (name, RenderOptions()) for name in FORMATS}
    works[_TERMINAL] = ("text", RenderOptions(width=100, colour=True))
    for output_format, options in works.values():
        render_report(report, output_format, options)
    times = in_turns(
        {
            name: lambda work=work: seconds(lambda: render_report(report, *work))  # type: ignore[misc]
            for name, work in works.items()
        }
    )
    for name, took in times.items():
        against = ratio(took, times["json"])
        measured = f"{middle(took) * 1e3:,.0f} ms, {against:.1f}x json"
        yield Row(f"{name}, {findings:,} findings", f"<= {MOST}x json", measured, against <= MOST)


if __name__ == "__main__":
    show(bench, __doc__)
