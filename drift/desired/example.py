"""Where the worked example is, in an installed package as in a checkout."""

from pathlib import Path


def example_directory() -> Path:
    """The directory of the worked example: what ``drift init`` copies and ``drift demo`` checks.

    A wheel carries it as ``drift/example``; a checkout keeps it as ``desired`` beside the package, where
    people expect their own files.

    Raises:
        FileNotFoundError: The installation has neither.
    """
    from importlib.resources import as_file, files  # noqa: PLC0415 - slow to import, and only two commands need it

    package = files("drift")
    for candidate in (package / "example", package / ".." / "desired"):
        if candidate.is_dir():
            with as_file(candidate) as path:
                return path.resolve()
    raise FileNotFoundError("this installation of drift has no worked example")
