"""What git, a directory or a report says of the desired files at another time: their commit, and ``--base``.

Git is only asked: no working tree, index or reference is touched.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from drift.checker.baseline import Baseline, DeclaredBaseline, ReportBaseline
from drift.cli.files import read_report, repository_of
from drift.desired import Desired, load_desired
from drift.errors import DesiredError, SettingsError
from drift.model.groups import DesiredGroup

_SECONDS = 20.0
"""For one call of git."""
# A repository that is only looked at must not start programs of its own choosing, nor be written to.
_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


def commit_of(paths: Sequence[str]) -> tuple[str, bool] | tuple[None, None]:
    """The commit of the files at the paths, and whether they differ from it or are not in it.

    There is none outside a repository, without git, or for standard input.
    """
    files = [Path(path) for path in paths if path != "-"]
    directory = next((_directory(path) for path in files), None)
    # Starting git is slow, and few directories are in a repository.
    if directory is None or repository_of(directory) is None:
        return None, None
    try:
        head = _git(["rev-parse", "--verify", "--quiet", "HEAD"], directory)
        status = _git(["status", "--porcelain", "--", *(str(path.absolute()) for path in files)], directory)
    except SettingsError:
        return None, None
    if head is None or status is None:
        return None, None
    return head.decode("ascii", "replace").strip(), bool(status.strip())


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
    try:
        if path.exists():
            return DeclaredBaseline(text, None, load_desired([path]).groups, desired.groups)
        top = _top(paths)
        commit = _commit(text, top)
        return DeclaredBaseline(text, commit, _declared_at(commit, paths, top), desired.groups)
    except DesiredError as error:
        first = error.problems[0]
        raise SettingsError(
            f"the desired files of --base {text} are invalid: {first.location}: {first.message}",
            hint="give a base whose files are valid, or compare without --base",
        ) from error


def _top(paths: Sequence[str]) -> Path:
    """The root of the repository of the desired files."""
    if "-" in paths:
        raise SettingsError(
            "--base with a git revision needs files, not standard input", hint="or give a directory as the base"
        )
    top = _git(["rev-parse", "--show-toplevel"], _directory(Path(paths[0])))
    if top is None:
        raise SettingsError(
            f"{paths[0]} is in no git repository", hint="--base takes a git revision, a directory or a JSON report"
        )
    return Path(os.fsdecode(top.rstrip(b"\n")))


def _commit(revision: str, top: Path) -> str:
    """The full hash."""
    asked = revision.removesuffix("...")
    commit = _git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}"], top)
    if commit is not None and asked != revision:
        commit = _git(["merge-base", "--end-of-options", asked, "HEAD"], top)
    if commit is None:
        shallow = (_git(["rev-parse", "--is-shallow-repository"], top) or b"").strip() == b"true"
        raise SettingsError(
            f"git knows no revision {revision!r} here, nor is there such a file or directory",
            hint="this clone is shallow: fetch with its history (`fetch-depth: 0`, or `git fetch --unshallow`)"
            if shallow
            else "fetch it first, e.g. `git fetch origin main`, and write origin/main",
        )
    return commit.decode().strip()


def _declared_at(commit: str, paths: Sequence[str], top: Path) -> Sequence[DesiredGroup]:
    """The groups that the files declared in a commit, located where the caller would look for the files now."""
    from drift.desired.load import load_texts  # noqa: PLC0415 - PyYAML only when files are read

    here = Path.cwd()
    texts: dict[str, str] = {}
    for path in paths:
        absolute = Path(path).resolve()
        if not absolute.is_relative_to(top.resolve()):
            raise SettingsError(f"{path} is not in the git repository {top}")
        for file, content in _files(commit, absolute.relative_to(top.resolve()).as_posix(), top):
            place = top / file
            try:
                texts[str(place.relative_to(here) if place.is_relative_to(here) else place)] = content.decode()
            except UnicodeDecodeError as error:
                raise SettingsError(f"{file} is not UTF-8 at --base {commit}") from error
    return load_texts(texts).desired.groups if texts else ()


def _files(commit: str, path: str, top: Path) -> Iterator[tuple[str, bytes]]:
    """The YAML files at or below a path of the commit, by their path from the top; no links, and no hidden files."""
    blobs: dict[str, bytes] = {}
    listing = _git(["ls-tree", "-r", "-z", "--full-tree", commit, "--", path], top) or b""
    for entry in filter(None, listing.split(b"\0")):
        head, _, name = entry.partition(b"\t")
        file = name.decode("utf-8", "replace")
        hidden = any(part.startswith(".") for part in PurePosixPath(file).relative_to(path).parts)
        if head.startswith(b"100") and (file == path or (file.endswith((".yaml", ".yml")) and not hidden)):
            blobs[file] = head.split()[2]
    contents = _git(["cat-file", "--batch"], top, b"".join(blob + b"\n" for blob in blobs.values())) or b""
    # For each blob a line with its size, its bytes, and a line end.
    at = 0
    for file in blobs:
        end = contents.index(b"\n", at)
        size = int(contents[at:end].split()[2])
        yield file, contents[end + 1 : end + 1 + size]
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
