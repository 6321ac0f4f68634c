"""Entry point of the ``drift`` command; answers ``--version`` before anything heavy is imported."""

import gc
import sys

from drift.version import __version__

OBJECTS_BEFORE_COLLECTION = 50_000
"""How many new objects the cyclic garbage collector waits for; Python's default is 700."""


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"baseten-drift {__version__}\n")
        return 0
    # Nearly all that starting makes stays, and a sixth of a small check's time went into walking it again and
    # again, and once more at the end.
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    from drift.cli import run  # noqa: PLC0415 - importing it takes longer than printing the version

    code = run(sys.argv[1:])
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
