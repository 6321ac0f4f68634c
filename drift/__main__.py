"""Entry point of the ``drift`` command; answers ``--version`` before anything heavy is imported."""

import sys

from drift.version import __version__


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"baseten-drift {__version__}\n")
        return 0
    from drift.cli import run  # noqa: PLC0415 - importing it takes longer than printing the version

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
