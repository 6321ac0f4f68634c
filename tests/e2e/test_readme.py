"""What the README shows is what the command prints."""

import re

import pytest

from tests.e2e.conftest import ROOT, Drift

README = ROOT / "README.md"


def test_the_report_on_the_first_screen_is_the_demos(drift: Drift, request: pytest.FixtureRequest) -> None:
    """The second check of the demo, with the port and the time of creation made constant."""
    printed = drift("demo", ROOT / "desired", key=None, fresh=True).out.replace(f"{ROOT}/", "")
    printed = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8642", printed)
    printed = re.sub(r"created [\d-]+T[\d:]+Z", "created 2026-01-01T12:00:00Z", printed)
    report = printed[printed.rindex("$ drift check") : printed.index("\nThe check exited")]

    readme = README.read_text(encoding="utf-8")
    first, *_ = re.finditer(r"```text\n(.*?)```", readme, flags=re.DOTALL)
    if request.config.getoption("--update-golden"):
        README.write_text(f"{readme[: first.start(1)]}{report}{readme[first.end(1) :]}", encoding="utf-8")
    else:
        assert first[1] == report, "if it should differ, run: uv run pytest --update-golden"


def test_the_desired_files_in_the_readme_are_valid(drift: Drift) -> None:
    examples = re.findall(r"```yaml\n(version: 1\n.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert examples
    for number, example in enumerate(examples):
        (drift.directory / f"{number}.yaml").write_text(example)

    run = drift("validate", ".", "--strict")

    assert run.code == 0, run.out
