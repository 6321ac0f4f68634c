"""``drift export``: live groups to desired files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
from msgspec import Struct

from drift.cli.checking import api_key, connected
from drift.cli.console import say, say_error, write_result
from drift.cli.files import difference, existing_files, write_files
from drift.cli.interrupts import catch_interrupts
from drift.cli.options import Connection, connection_options
from drift.desired.values import Desired
from drift.errors import HINTS, Cause, ExitCode, SettingsError, UndeclarableError
from drift.export.placing import Layout
from drift.export.state import Live, Options, differences
from drift.model.forest import desired_key
from drift.model.readings import Failed, Reading
from drift.model.selection import Selection
from drift.model.wording import counted
from drift.render.visible import visible

if TYPE_CHECKING:
    from drift.cli.checking import Live as Connected
    from drift.export.plan import Place, Plan
    from drift.gateway.source import GatewaySource

_REFUSED = frozenset({Cause.UNAUTHORIZED, Cause.FORBIDDEN})
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
    unmanaged_only: bool,
    profiles: bool,
    pin_ids: bool,
    force: bool,
    dry_run: bool,
    connection: Connection,
) -> int:
    """Write the live groups as desired files to PATH (default: desired), a directory or a YAML file.

    Groups that the files declare already are edited in place: comments, order, anchors and all that is equal stay
    as they are. What you declared otherwise than live is never overwritten without --force: it is listed, and
    nothing is written. A `drift check` right afterwards finds nothing.
    """
    target = _target(path, layout)
    options = Options(
        layout=layout or "per-root",
        selection=Selection(globs, below),
        unmanaged_only=unmanaged_only,
        profiles=profiles,
        pin_ids=pin_ids,
        force=force,
    )
    return _export(target, options, connection, dry_run=dry_run)


class _Target(Struct, frozen=True):
    """Where the export goes."""

    path: Path
    single: bool
    """Whether it is a file, not a directory."""


def _target(path: str, layout: Layout | None) -> _Target:
    if path == "-":
        raise SettingsError("an export cannot go to standard output", hint="--dry-run prints what would be written")
    if not path:
        raise SettingsError("no PATH to export to", hint="name a directory, such as desired, or a YAML file")
    target = Path(path)
    try:
        single = target.is_file() or (not target.exists() and target.suffix in _SUFFIXES)
        known = not target.exists() or single or target.is_dir()
        inside = next((parent for parent in target.parents if parent.exists() and not parent.is_dir()), None)
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot use {path!r}: {getattr(error, 'strerror', None) or error}") from error
    if not known:
        raise SettingsError(f"cannot write to {path}: it is neither a directory nor a file")
    if inside:
        raise SettingsError(f"cannot write to {path}: {inside} is not a directory")
    if single and layout not in (None, "single"):
        raise SettingsError(f"{path} is one file, and --layout {layout} writes several", hint="name a directory")
    return _Target(target, single)


def _export(target: _Target, options: Options, connection: Connection, *, dry_run: bool) -> int:
    key = api_key(connection.api_key_file)
    before = existing_files(target.path)
    from drift.export.plan import declared_in  # noqa: PLC0415 - PyYAML only when files are read

    texts = {name: data.decode() for name, data in before.items()}
    desired = declared_in(texts).desired
    with connected(connection.settings, key, len(desired.groups) or None, show_progress=True) as live:
        readings = _read(live, desired, options)
        ended_by = live.interrupts.code()
        notes = live.source.notes()
    if ended_by is not None:
        say("interrupted; nothing was written")
        return ended_by
    if isinstance(readings, int):
        return readings
    for note in notes:
        say(f"note: {visible(note)}")
    return _write(target, options, before, Live.of(readings), dry_run=dry_run)


def _read(live: "Connected[GatewaySource]", desired: Desired, options: Options) -> list[Reading] | int:
    """Every live group and an answer for each declared one; or the exit code, if something selected is unread."""
    readings: list[Reading] = []
    for reading in live.source.read(desired.groups, unmanaged=True):
        live.on_reading()
        readings.append(reading)
    refused = _incomplete(live, readings, options)
    if refused is None and not options.unmanaged_only:
        # What seems to differ is asked for once more, as in a check: a list is no snapshot.
        drifted = differences(desired.groups, Live.of(readings))
        suspects = [group for group in desired.groups if desired_key(group) in drifted]
        again = {id(reading.desired): reading for reading in live.source.confirm(suspects)} if suspects else {}
        readings = [again.get(id(reading.desired), reading) if reading.desired else reading for reading in readings]
        refused = _incomplete(live, readings, options) if again else None
    if refused is not None:
        return refused
    unread = len(live.source.broken_ids) + sum(isinstance(reading, Failed) for reading in readings)
    if unread:
        say(f"note: {counted(unread, 'group')} could not be read, and none of them is selected")
    return readings


def _incomplete(live: "Connected[GatewaySource]", readings: Sequence[Reading], options: Options) -> ExitCode | None:
    """The exit code, said why, if something is unread that may be selected."""
    if live.interrupts.code() is not None:
        return ExitCode.INTERRUPTED
    failed = [reading for reading in readings if isinstance(reading, Failed)]
    failure = live.source.list_failure
    if failure or any(reading.cause is Cause.NOT_FOUND_ANYWHERE for reading in failed):
        cause, message = (failure.cause, failure.message) if failure else (failed[0].cause, failed[0].message)
        say_error(f"{message.rstrip('.')}; nothing was written", HINTS.get(cause, ""))
        return ExitCode.AUTH if cause in _REFUSED else ExitCode.INCOMPLETE
    selection = options.selection
    unread = [
        f"{reading.desired.ref.label}: {reading.message}"
        for reading in failed
        if not options.unmanaged_only and selection.may_name(reading.desired.external_entity_id)
    ]
    unread += [f"{name or 'an item'} of the list" for name in live.source.broken_ids if selection.may_name(name)]
    if not unread:
        return None
    _list(unread)
    say_error(
        f"{counted(len(unread), 'group')} could not be read; nothing was written",
        "run again; or leave them out with --select '!EXTERNAL_ID'",
    )
    return ExitCode.INCOMPLETE


def _write(target: _Target, options: Options, before: Mapping[str, bytes], live: Live, *, dry_run: bool) -> int:
    from drift.export.plan import plan  # noqa: PLC0415 - PyYAML only when files are read

    texts = {name: data.decode() for name, data in before.items()}
    try:
        planned = plan(texts, live, options, _place(target))
    except UndeclarableError as error:
        _list(error.reasons)
        raise
    if planned.conflicts:
        return _refuse(planned)
    if dry_run:
        write_result("".join(difference(name, texts.get(name), text) for name, text in sorted(planned.texts.items())))
        return ExitCode.IN_SYNC
    # Once the first file is there, the others shall be as well.
    with catch_interrupts() as interrupts:
        write_files(target.path.parent if target.single else target.path, before, planned.texts)
    write_result(_summary(target, planned, before))
    return interrupts.code() or ExitCode.IN_SYNC


def _place(target: _Target) -> "Place":
    from drift.export.plan import Place  # noqa: PLC0415 - PyYAML only when files are read

    if target.single:
        return Place(None, str(target.path))
    names = [entry.name for entry in target.path.iterdir()] if target.path.exists() else []
    return Place(str(target.path), "", frozenset(name.casefold() for name in names))


def _refuse(planned: "Plan") -> int:
    for conflict in planned.conflicts:
        say(f"{visible(str(conflict.location))}: conflict: {visible(conflict.group)}: {visible(conflict.message)}")
    say_error(
        f"{counted(len(planned.conflicts), 'difference')} between the files and live; nothing was written",
        "--force takes over what is live; --unmanaged-only adds new groups and leaves these alone",
    )
    return ExitCode.DRIFT


def _list(reasons: Sequence[str]) -> None:
    for reason in reasons[:_MOST_SHOWN]:
        say(f"  {visible(reason)}")
    if len(reasons) > _MOST_SHOWN:
        say(f"  and {len(reasons) - _MOST_SHOWN} more")


def _summary(target: _Target, planned: "Plan", before: Mapping[str, bytes]) -> str:
    if not planned.texts:
        return f"{counted(planned.groups, 'declared group')} in {visible(str(target.path))}: nothing to write\n"
    new = sum(name not in before for name in planned.texts)
    return (
        f"{counted(new, 'file')} written, {len(planned.texts) - new} changed in {visible(str(target.path))}: "
        f"{counted(planned.groups, 'group')} declared, {planned.added} of them new\n"
        f"next: drift check {visible(str(target.path))}\n"
    )
