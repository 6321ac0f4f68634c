"""The HTML report in a real browser: ``uv run --group browser pytest tests/browser``.

The browser is Debian's Chromium, or the one that ``--chromium`` names; nothing is downloaded but Python packages.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from drift.render import render_report
from drift.report.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

HOW = (
    "This suite opens the HTML report in Chromium:\n"
    "  apt-get install chromium          (or name another one: --chromium PATH)\n"
    "  uv run --group browser pytest tests/browser"
)
PHONE = (390, 844)
DESKTOP = (1280, 900)


class Opened:
    """A page, and everything that it did beside being shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._refuse)
        page.on("request", lambda request: self.requests.append(request.url))

    def _refuse(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def shown(self) -> int:
        """How many findings are to be seen."""
        return int(self.page.locator("#list article:visible").count())

    def says(self, count: str) -> None:
        """Wait until the filter says how many it shows."""
        self.page.locator("#filter output", has_text=re.compile(rf"^{re.escape(count)}$")).wait_for()

    def quiet(self) -> bool:
        """Whether the page asked for nothing but itself and said nothing."""
        asked = [url for url in self.requests if not url.startswith("data:")]
        return asked == [self.page.url.partition("#")[0]] and not self.said


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chromium", metavar="PATH", help="the browser; default: chromium on the PATH")


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    path = request.config.getoption("--chromium") or shutil.which("chromium") or shutil.which("google-chrome")
    if (
        path is None
        or not Path(path).exists()
        or find_spec("playwright") is None
        or find_spec("axe_playwright_python") is None
    ):
        pytest.fail(HOW, pytrace=False)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - absent unless the group is asked for

    with sync_playwright() as playwright:
        # Containers run as root, where Chromium's own sandbox cannot start.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a report as a file, as a person who got it by mail does."""
    contexts = []

    def open_report(
        report: Report,
        *,
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Opened:
        path = tmp_path / "report.html"
        path.write_text(render_report(report, "html"), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        context.set_default_timeout(5_000)
        opened = Opened(context.new_page())
        opened.page.goto(path.as_uri())
        return opened

    yield open_report
    for context in contexts:
        context.close()
