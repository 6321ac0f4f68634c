"""From paths to files: which are read, in which order, and what happens to those that cannot be."""

import os
import threading
from pathlib import Path

import pytest

from drift.desired import load_desired
from drift.desired.files import LARGEST
from drift.errors import DesiredError, Problem


def write(path: Path, *ids: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    groups = "".join(f"  - metadata: {{external_entity_id: {name}}}\n" for name in ids)
    path.write_text(f"version: 1\ngroups:\n{groups}", encoding="utf-8")
    return path


def problems_of(*paths: str | Path) -> tuple[Problem, ...]:
    with pytest.raises(DesiredError) as caught:
        load_desired(paths)
    return caught.value.problems


def ids_of(*paths: str | Path) -> list[str | None]:
    return [group.external_entity_id for group in load_desired(paths).groups]


def test_a_directory_is_read_to_the_bottom_in_the_order_of_the_paths(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c/d.yaml", "c/e/f.yaml"):
        write(tmp_path / name, name)
    write(tmp_path / ".git" / "x.yaml", "hidden")
    write(tmp_path / ".x.yaml", "hidden")
    (tmp_path / "README.md").write_text("text", encoding="utf-8")
    assert ids_of(tmp_path) == ["a.yml", "b.yaml", "c/d.yaml", "c/e/f.yaml"]


def test_a_file_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "acme")
    (tmp_path / "link.yaml").symlink_to(file)
    assert ids_of(file, tmp_path, str(file), tmp_path / "link.yaml") == ["acme"]


def test_a_file_may_have_any_name_when_it_is_given(tmp_path: Path) -> None:
    assert ids_of(write(tmp_path / "groups.txt", "acme")) == ["acme"]
    assert ids_of(write(tmp_path / ".hidden.yaml", "acme")) == ["acme"]


def test_links_that_lead_back_up_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path / "a" / "a.yaml", "acme")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "a" / "a.yaml")
    assert ids_of(tmp_path) == ["acme"]


def test_a_link_to_itself_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (problem,) = problems_of(tmp_path)
    assert problem.location.file == str(tmp_path / "loop.yaml")
    assert problem.message.startswith("cannot be read: ")


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path / "groups.yaml", "acme")
    (problem,) = problems_of(tmp_path / "gruops.yaml")
    assert (problem.rule, problem.message) == ("V00", "no such file or directory")
    assert problem.hint == "did you mean `groups.yaml`?"


def test_a_missing_directory_has_no_neighbours(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "missing" / "groups.yaml")
    assert (problem.message, problem.hint) == ("no such file or directory", "")


def test_a_path_that_no_system_can_open_is_a_problem() -> None:
    (problem,) = problems_of("a\0b")
    assert problem.message.startswith("cannot be read: ")


def test_no_path_at_all_is_a_problem() -> None:
    (problem,) = problems_of()
    assert problem.message == "no file or directory is given"


def test_a_file_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yaml")
    (problem,) = problems_of(name)
    assert problem.location.file == f"{tmp_path}/caf\\xe9.yaml"


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    with file.open("wb") as stream:
        stream.truncate(50_000_000)
    (problem,) = problems_of(file)
    assert problem.message == "the file is too large: 50,000,000 bytes, at most 33,554,432 (32 MiB) are read"


def test_a_pipe_is_read_up_to_the_limit(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    feed = threading.Thread(target=lambda: pipe.write_bytes(b"version: 1\ngroups: [{id: abc}]\n"))
    feed.start()
    assert [group.id for group in load_desired([pipe]).groups] == ["abc"]
    feed.join()


def test_standard_input_is_read_once_and_named() -> None:
    read = iter([b"version: 1\ngroups: [{id: abc}]\n"])
    desired = load_desired(["-", "-"], stdin=lambda: next(read))
    assert [file.path for file in desired.files] == ["<stdin>"]
    assert [group.id for group in desired.groups] == ["abc"]


def test_standard_input_must_be_offered() -> None:
    (problem,) = problems_of("-")
    assert problem.message == "standard input cannot be read here"


def test_standard_input_has_the_same_limit() -> None:
    with pytest.raises(DesiredError) as caught:
        load_desired(["-"], stdin=lambda: b" " * (LARGEST + 1))
    (problem,) = caught.value.problems
    assert problem.message == ("the file is too large: over 33,554,432 bytes, at most 33,554,432 (32 MiB) are read")
