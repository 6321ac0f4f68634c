"""``drift init``: the worked example as a start of one's own."""

import shutil
from pathlib import Path

import click

from drift.cli.console import write_result
from drift.desired import example_directory
from drift.errors import SettingsError
from drift.model.wording import counted


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("desired"))
def command(directory: Path) -> int:
    """Copy the worked example into DIRECTORY (default: desired), which must not have files of those names."""
    sources = sorted(example_directory().glob("*.yaml"))
    taken = [directory / source.name for source in sources if (directory / source.name).exists()]
    if taken:
        raise SettingsError(f"{taken[0]} exists already", hint="name another directory: drift init DIRECTORY")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copyfile(source, directory / source.name)
    except OSError as error:
        raise SettingsError(f"cannot write to {directory}: {error.strerror or error}") from error
    write_result(
        f"{counted(len(sources), 'file')} in {directory}: {', '.join(source.name for source in sources)}\n"
        f"next: edit them, then run `drift validate {directory}`\n"
    )
    return 0
