"""The command line: one module per command, only wiring. It alone reads the environment, prints and exits."""

from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run ``drift`` with these arguments and return the exit code."""
    from drift.cli.app import main  # noqa: PLC0415 - keeps `import drift.cli` free of click

    return main(argv)
