"""Paths that people give to the bytes of files, each file once; and whether the bytes are text."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from drift.desired.problems import Problems
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
_SAVE_AS = "save the file as UTF-8"


class Source(NamedTuple):
    """A file that was read."""

    name: str
    """The path as given or found, printable."""
    data: bytes
    problems: Problems
    """Of this file."""


class Sources:
    """Iterates over the files below some paths, in order, and keeps what could not be read."""

    def __init__(self, paths: Sequence[str | os.PathLike[str]], stdin: Callable[[], bytes] | None = None) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._stdin = stdin
        self._seen: set[tuple[int, int]] = set()
        self.unread: list[Problems] = []

    def __iter__(self) -> Iterator[Source]:
        stdin_read = False
        if not self._paths:
            self._fail(Problems("."), "no file or directory is given")
        for path in self._paths:
            if path == STDIN:
                if not stdin_read:
                    stdin_read = True
                    yield from self._read_stdin()
            elif Path(path).is_dir():
                yield from self._read_directory(path)
            else:
                yield from self._read_file(path)

    def _read_stdin(self) -> Iterator[Source]:
        problems = Problems(_STDIN_NAME)
        if self._stdin is None:
            self._fail(problems, "standard input cannot be read here", "give a file or a directory")
            return
        data = self._stdin()
        if len(data) > LARGEST:
            self._fail(problems, *_too_large(len(data)))
            return
        yield Source(_STDIN_NAME, data, problems)

    def _read_directory(self, path: str) -> Iterator[Source]:
        problems = Problems(_printable(path))
        failures = len(self.unread)
        found = sorted(self._below(path))
        if not found and len(self.unread) == failures:
            self._fail(problems, NO_FILES, "hidden files do not count")
        for file in found:
            yield from self._read_file(file)

    def _below(self, top: str) -> Iterator[str]:
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
                            yield entry.path
            except OSError as error:
                self._fail(Problems(_printable(directory)), f"cannot be read: {error.strerror}")

    def _read_file(self, path: str) -> Iterator[Source]:
        problems = Problems(_printable(path))
        try:
            with FileIO(path) as file:
                status = os.fstat(file.fileno())
                if (status.st_dev, status.st_ino) in self._seen:
                    return
                self._seen.add((status.st_dev, status.st_ino))
                # What is not a regular file, such as a pipe, does not know its size.
                regular = stat.S_ISREG(status.st_mode)
                size = status.st_size
                data = b"" if size > LARGEST else file.readall() if regular else _read_some(file.read)
        except FileNotFoundError:
            self._fail(problems, "no such file or directory", _neighbour(path))
            return
        except (OSError, ValueError) as error:
            self._fail(problems, f"cannot be read: {getattr(error, 'strerror', None) or error}")
            return
        size = max(size, len(data))
        if size > LARGEST:
            self._fail(problems, *_too_large(size))
            return
        yield Source(problems.file, data, problems)

    def _fail(self, problems: Problems, message: str, hint: str = "") -> None:
        problems.error("V00", message=message, hint=hint)
        self.unread.append(problems)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _read_some(read: Callable[[int], bytes]) -> bytes:
    """All of a stream, but no more than one byte over the limit."""
    chunks, left = [], LARGEST + 1
    while left > 0 and (chunk := read(min(left, 1 << 20))):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _too_large(size: int) -> tuple[str, str]:
    shown = f"over {LARGEST:,}" if size == LARGEST + 1 else f"{size:,}"
    return (
        f"the file is too large: {shown} bytes, at most {LARGEST:,} (32 MiB) are read",
        "split it: all files of a run are one declaration",
    )


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
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            problems.error("V00", message=f"the file is {name}, not UTF-8", hint=_SAVE_AS)
            return False
    if b"\0" in data[:4]:
        problems.error("V00", message="the file looks like UTF-16 without a byte order mark", hint=_SAVE_AS)
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        problems.error(
            "V00",
            message=f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})",
            hint=_SAVE_AS,
            at=end_of(before),
        )
        return False
    return True


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
