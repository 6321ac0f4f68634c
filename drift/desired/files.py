"""Paths that people give to the bytes of files, each file once; and whether the bytes are text."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader, FileIO
from pathlib import Path
from typing import NamedTuple

from drift.desired.nodes import Problems
from drift.model.wording import did_you_mean

LARGEST = 32 * 1024 * 1024
"""Bytes of one file; 100,000 groups with two models each are half of it."""
STDIN = "-"
NO_FILES = "no *.yaml or *.yml file in this directory"
_STDIN_NAME = "<stdin>"
_SUFFIXES = (".yaml", ".yml")
_OTHER_ENCODINGS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_FORBIDDEN = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_LINE_BREAK = "\r\n|[\n\r\x85\u2028\u2029]"


class Source(NamedTuple):
    """A file, named by its problems as it was given or found, printable."""

    problems: Problems
    data: bytes | None
    """None if it could not be read; the problems say why."""


def read_files(paths: Sequence[str | os.PathLike[str]], stdin: Callable[[], bytes] | None = None) -> Iterator[Source]:
    """The files below some paths, in order, each once; see :func:`drift.desired.load_desired`."""
    seen: set[tuple[int, int]] = set()
    if not paths:
        yield _unread(".", "no file or directory is given")
    for path in dict.fromkeys(os.fspath(path) for path in paths):
        if path == STDIN:
            yield _read_stdin(stdin)
            continue
        found = [path]
        if Path(path).is_dir():
            found, unread = _below(path)
            yield from unread
            if not found and not unread:
                yield _unread(path, NO_FILES, "hidden files do not count")
        for file in sorted(found):
            if source := _read_file(file, seen):
                yield source


def _read_stdin(stdin: Callable[[], bytes] | None) -> Source:
    if stdin is None:
        return _unread(_STDIN_NAME, "standard input cannot be read here", "give a file or a directory")
    data = stdin()
    return _too_large(_STDIN_NAME, len(data)) if len(data) > LARGEST else Source(Problems(_STDIN_NAME), data)


def _below(top: str) -> tuple[list[str], list[Source]]:
    """Desired files below a directory, and directories that cannot be read."""
    found, unread = [], []
    entered: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        directory = waiting.pop()
        try:
            status = Path(directory).stat()
            # A symbolic link may lead back up.
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if _is_directory(entry):
                        waiting.append(entry.path)
                    # A broken link is a file that is missing; a pipe in a directory is nobody's declaration.
                    elif entry.name.endswith(_SUFFIXES) and (entry.is_symlink() or entry.is_file()):
                        found.append(entry.path)
        except OSError as error:
            unread.append(_unread(directory, f"cannot be read: {error.strerror}"))
    return found, unread


def _read_file(path: str, seen: set[tuple[int, int]]) -> Source | None:
    """None if the file was read before."""
    try:
        with FileIO(path) as raw, BufferedReader(raw) as file:
            status = os.fstat(file.fileno())
            if (status.st_dev, status.st_ino) in seen:
                return None
            seen.add((status.st_dev, status.st_ino))
            # What is not a regular file, such as a pipe, does not know its size, and may never end.
            size, most = status.st_size, -1 if stat.S_ISREG(status.st_mode) else LARGEST + 1
            data = b"" if size > LARGEST else file.read(most)
    except FileNotFoundError:
        return _unread(path, "no such file or directory", _neighbour(path))
    except (OSError, ValueError) as error:
        return _unread(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    size = max(size, len(data))
    return _too_large(path, size) if size > LARGEST else Source(Problems(_printable(path)), data)


def _unread(path: str, message: str, hint: str = "") -> Source:
    problems = Problems(_printable(path))
    problems.error("V00", message=message, hint=hint)
    return Source(problems, None)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _too_large(path: str, size: int) -> Source:
    shown = f"over {LARGEST:,}" if size == LARGEST + 1 else f"{size:,}"
    message = f"the file is too large: {shown} bytes, at most {LARGEST:,} (32 MiB) are read"
    return _unread(path, message, "split it: all files of a run are one declaration")


def _neighbour(path: str) -> str:
    wanted = Path(path)
    try:
        return did_you_mean(wanted.name, [entry.name for entry in wanted.parent.iterdir()])
    except OSError:
        return ""


def _printable(path: str) -> str:
    """The path with bytes that are no characters escaped, so that any report can hold it."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_text(data: bytes, problems: Problems) -> bool:
    """Whether the bytes are UTF-8 (with or without a byte order mark); reports what they are instead."""
    message, at = "", (1, 1)
    if encoding := next((name for mark, name in _OTHER_ENCODINGS if data.startswith(mark)), ""):
        message = f"the file is {encoding}, not UTF-8"
    elif b"\0" in data[:4]:
        message = "the file looks like UTF-16 without a byte order mark"
    else:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            message = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})"
            at = end_of(data[: error.start].decode("utf-8-sig"))
    if message:
        problems.error("V00", message=message, hint="save the file as UTF-8", at=at)
    return not message


def report_control_character(data: bytes, problems: Problems) -> None:
    """Report the first character that YAML does not allow unescaped."""
    text = data.decode("utf-8-sig")
    found = re.search(_FORBIDDEN, text)
    start = found.start() if found else 0
    problems.error(
        "V00",
        message=f"the character U+{ord(text[start]):04X} is not allowed in YAML",
        hint='remove it, or write it as an escape in double quotes, such as "\\a"',
        at=end_of(text[:start]),
    )


def end_of(text: str) -> tuple[int, int]:
    """Line and column after the last character, by the line breaks of YAML 1.1."""
    *lines, last = re.split(_LINE_BREAK, text)
    return len(lines) + 1, len(last) + 1
