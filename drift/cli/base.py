"""What git, a directory or a report says of the desired files at another time: their commit, and ``--base``.

Git is only asked: no working tree, index or reference is touched.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from msgspec.structs import replace

from drift.checker.base import Baseline, DeclaredBaseline, ReportBaseline
from drift.cli.files import read_report, repository_of
from drift.desired import Desired, load_desired
from drift.errors import DesiredError, SettingsError
from drift.model.groups import DesiredGroup

_SECONDS = 20.0
"""For one call of git."""
# A repository that is only looked at must not start programs of its own choosing, nor be written to.
_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


class Commit(NamedTuple):
    """The commit that files belong to."""

    hash: str
    dirty: bool
    """Whether the files differ from it, or are not in it."""


def commit_of(paths: Sequence[str]) -> Commit | None:
    """The commit of the files at the paths; None outside a repository, without git, or for standard input."""
    files = [Path(path) for path in paths if path != "-"]
    directory = next((_directory(path) for path in files), None)
    # Starting git is slow, and few directories are in a repository.
    if directory is None or repository_of(directory) is None:
        return None
    try:
        head = _git(["rev-parse", "--verify", "--quiet", "HEAD"], directory)
        status = _git(["status", "--porcelain", "--", *(str(path.absolute()) for path in files)], directory)
    except SettingsError:
        return None
    if head is None or status is None:
        return None
    return Commit(head.decode("ascii", "replace").strip(), dirty=bool(status.strip()))


def _directory(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def baseline(text: str, paths: Sequence[str], desired: Desired) -> Baseline:
    """What the caller wants to compare with.

    Args:
        text: A report (``*.json``), a desired file or directory of them, or else a git revision; ``REV...`` is
            where the current branch left that one.
        paths: Of the desired files, as they were given.
        desired: What they declare now.

    Raises:
        SettingsError: It cannot be had; or what was declared then cannot be read.
    """
    path = Path(text)
    if path.suffix == ".json" and path.is_file():
        return ReportBaseline(text, read_report(path))
    if path.exists():
        return DeclaredBaseline(text, None, _load([str(path)], text).groups, desired.groups)
    repository = _Repository.of(paths)
    commit = repository.commit(text)
    return DeclaredBaseline(text, commit, list(_at(repository, commit, paths, text)), desired.groups)


def _load(paths: Sequence[str], name: str) -> Desired:
    try:
        return load_desired(paths)
    except DesiredError as error:
        first = error.problems[0]
        raise SettingsError(
            f"the desired files of --base {name} are invalid: {first.location}: {first.message}",
            hint="give a base whose files are valid, or compare without --base",
        ) from error


def _at(repository: "_Repository", commit: str, paths: Sequence[str], name: str) -> Iterator[DesiredGroup]:
    """The groups that the files declared in a commit, located where the files are now."""
    with tempfile.TemporaryDirectory(prefix="drift-base-") as scratch:
        root = Path(scratch)
        found: list[str] = []
        for path in paths:
            inside = repository.inside(path)
            files = repository.files(commit, inside)
            for file, content in files:
                target = root / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            if files:
                found.append(str(root / inside))
        if not found:
            return
        prefix = f"{root}/"
        try:
            groups = _load(found, name).groups
        except SettingsError as error:
            raise SettingsError(error.message.replace(prefix, ""), hint=error.hint) from None
        for group in groups:
            yield replace(
                group, positions=group.positions.renamed(repository.shown(group.positions.file.removeprefix(prefix)))
            )


class _Repository(NamedTuple):
    """A git repository, only ever read."""

    top: Path
    directory: Path
    """Where the caller stands."""

    @classmethod
    def of(cls, paths: Sequence[str]) -> "_Repository":
        if "-" in paths:
            raise SettingsError(
                "--base with a git revision needs files, not standard input", hint="or give a directory as the base"
            )
        top = _git(["rev-parse", "--show-toplevel"], _directory(Path(paths[0])))
        if top is None:
            raise SettingsError(
                f"{paths[0]} is in no git repository", hint="--base takes a git revision, a directory or a JSON report"
            )
        return cls(Path(top.decode("utf-8", "surrogateescape").rstrip("\n")), Path.cwd())

    def commit(self, revision: str) -> str:
        """The full hash."""
        asked = revision.removesuffix("...")
        commit = _git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}"], self.top)
        if commit is not None and asked != revision:
            commit = _git(["merge-base", "--end-of-options", asked, "HEAD"], self.top)
        if commit is None:
            shallow = (_git(["rev-parse", "--is-shallow-repository"], self.top) or b"").strip() == b"true"
            raise SettingsError(
                f"git knows no revision {revision!r} here, nor is there such a file or directory",
                hint="this clone is shallow: fetch with its history (`fetch-depth: 0`, or `git fetch --unshallow`)"
                if shallow
                else "fetch it first, e.g. `git fetch origin main`, and write origin/main",
            )
        return commit.decode().strip()

    def inside(self, path: str) -> str:
        """The path as git names it, from the top."""
        absolute = Path(path).resolve()
        top = self.top.resolve()
        if not absolute.is_relative_to(top):
            raise SettingsError(f"{path} is not in the git repository {self.top}")
        return absolute.relative_to(top).as_posix()

    def shown(self, file: str) -> str:
        """A file of the repository as the caller would name it."""
        absolute = self.top / PurePosixPath(file)
        return str(absolute.relative_to(self.directory) if absolute.is_relative_to(self.directory) else absolute)

    def files(self, commit: str, inside: str) -> list[tuple[str, bytes]]:
        """The YAML files at or below the path in the commit, by their path from the top; symbolic links left out."""
        listing = _git(["ls-tree", "-r", "-z", "--full-tree", commit, "--", inside], self.top)
        names: list[str] = []
        blobs: list[str] = []
        for entry in (listing or b"").split(b"\0"):
            head, _, name = entry.partition(b"\t")
            file = name.decode("utf-8", "surrogateescape")
            if head.startswith(b"100") and (file == inside or file.endswith((".yaml", ".yml"))):
                names.append(file)
                blobs.append(head.split()[2].decode("ascii"))
        if not blobs:
            return []
        contents = _git(["cat-file", "--batch"], self.top, "".join(f"{blob}\n" for blob in blobs).encode())
        return list(zip(names, _contents(contents or b""), strict=True))


def _contents(batch: bytes) -> Iterator[bytes]:
    """What ``git cat-file --batch`` prints: for each blob a line with its size, its bytes, and a line end."""
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        size = int(batch[at:end].split()[2])
        yield batch[end + 1 : end + 1 + size]
        at = end + 2 + size


def _git(arguments: Sequence[str], directory: Path, stdin: bytes = b"") -> bytes | None:
    """What git prints; None if it says no."""
    import subprocess  # noqa: PLC0415 - slow to import, and few directories are in a repository

    try:
        done = subprocess.run(  # noqa: S603 - arguments are the caller's, without a shell
            [*_GIT, *arguments], cwd=directory, capture_output=True, timeout=_SECONDS, check=False, input=stdin
        )
    except OSError as error:
        raise SettingsError("git cannot be started, and --base with a revision needs it") from error
    except subprocess.TimeoutExpired as error:
        raise SettingsError("git did not answer in time") from error
    return None if done.returncode else done.stdout
