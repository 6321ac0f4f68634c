"""The report as a web page: what it says, and that nothing in it is anything but text."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from xml.etree.ElementTree import Element

import html5lib
from msgspec.structs import replace

from drift.errors import ExitCode
from drift.model.groups import GroupRef
from drift.render import render_report
from drift.render.visible import visible
from drift.report.report import Failure, Gate, GroupEntry, Report, Status, assemble, failed_report
from tests.builders import declared
from tests.hostile import HOSTILE, with_every_hostile_text
from tests.reports import FINISHED, LINE, STARTED, full_report, hostile_report

FETCHING = {"src", "srcset", "href", "action", "formaction", "poster", "data", "background", "ping"}


def parsed(document: str) -> Element:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(document)
    return root


def text_of(element: Element) -> str:
    return "".join(element.itertext())


def skeleton(root: Element) -> Counter[tuple[str, frozenset[str]]]:
    """How many elements of each kind, by the names of their attributes; their order follows the text's."""
    return Counter((str(element.tag), frozenset(element.attrib)) for element in root.iter())


@cache
def harmless_skeleton() -> Counter[tuple[str, frozenset[str]]]:
    """Of letters only, and as long in the one way that matters: whether it has a name beside the id."""
    return skeleton(parsed(render_report(hostile_report("harmless"), "html")))


def one(root: Element, where: str) -> Element:
    found = root.find(where)
    assert found is not None, where
    return found


def groups(*entries: GroupEntry) -> Report:
    return assemble(
        findings=(),
        unread=(),
        groups=entries,
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1",
        started_at=STARTED,
        finished_at=FINISHED,
    )


def entry(name: str, below: str | None = None) -> GroupEntry:
    return GroupEntry(
        GroupRef(f"id-{name}", name), Status.IN_SYNC, LINE, GroupRef(f"id-{below}", below) if below else None
    )


def nested(root: Element) -> Iterator[tuple[int, str]]:
    """Level and name of each group of the outline."""

    def walk(element: Element, level: int) -> Iterator[tuple[int, str]]:
        for child in element:
            if child.get("class") == "row":
                yield level, text_of(one(child, "span"))
            yield from walk(child, level + (child.tag == "ul"))

    return walk(one(root, ".//ul[@class='tree']"), 1)


def test_the_page_looks_as_reviewed(golden: Callable[[str, str], None]) -> None:
    document = re.sub(r"baseten-drift \d+\.\d+\.\d+", "baseten-drift X", render_report(full_report(), "html"))

    golden("full.html", document)


@with_every_hostile_text
def test_hostile_text_is_shown_as_text_and_makes_no_markup(text: str) -> None:
    document = render_report(hostile_report(text), "html")
    root = parsed(document)

    assert skeleton(root) == harmless_skeleton()
    # Within a line less has to be escaped than where one begins.
    shown = {visible(text).strip(), visible(f"x{text}")[1:].strip()}
    for place in (".//section[@id='warnings']", ".//section[@id='findings']//h3", ".//ul[@class='tree']"):
        assert any(form in text_of(one(root, place)) for form in shown)
    document.encode()  # also what a name cannot be written as


def test_only_style_and_script_of_the_page_itself_are_allowed() -> None:
    root = parsed(render_report(hostile_report(HOSTILE["style-breakout"]), "html"))
    policy = one(root, ".//meta[@http-equiv='Content-Security-Policy']").attrib["content"]

    assert policy.startswith("default-src 'none'; ")
    for directive, tag in (("style-src", "style"), ("script-src", "script")):
        (element,) = root.iter(tag)
        digest = base64.b64encode(hashlib.sha256(text_of(element).encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_nothing_is_fetched_and_nothing_runs_from_an_attribute() -> None:
    for element in parsed(render_report(full_report(), "html")).iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in FETCHING:
                assert value.startswith(("#", "data:image/svg+xml,"))


def test_every_finding_is_there_without_scripts() -> None:
    report = full_report()

    root = parsed(render_report(report, "html"))

    shown = [text_of(one(card, "p[@class='message']")) for card in root.findall(".//*[@id='list']//article")]
    assert sorted(shown) == sorted(finding.message for finding in report.findings)
    assert "hidden" in one(root, ".//form").attrib


def test_bars_have_one_scale() -> None:
    root = parsed(render_report(full_report(), "html"))
    (raised,) = root.findall(".//article[@data-r='limit-raised']")

    widths = [bar.attrib["width"] for bar in raised.iter("{http://www.w3.org/2000/svg}rect")]

    assert widths == ["66.6%", "100.0%"]


def test_rates_of_different_units_are_compared_by_the_day() -> None:
    root = parsed(render_report(full_report(), "html"))
    (changed,) = root.findall(".//article[@data-r='limit-unit-changed']")

    assert [bar.attrib["width"] for bar in changed.iter("{http://www.w3.org/2000/svg}rect")] == ["100.0%", "100.0%"]
    assert "in a day" in text_of(changed)


def test_groups_stand_below_their_parents() -> None:
    report = groups(entry("b", "a"), entry("a"), entry("c", "b"), entry("d"))

    assert list(nested(parsed(render_report(report, "html")))) == [(1, "a"), (2, "b"), (3, "c"), (1, "d")]


def test_a_parent_that_nobody_reported_is_named_and_not_invented() -> None:
    root = parsed(render_report(groups(entry("b", "elsewhere")), "html"))

    assert list(nested(root)) == [(1, "b")]
    assert "below elsewhere, which is not in this report" in text_of(one(root, ".//ul[@class='tree']"))


def test_groups_on_a_cycle_are_shown_once() -> None:
    report = groups(entry("a", "b"), entry("b", "a"), entry("self", "self"))

    assert list(nested(parsed(render_report(report, "html")))) == [(1, "a"), (2, "b"), (1, "self")]


def test_a_tree_deeper_than_any_browser_likes_is_still_a_page() -> None:
    report = groups(entry("0"), *(entry(str(number), str(number - 1)) for number in range(1, 500)))

    levels = [level for level, _ in nested(parsed(render_report(report, "html")))]

    assert len(levels) == 500
    assert max(levels) < 50


def test_a_run_that_compared_nothing_says_why_and_never_in_sync() -> None:
    failure = Failure("no key", "set BASETEN_API_KEY")
    report = failed_report(failure, ExitCode.USAGE, gate=Gate(), api_url="http://127.0.0.1", at=STARTED)

    page = text_of(one(parsed(render_report(report, "html")), "body"))

    assert "Nothing compared" in page
    assert "set BASETEN_API_KEY" in page
    assert "in sync" not in page.lower()


def test_a_clean_report_says_that_everything_was_read() -> None:
    page = text_of(one(parsed(render_report(groups(entry("a")), "html")), "body"))

    assert "Every declared group was read, and live is as declared." in page


def test_an_incomplete_report_does_not_call_the_unread_in_sync() -> None:
    full = full_report()
    report = replace(groups(*(one for one in full.groups if one.status is Status.UNREAD)), unread=full.unread)

    root = parsed(render_report(report, "html"))

    assert "503 Service Unavailable" in text_of(one(root, ".//section[@id='unread']"))
    assert declared("eu-1").ref.label in text_of(one(root, ".//ul[@class='tree']"))
