"""Every file (or folder of files) below tests/cases is a case; its name is the mistake.

Beside it stands NAME.expected with one line for each problem: ``line:column level rule path: message | hint``, for
a folder with the file in front. A valid case without one must load without a warning. To add a case, write the
file and copy what the failing test shows, after reading it as a user would.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drift.desired import load_desired
from drift.errors import DesiredError, Level, Problem

CASES = Path(__file__).parents[2] / "cases"


def cases(kind: str) -> Iterator[Path]:
    yield from (path for path in sorted((CASES / kind).iterdir()) if path.suffix != ".expected")


def expected_of(case: Path) -> str:
    file = case.with_name(f"{case.stem}.expected")
    return file.read_text(encoding="utf-8") if file.exists() else ""


def line(problem: Problem, case: Path) -> str:
    """The problem as the expected files write it."""
    location = problem.location
    at = f"{location.line}:{location.column}"
    if case.is_dir():
        at = f"{Path(location.file).relative_to(case).as_posix()}:{at}"
    path = f"{problem.path}: " if problem.path else ""
    hint = f" | {problem.hint}" if problem.hint else ""
    return (
        f"{at} {problem.level} {problem.rule} {path}{problem.message}{hint}".replace(f"{case}/", "").replace(
            str(case), case.name
        )
        + "\n"
    )


@pytest.mark.parametrize("case", [pytest.param(path, id=path.stem) for path in cases("invalid")])
def test_an_invalid_case_tells_everything_that_is_wrong(case: Path) -> None:
    with pytest.raises(DesiredError) as caught:
        load_desired([case])
    assert "".join(line(problem, case) for problem in caught.value.problems) == expected_of(case)
    assert any(problem.level is Level.ERROR for problem in caught.value.problems)


@pytest.mark.parametrize("case", [pytest.param(path, id=path.stem) for path in cases("valid")])
def test_a_valid_case_loads_with_no_more_than_its_warnings(case: Path) -> None:
    desired = load_desired([case])
    assert "".join(line(problem, case) for problem in desired.warnings) == expected_of(case)


@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_every_expected_file_has_its_case(kind: str) -> None:
    stems = {path.stem for path in cases(kind)}
    assert {file.stem for file in (CASES / kind).glob("*.expected")} <= stems
