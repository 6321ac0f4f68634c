"""A forge is one module and one line in the registry: the commands choose from it by ``--forge``."""

from collections.abc import Iterator, Sequence
from importlib import reload
from pathlib import Path
from typing import ClassVar

import pytest

from drift.cli import forge as commands
from drift.cli import run
from drift.forge import FORGES, Forge
from drift.forge.sticky import Entry
from drift.render import render_report
from tests.reports import full_report


class Paper:
    """A forge of which all comments and issues are one list in memory."""

    settled_entries_are_listed = True
    opened: ClassVar[list[tuple[str, str, str, float]]] = []
    written: ClassVar[list[tuple[str, str]]] = []
    stands: ClassVar[list[Entry]] = []

    def __init__(self, api_url: str, repository: str, token: str, *, timeout: float) -> None:
        self.opened.append((api_url, repository, token, timeout))
        self._kind = ""

    def comments(self, number: int) -> "Paper":
        self._kind = f"comment on {number}"
        return self

    def issues(self, title: str, labels: Sequence[str]) -> "Paper":
        self._kind = f"{title} {list(labels)}"
        return self

    def viewer(self) -> str | None:
        return None

    def entries(self) -> Iterator[Entry]:
        return iter(self.stands)

    def create(self, body: str) -> None:
        self.written.append((self._kind, body.partition("\n")[0]))

    def edit(self, key: int, body: str) -> None:
        self.written.append((f"edited {key}", body.partition("\n")[0]))

    def settle(self, key: int, body: str) -> None:
        self.written.append((f"settled {key}", body.partition("\n")[0]))


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "report.json"
    path.write_text(render_report(full_report(), "json"), errors="backslashreplace")
    return str(path)


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Paper]]:
    forge = Forge("Paper", f"{__name__}:Paper", "https://paper.example/api", "PAPER_API_URL", "PAPER_TOKEN")
    monkeypatch.setitem(FORGES, "paper", forge)
    monkeypatch.setattr(Paper, "opened", [])
    monkeypatch.setattr(Paper, "written", [])
    monkeypatch.setattr(Paper, "stands", [])
    monkeypatch.setenv("PAPER_TOKEN", "sheet")
    monkeypatch.setenv("GITHUB_TOKEN", "of another forge")
    reload(commands)
    yield Paper
    monkeypatch.undo()
    reload(commands)


def test_both_commands_write_to_the_forge_that_is_asked_for(paper: type[Paper], report: str) -> None:
    where = ["--forge", "paper", "--repo", "acme/limits"]

    assert run(["comment", report, "--pr", "7", *where]) == 0
    assert run(["issue", report, "--label", "drift", *where, "--api-url", "https://own.example"]) == 0
    assert paper.opened == [
        ("https://paper.example/api", "acme/limits", "sheet", 120.0),
        ("https://own.example", "acme/limits", "sheet", 120.0),
    ]
    mark = "<!-- baseten-drift:drift -->"
    assert paper.written == [
        ("comment on 7", mark),
        ("Live gateway groups differ from their declaration ['drift']", mark),
    ]


def test_what_stands_there_already_is_edited(paper: type[Paper], report: str) -> None:
    mark = "<!-- baseten-drift:drift -->"
    paper.stands.append(Entry(3, f"{mark}\nolder", "ci", is_bot=True))

    assert run(["comment", report, "--pr", "7", "--forge", "paper", "--repo", "acme/limits"]) == 0
    assert paper.written == [("edited 3", mark)]


def test_its_own_variables_are_named(
    paper: type[Paper], report: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAPER_TOKEN")

    assert run(["comment", report, "--pr", "7", "--forge", "paper", "--repo", "acme/limits"]) == 4
    said = capsys.readouterr().err
    assert "no Paper token" in said
    assert "set PAPER_TOKEN" in said
    assert paper.opened == []


@pytest.mark.usefixtures("paper")
def test_help_names_every_forge(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["issue", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"--forge [{'|'.join(FORGES)}]" in said
    assert "Paper's API. [default: $PAPER_API_URL, else https://paper.example/api]" in said
    assert "[default: $GITHUB_TOKEN or $PAPER_TOKEN]" in said
