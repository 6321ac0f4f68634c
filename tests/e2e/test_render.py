"""Saved reports again: other formats, merged shards, without key or network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drift.render import FORMATS
from drift.render.json import schema
from drift.report.report import SCHEMA_VERSION
from tests.e2e.conftest import EXAMPLE, Drift, SandboxFactory

OLD = Path(__file__).parents[1] / "cases" / "reports" / "version-1.0.json"


@pytest.fixture
def saved(drift: Drift, sandbox: SandboxFactory) -> str:
    """The URL of a sandbox with drift, after reports in all formats were written."""
    live = sandbox()
    live.patch("acme", metadata={"name": "Other"})
    live.delete("initech-lab")
    outputs = [argument for name in FORMATS for argument in ("--output", f"{name}=report.{name}")]
    run = drift("check", EXAMPLE, "--api-url", live.url, *outputs)
    assert (run.code, run.out) == (2, "")
    return live.url


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize("output", FORMATS)
def test_rendering_gives_what_the_run_itself_wrote(drift: Drift, output: str) -> None:
    to_stdout = drift("render", "report.json", "--output", output, key=None)
    to_file = drift("render", "report.json", "--output", f"{output}=again", key=None)

    written = (drift.directory / f"report.{output}").read_bytes()
    assert (to_stdout.code, to_file.code) == (2, 2)
    assert to_stdout.out.encode() == written
    assert (drift.directory / "again").read_bytes() == written


@pytest.mark.usefixtures("saved")
def test_a_report_may_come_from_stdin(drift: Drift) -> None:
    report = (drift.directory / "report.json").read_bytes()

    assert "group-missing" in drift("render", "-", stdin=report).out


def test_a_matrix_of_shards_is_merged_into_one_report(drift: Drift, saved: str) -> None:
    for index in (1, 2, 3):
        drift("check", EXAMPLE, "--api-url", saved, "--shard", f"{index}/3", "--output", f"json={index}.json")

    whole = drift("render", "1.json", "2.json", "3.json", "--output", "json")
    partial = drift("render", "1.json", "3.json", "--output", "json", "--output", "text=partial.txt")

    assert whole.code == 2
    assert {finding["rule"] for finding in json.loads(whole.out)["findings"]} == {"name-changed", "group-missing"}
    assert json.loads(whole.out)["counts"]["declared"] == 8
    assert "no report of shard 2/3" in json.loads(partial.out)["unseen"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not a JSON report"),
        ("{}", "is not a JSON report"),
        ('{"schema_version": "1.7"}', "is not a JSON report"),
        ('{"schema_version": 1.1}', "is not a JSON report"),
        ("[1]", "is not a JSON report"),
    ],
)
def test_what_is_no_report_is_refused(drift: Drift, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "x.json").write_text(content)

    run = drift("render", "x.json")

    assert (run.code, run.out) == (4, "")
    assert said in run.err
    assert "Traceback" not in run.err


@pytest.mark.usefixtures("saved")
def test_a_report_of_another_major_version_is_refused(drift: Drift) -> None:
    document = json.loads((drift.directory / "report.json").read_text())
    (drift.directory / "new.json").write_text(json.dumps(document | {"schema_version": "2.0"}))

    run = drift("render", "new.json")

    assert run.code == 4
    assert "report schema 2.0" in run.err


def test_a_report_without_an_end_is_refused(drift: Drift) -> None:
    run = drift("render", "/dev/zero")

    assert (run.code, run.out) == (4, "")
    assert "/dev/zero has more than 268,435,456 bytes" in run.err


def test_a_missing_report_is_told(drift: Drift) -> None:
    assert "cannot read nowhere.json" in drift("render", "nowhere.json").err


@pytest.mark.usefixtures("saved")
def test_markdown_keeps_to_the_bytes_that_were_asked_for(drift: Drift) -> None:
    report = json.loads((drift.directory / "report.json").read_text())
    report["findings"] *= 100
    report["counts"]["findings"] *= 100
    (drift.directory / "many.json").write_text(json.dumps(report))

    run = drift("render", "many.json", "--output", "markdown", "--output", "github=github.txt", "--max-bytes", "5000")

    assert run.code == 2
    assert len(run.out.encode()) <= 5_000
    assert "more findings left out" in run.out
    assert (drift.directory / "github.txt").read_text().startswith("::error file=")


def test_a_budget_that_holds_not_even_the_totals_is_refused(drift: Drift) -> None:
    run = drift("render", "x.json", "--output", "markdown", "--max-bytes", "100")

    assert run.code == 4
    assert "--max-bytes" in run.err


@pytest.mark.parametrize("output", FORMATS)
def test_a_report_of_an_earlier_minor_version_can_still_be_read(drift: Drift, output: str) -> None:
    run = drift("render", OLD, "--output", output)

    assert run.code == json.loads(OLD.read_text())["exit_code"]
    assert run.err == ""
    assert "limit-raised" in run.out or output == "openmetrics"


@pytest.mark.parametrize("output", FORMATS)
def test_a_report_of_a_later_minor_version_is_read_without_what_it_added(drift: Drift, output: str) -> None:
    later = with_unknown_members(json.loads(OLD.read_text()) | {"schema_version": "1.9"})
    (drift.directory / "later.json").write_text(json.dumps(later))

    run = drift("render", "later.json", "--output", output)

    assert (run.code, run.err) == (later["exit_code"], "")
    assert run.out == drift("render", OLD, "--output", output).out


@pytest.mark.parametrize("version", ["1.0", "1.9"])
def test_the_version_of_a_document_is_that_of_its_members(drift: Drift, version: str) -> None:
    (drift.directory / "other.json").write_text(json.dumps(json.loads(OLD.read_text()) | {"schema_version": version}))

    document = json.loads(drift("render", "other.json", "--output", "json").out)

    assert document["schema_version"] == SCHEMA_VERSION
    assert set(document) == set(schema_members())


def test_another_major_version_is_refused_for_its_version_whatever_is_in_it(drift: Drift) -> None:
    (drift.directory / "new.json").write_text('{"schema_version": "2.0", "findings": "elsewhere"}')

    run = drift("render", "new.json")

    assert (run.code, run.out) == (4, "")
    assert f"has report schema 2.0; this version reads {SCHEMA_VERSION}" in run.err


@pytest.mark.parametrize("name", ["report.out", "link"])
def test_a_file_that_is_written_again_keeps_its_permissions_and_its_links(drift: Drift, name: str) -> None:
    target = drift.directory / "report.out"
    target.write_text("old")
    target.chmod(0o640)
    (drift.directory / "link").symlink_to("report.out")

    drift("render", OLD, "--output", f"json={name}")

    assert json.loads(target.read_text())["schema_version"] == SCHEMA_VERSION
    assert target.stat().st_mode & 0o777 == 0o640
    assert (drift.directory / "link").is_symlink()
    assert {path.name for path in drift.directory.iterdir()} == {"report.out", "link"}


def test_what_is_no_plain_file_is_written_to_and_not_replaced(drift: Drift) -> None:
    pipe = drift.directory / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        code = drift("render", OLD, "--output", "text=pipe", "--output", "json=/dev/null").code
        said = os.read(reading, 65_536)
    finally:
        os.close(reading)

    assert code == 2
    assert b"limit-raised" in said
    assert pipe.is_fifo()
    assert Path("/dev/null").is_char_device()


def test_a_file_behind_standard_output_keeps_what_others_wrote_to_it(drift: Drift) -> None:
    summary = drift.directory / "summary"
    summary.write_text("before\n")
    command = [sys.executable, "-m", "drift", "render", str(OLD), "--output", "markdown=/dev/stdout"]
    with summary.open("ab") as stdout:
        subprocess.run(command, stdout=stdout, check=False)

    assert summary.read_text().startswith("before\n## Drift")


@pytest.mark.parametrize("link", ["out.json", "reports", "device"])
def test_a_link_that_leads_out_of_the_repository_is_not_followed(drift: Drift, tmp_path: Path, link: str) -> None:
    """A pull request may have brought it."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "out.json"
    target.write_text("mine")
    leads_to = {"out.json": target, "reports": target.parent, "device": Path("/dev/null")}
    (tmp_path / "repository" / link).symlink_to(leads_to[link])
    path = "reports/out.json" if link == "reports" else link

    run = drift("render", OLD, "--output", f"text=repository/{path}")

    assert run.code == 1
    assert f"cannot write repository/{path}: a link leads out of the repository" in run.err
    assert target.read_text() == "mine"


def with_unknown_members(value: object) -> dict[str, object]:
    """The document with a member more in every object that is not a map."""

    def grown(value: object, name: str) -> object:
        if isinstance(value, list):
            return [grown(item, name) for item in value]
        if not isinstance(value, dict) or name in {
            "by_severity",
            "by_direction",
            "by_rule",
            "requests",
            "desired",
            "live",
        }:
            return value
        return {key: grown(member, key) for key, member in value.items()} | {"from_the_future": {"x": [1]}}

    document = grown(value, "")
    assert isinstance(document, dict)
    return document


def schema_members() -> list[str]:
    definitions = schema()["$defs"]
    assert isinstance(definitions, dict)
    return list(definitions["Report"]["properties"])
