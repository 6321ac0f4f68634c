"""Processes of the command that are forked from one that has imported it.

Starting an interpreter and importing the command takes longer than most runs do. A fork has imported everything, and is
a process like any other, with an exit code, streams, a directory and an environment of its own.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

ROOT = Path(__file__).parent.parent.parent
NUMBER = struct.Struct("!i")


class Ended(NamedTuple):
    """What one process left behind."""

    code: int
    """The exit code, or minus the number of the signal that ended it."""
    out: bytes
    err: bytes


class Forks:
    """The process that has imported the command; started by the first run."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.forks", str(theirs.fileno())],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End the process; forks under way go on."""
        self._channel.close()
        self._process.wait(timeout=60)

    def run(
        self, arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str], stdin: bytes, timeout: float
    ) -> Ended:
        """Run ``drift`` to its end.

        Raises:
            TimeoutError: It took more than ``timeout`` seconds, and was killed.
        """
        request = json.dumps([arguments, os.fspath(directory), dict(environment)]).encode()
        reply, theirs = socket.socketpair()
        with reply, _file(request) as asked, _file(stdin) as given, _file() as out, _file() as err:
            with theirs:
                files = [file.fileno() for file in (asked, given, out, err, theirs)]
                socket.send_fds(self._channel, [b"."], files)
            reply.settimeout(timeout)
            process = _number(reply)
            try:
                code = _number(reply)
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise
            return Ended(code, _content(out), _content(err))


@contextmanager
def _file(content: bytes = b"") -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _number(reply: socket.socket) -> int:
    [number] = NUMBER.unpack(reply.recv(NUMBER.size, socket.MSG_WAITALL))
    return int(number)


def _import_everything() -> None:
    import drift  # noqa: PLC0415 - in the process that forks, not in the one that tests

    for module in pkgutil.walk_packages(drift.__path__, "drift."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _next_request(channel: socket.socket) -> list[int] | None:
    """In a fork of its own, the files of a request; None in this process, once nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, files, _, _ = socket.recv_fds(channel, 1, 5)
        if not data:
            return None
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return files
        for file in files:
            os.close(file)


def _report(process: int, reply: int) -> None:
    os.write(reply, NUMBER.pack(process))
    _, status = os.waitpid(process, 0)
    os.write(reply, NUMBER.pack(os.waitstatus_to_exitcode(status)))


def _end(code: int) -> NoReturn:
    """End as the interpreter does, but leave all that was imported to the system: freeing it takes twice as long."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for the threads that hold a process
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> int:
    """Fork for every request that comes through the socket whose number is the argument."""
    _import_everything()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        files = _next_request(channel)
    if files is None:
        return 0
    asked, *streams, reply = files
    if process := os.fork():
        _report(process, reply)
        os._exit(0)
    with os.fdopen(asked, "rb") as request:
        arguments, directory, environment = json.load(request)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.close(reply)
    os.chdir(directory)
    os.environ.clear()  # noqa: TID251 - becomes what was asked for
    os.environ.update(environment)  # noqa: TID251
    sys.argv[1:] = arguments

    from drift.__main__ import main as command  # noqa: PLC0415 - as above

    _end(command())


if __name__ == "__main__":
    sys.exit(main())
