"""What the README shows is what the command prints."""

import re

from tests.e2e.conftest import ROOT, Drift


def test_the_report_on_the_first_screen_is_the_demos(drift: Drift) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown, *_ = re.findall(r"```text\n(.*?)```", readme, flags=re.DOTALL)

    printed = drift("demo", ROOT / "desired", key=None).out.replace(f"{ROOT}/", "")
    printed = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8642", printed)
    printed = re.sub(r"created [\d-]+T[\d:]+Z", "created 2026-01-01T12:00:00Z", printed)

    assert shown in printed


def test_the_desired_file_in_the_readme_is_valid(drift: Drift) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(version: 1\n.*?)```", readme, flags=re.DOTALL)
    (drift.directory / "readme.yaml").write_text(example)

    run = drift("validate", "readme.yaml", "--strict")

    assert run.code == 0, run.out
