"""``drift export``: live groups to desired files."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import click

from drift.checker.workspace import REFUSED, Workspace, read_workspace
from drift.cli.connection import Connection, connection_options
from drift.cli.console import catch_interrupts, say, say_error, say_notes, write_result
from drift.cli.files import write_file
from drift.errors import HINTS, Cause, DesiredError, ExitCode, OutputError, SettingsError, UndeclarableError
from drift.export.additions import Destination, Layout
from drift.export.exporting import Exported, ExportOptions, LiveState, declared_in, differences, export
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup
from drift.model.readings import Failed, Reading
from drift.model.selection import Selection
from drift.model.wording import counted
from drift.render.visible import visible

_SUFFIXES = (".yaml", ".yml")
_MOST_SHOWN = 20


@click.command(
    epilog="Exit codes: 0 written, or nothing to write; 1 unexpected error; 2 declared values differ from live, and "
    "--force was not given; 3 something could not be read, or cannot be declared; 4 usage or invalid files; "
    "5 authentication; 130/143 interrupted. Nothing is written with the codes 2 to 5."
)
@click.argument("path", default="desired", metavar="[PATH]")
@click.option(
    "--layout",
    type=click.Choice(get_args(Layout)),
    help="Of new files in a directory: one for all groups, one for each tree, or one for each group. "
    "[default: per-root]",
)
@click.option(
    "--select",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only groups whose external id matches, e.g. 'acme-*'; may be repeated. '!GLOB' leaves out.",
)
@click.option(
    "--below",
    multiple=True,
    metavar="EXTERNAL_ID",
    help="Only this group and all below it; may be repeated.",
)
@click.option("--unmanaged-only", is_flag=True, help="Only add groups that no file declares; leave all others alone.")
@click.option("--profiles", is_flag=True, help="Give new groups profiles for the limits that models share.")
@click.option("--pin-ids", is_flag=True, help="Write the internal ids, so that a re-created group is noticed.")
@click.option("--force", is_flag=True, help="Replace declared values that differ from live, and remove missing groups.")
@click.option("--dry-run", is_flag=True, help="Print the changes as a unified diff, and write nothing.")
@connection_options
def command(
    path: str,
    *,
    layout: Layout | None,
    globs: tuple[str, ...],
    below: tuple[str, ...],
    dry_run: bool,
    connection: Connection,
    **flags: bool,
) -> int:
    """Write the live groups as desired files to PATH (default: desired), a directory or a YAML file.

    Groups that the files declare already are edited in place: comments, order, anchors and all that is equal stay
    as they are. What you declared otherwise than live is never overwritten without --force: it is listed, and
    nothing is written. A `drift check` right afterwards finds nothing.
    """
    to = _destination(path, layout)
    # The other options are named as the fields are.
    options = ExportOptions(layout=layout or "per-root", selection=Selection(globs, below), **flags)
    return _export(to, options, connection, dry_run=dry_run)


def _destination(path: str, layout: Layout | None) -> Destination:
    if path == "-":
        raise SettingsError("an export cannot go to standard output", hint="--dry-run prints what would be written")
    if not path:
        raise SettingsError("no PATH to export to", hint="name a directory, such as desired, or a YAML file")
    target = Path(path)
    try:
        single = target.is_file() or (not target.exists() and target.suffix in _SUFFIXES)
        if target.exists() and not single and not target.is_dir():
            raise SettingsError(f"cannot write to {path}: it is neither a directory nor a file")
        inside = next((parent for parent in target.parents if parent.exists() and not parent.is_dir()), None)
        names = () if single or not target.exists() else [entry.name.casefold() for entry in target.iterdir()]
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot use {path!r}: {getattr(error, 'strerror', None) or error}") from error
    if inside:
        raise SettingsError(f"cannot write to {path}: {inside} is not a directory")
    if single and layout not in (None, "single"):
        raise SettingsError(f"{path} is one file, and --layout {layout} writes several", hint="name a directory")
    return Destination(target, None if single else frozenset(names))


def _export(to: Destination, options: ExportOptions, connection: Connection, *, dry_run: bool) -> int:
    before = _existing_files(to.path)
    texts = {name: data.decode() for name, data in before.items()}
    desired = declared_in(texts).desired.groups
    with connection.gateway(len(desired) or None) as live:

        def suspects(readings: Sequence[Reading]) -> Sequence[DesiredGroup]:
            # What seems to differ is asked for once more, as in a check.
            return () if options.unmanaged_only else _differing(desired, readings)

        workspace = read_workspace(live.source, desired, on_reading=live.on_reading, suspects=suspects)
        ended_by = live.interrupts.code()
        broken = live.source.broken_ids
    if ended_by is not None:
        say("interrupted; nothing was written")
        return ended_by
    refused = _refuse_unread(workspace, broken, options)
    if refused is not None:
        return refused
    say_notes(workspace.notes)
    try:
        exported = export(texts, LiveState.of(workspace.readings), options, to)
    except UndeclarableError as error:
        _list(error.reasons)
        raise
    if exported.conflicts:
        return _refuse_conflicts(exported)
    if dry_run:
        write_result("".join(_difference(name, texts.get(name), text) for name, text in sorted(exported.texts.items())))
        return ExitCode.IN_SYNC
    # Once the first file is there, the others shall be as well.
    with catch_interrupts() as interrupts:
        _write_files(to.path.parent if to.taken is None else to.path, before, exported.texts)
    write_result(_summary(to, exported, new=sum(name not in before for name in exported.texts)))
    return interrupts.code() or ExitCode.IN_SYNC


def _differing(desired: Sequence[DesiredGroup], readings: Sequence[Reading]) -> Sequence[DesiredGroup]:
    failed = {id(reading.desired) for reading in readings if isinstance(reading, Failed)}
    drift = differences(desired, LiveState.of(readings))
    return [group for group in desired if desired_key(group) in drift and id(group) not in failed]


def _refuse_unread(workspace: Workspace, broken_ids: Sequence[str | None], options: ExportOptions) -> ExitCode | None:
    """The exit code, said why, if something is unread that may be selected."""
    failed = workspace.failed
    failure = workspace.list_failure or next((one for one in failed if one.cause is Cause.NOT_FOUND_ANYWHERE), None)
    if failure:
        say_error(f"{failure.message.rstrip('.')}; nothing was written", HINTS.get(failure.cause, ""))
        return ExitCode.AUTH if failure.cause in REFUSED else ExitCode.INCOMPLETE
    selection = options.selection
    unread = [
        f"{reading.desired.ref.label}: {reading.message}"
        for reading in failed
        if not options.unmanaged_only and selection.may_name(reading.desired.external_entity_id)
    ]
    unread += [f"{name or 'an item'} of the list" for name in broken_ids if selection.may_name(name)]
    if unread:
        _list(unread)
        say_error(
            f"{counted(len(unread), 'group')} could not be read; nothing was written",
            "run again; or leave them out with --select '!EXTERNAL_ID'",
        )
        return ExitCode.INCOMPLETE
    if failed or broken_ids:
        say(f"note: {counted(len(failed) + len(broken_ids), 'group')} could not be read, and none of them is selected")
    return None


def _refuse_conflicts(exported: Exported) -> int:
    for conflict in exported.conflicts:
        say(f"{visible(str(conflict.source))}: conflict: {visible(conflict.group.label)}: {visible(conflict.message)}")
    say_error(
        f"{counted(len(exported.conflicts), 'difference')} between the files and live; nothing was written",
        "--force takes over what is live; --unmanaged-only adds new groups and leaves these alone",
    )
    return ExitCode.DRIFT


def _list(reasons: Sequence[str]) -> None:
    for reason in reasons[:_MOST_SHOWN]:
        say(f"  {visible(reason)}")
    if len(reasons) > _MOST_SHOWN:
        say(f"  and {len(reasons) - _MOST_SHOWN} more")


def _summary(to: Destination, exported: Exported, *, new: int) -> str:
    path = visible(str(to.path))
    if not exported.texts:
        return f"{counted(exported.groups, 'declared group')} in {path}: nothing to write\n"
    return (
        f"{counted(new, 'file')} written, {len(exported.texts) - new} changed in {path}: "
        f"{counted(exported.groups, 'group')} declared, {exported.added} of them new\n"
        f"next: drift check {path}\n"
    )


def _existing_files(path: Path) -> Mapping[str, bytes]:
    """The desired files that are there.

    Raises:
        DesiredError: One of them cannot be read.
    """
    if not path.exists():
        return {}
    from drift.desired.files import NO_FILES, is_text, read_files  # noqa: PLC0415 - PyYAML only when files are read

    sources = list(read_files([path]))
    problems = [problem for source in sources for problem in source.problems.all()]
    if problems and not (path.is_dir() and {problem.message for problem in problems} == {NO_FILES}):
        raise DesiredError(problems)
    files = {source.problems.file: source.data for source in sources if source.data is not None}
    for source in sources:
        if source.data is not None and not is_text(source.data, source.problems):
            raise DesiredError(source.problems.all())
    return files


def _write_files(directory: Path, before: Mapping[str, bytes], texts: Mapping[str, str]) -> None:
    """Write all files, each in one step; ``directory`` is made if it is not there.

    Raises:
        OutputError: A file is no longer what was read, or cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {directory}: {error.strerror or error}") from error
    for name in texts:
        _refuse_changed(name, before.get(name))
    for name, text in sorted(texts.items()):
        write_file(Path(name), text)


def _refuse_changed(name: str, before: bytes | None) -> None:
    """Refuse to overwrite what somebody wrote while the groups were being read."""
    now: bytes | None = None
    with suppress(OSError):
        now = Path(name).read_bytes()
    if now != before:
        raise OutputError(f"{name} changed during the export; nothing was written", hint="run again")


def _difference(name: str, before: str | None, after: str) -> str:
    """The change as `git apply` and `patch` take it."""
    from difflib import unified_diff  # noqa: PLC0415 - only exports need it

    def lines(text: str) -> list[str]:
        parts = text.split("\n")
        return [f"{part}\n" for part in parts[:-1]] + (
            [f"{parts[-1]}\n\\ No newline at end of file\n"] if parts[-1] else []
        )

    shown = visible(Path(name).as_posix().lstrip("/"))
    old = "/dev/null" if before is None else f"a/{shown}"
    return "".join(unified_diff(lines(before or ""), lines(after), old, f"b/{shown}"))
