"""Desired files as an export finds, shows and leaves them."""

from collections.abc import Mapping
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

from drift.cli.outputs import write_file
from drift.desired.files import NO_FILES, Sources, is_text
from drift.desired.problems import Problems
from drift.errors import DesiredError, OutputError
from drift.render.visible import visible


def existing_files(path: Path) -> Mapping[str, bytes]:
    """The desired files that are there.

    Raises:
        DesiredError: One of them cannot be read.
    """
    if not path.exists():
        return {}
    sources = Sources([path])
    files = {source.name: source.data for source in sources}
    problems = [problem for unread in sources.unread for problem in unread.all()]
    if problems and not (path.is_dir() and {problem.message for problem in problems} == {NO_FILES}):
        raise DesiredError(problems)
    for name, data in files.items():
        if not is_text(data, wrong := Problems(name)):
            raise DesiredError(wrong.all())
    return files


def write_files(directory: Path, before: Mapping[str, bytes], texts: Mapping[str, str]) -> None:
    """Write all files, each in one step; ``directory`` is made if it is not there.

    Raises:
        OutputError: A file is no longer what was read, or cannot be written.
    """
    _make_directory(directory)
    for name in texts:
        _refuse_changed(name, before.get(name))
    for name, text in sorted(texts.items()):
        _replace(Path(name), text)


def difference(name: str, before: str | None, after: str) -> str:
    """The change as `git apply` and `patch` take it."""

    def lines(text: str) -> list[str]:
        parts = text.split("\n")
        return [f"{part}\n" for part in parts[:-1]] + (
            [f"{parts[-1]}\n\\ No newline at end of file\n"] if parts[-1] else []
        )

    shown = visible(Path(name).as_posix().lstrip("/"))
    old = "/dev/null" if before is None else f"a/{shown}"
    return "".join(unified_diff(lines(before or ""), lines(after), old, f"b/{shown}"))


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {directory}: {error.strerror or error}") from error


def _refuse_changed(name: str, before: bytes | None) -> None:
    """Refuse to overwrite what somebody wrote while the groups were being read."""
    now: bytes | None = None
    with suppress(OSError):
        now = Path(name).read_bytes()
    if now != before:
        raise OutputError(f"{name} changed during the export; nothing was written", hint="run again")


def _replace(path: Path, text: str) -> None:
    """Write a file; one that is there keeps its permissions, and a link stays a link."""
    place = path.resolve()
    mode = place.stat().st_mode if place.exists() else None
    write_file(place, text)
    if mode is not None:
        place.chmod(mode)
