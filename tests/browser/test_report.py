"""What a reader of the HTML report meets in a browser."""

import time
from collections.abc import Callable
from importlib.resources import files

import pytest

from drift.errors import ExitCode
from drift.report.report import Failure, Gate, Report, failed_report
from tests.browser.conftest import DESKTOP, PHONE, Opened
from tests.reports import STARTED, all_hostile_texts, full_report, large_report

Open = Callable[..., Opened]
REPORTS = {
    "full": full_report(),
    "failed": failed_report(
        Failure("no key", "set BASETEN_API_KEY"), ExitCode.USAGE, gate=Gate(), api_url="http://x", at=STARTED
    ),
    "clean": large_report(0),
}


def test_the_filter_shows_what_was_asked_for_and_says_how_many(opened: Open) -> None:
    it = opened(full_report())
    count = it.page.locator("#filter output")

    assert it.shown() == 8
    it.page.get_by_label("permissive 4").check()
    it.says("4 of 8 shown")
    assert it.shown() == 4
    it.page.get_by_label("high 4").check()
    it.says("2 of 8 shown")
    assert it.shown() == 2
    it.page.get_by_role("button", name="Show all").first.click()
    it.says("8 shown")
    assert it.shown() == 8
    it.page.get_by_label("Rule").select_option("limit-raised")
    it.says("1 of 8 shown")
    assert it.shown() == 1
    assert count.get_attribute("aria-live") == "polite"
    assert it.quiet()


def test_the_filter_finds_groups_by_what_they_are_called(opened: Open) -> None:
    it = opened(full_report())

    it.page.get_by_role("searchbox").fill("SHADOW it")

    it.says("1 of 8 shown")
    it.page.get_by_role("searchbox").fill("nobody")
    it.page.get_by_text("No finding is like that.").wait_for()
    assert it.shown() == 0


def test_a_link_to_a_hidden_group_shows_it(opened: Open) -> None:
    it = opened(full_report())
    it.page.get_by_label("low 2").check()
    it.says("2 of 8 shown")

    it.page.get_by_role("link", name="missing · 1 finding").click()

    assert it.page.locator("#list section", has_text="no such group").is_visible()


def test_the_keyboard_reaches_and_works_the_filter(opened: Open) -> None:
    it = opened(full_report())

    it.page.get_by_role("searchbox").focus()
    it.page.keyboard.press("Tab")  # to the rules
    it.page.keyboard.press("Tab")
    it.page.keyboard.press("Space")

    it.says("4 of 8 shown")


def test_everything_is_there_without_scripts(opened: Open) -> None:
    it = opened(full_report(), scripts=False)

    assert it.shown() == 8
    assert not it.page.locator("#filter").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_nothing_stands_in_anybodys_way(opened: Open, report: Report, size: tuple[int, int], scheme: str) -> None:
    it = opened(report, size=size, scheme=scheme)
    it.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")

    it.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = it.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]

    assert [(one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found] == []
    assert it.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert it.quiet()


def test_hostile_texts_are_inert_and_stay_on_the_page(opened: Open) -> None:
    it = opened(all_hostile_texts(), size=PHONE)

    it.page.get_by_label("high", exact=False).first.check()

    assert it.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert it.quiet()


def test_on_paper_everything_is_unfolded(opened: Open) -> None:
    it = opened(full_report(), scheme="dark")
    it.page.emulate_media(media="print")

    it.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert it.page.get_by_text("acme-eu-29").first.is_visible()
    assert not it.page.locator("#filter").is_visible()
    assert it.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert it.page.pdf().startswith(b"%PDF-")


def test_ten_thousand_findings_open_and_filter(opened: Open) -> None:
    start = time.perf_counter()
    it = opened(large_report(10_000))
    opening = time.perf_counter() - start
    ready = it.page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")

    took = it.page.evaluate(
        """async () => {
            const start = performance.now();
            document.querySelector("#filter input[value=low]").click();
            await new Promise((done) => setTimeout(done));
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            return performance.now() - start;
        }"""
    )

    print(f"\n10,000 findings: rendered and open {opening:.1f} s, DOM ready {ready:.0f} ms, filtered {took:.0f} ms")
    assert it.page.locator("#filter output").text_content() == "2,000 of 10,000 shown"
    assert it.quiet()
