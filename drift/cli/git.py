"""What git says about the desired files. It only reads: no working tree, index or reference is touched."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

_SECONDS = 20.0
# A repository that is only looked at must not start programs of its own choosing, nor be written to.
_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


class Commit(Struct, frozen=True):
    """The commit that files belong to."""

    hash: str
    dirty: bool
    """Whether the files differ from it, or are not in it."""


if TYPE_CHECKING:
    from subprocess import CompletedProcess


def run_git(arguments: Sequence[str], directory: Path, stdin: bytes = b"") -> "CompletedProcess[bytes]":
    """Run git in a directory and keep what it prints.

    Raises:
        OSError: There is no git.
        subprocess.TimeoutExpired: It did not end.
    """
    import subprocess  # noqa: PLC0415 - slow to import, and few directories are in a repository

    return subprocess.run(  # noqa: S603 - arguments are the caller's, without a shell
        [*_GIT, *arguments], cwd=directory, capture_output=True, timeout=_SECONDS, check=False, input=stdin
    )


def commit_of(paths: Sequence[str]) -> Commit | None:
    """The commit of the files at the paths; None outside a repository, without git, or for standard input."""
    files = [Path(path) for path in paths if path != "-"]
    directory = next((path if path.is_dir() else path.parent for path in files), None)
    if directory is None or not _in_repository(directory):
        return None
    from subprocess import TimeoutExpired  # noqa: PLC0415

    try:
        head = run_git(["rev-parse", "--verify", "--quiet", "HEAD"], directory)
        status = run_git(["status", "--porcelain", "--", *(str(path.absolute()) for path in files)], directory)
    except (OSError, TimeoutExpired):
        return None
    if head.returncode or status.returncode:
        return None
    return Commit(head.stdout.decode("ascii", "replace").strip(), dirty=bool(status.stdout.strip()))


def _in_repository(directory: Path) -> bool:
    """Whether it is worth starting git."""
    absolute = directory.absolute()
    return any((parent / ".git").exists() for parent in (absolute, *absolute.parents))
