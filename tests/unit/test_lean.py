"""Optional parts of libraries that are left out when they are imported."""

import subprocess
import sys

PROGRAM = """
import sys
from drift.checker.models import diff_models
from drift.model.limits import LimitKey
key = LimitKey("rate_limits", "TOKEN", "MINUTE")
assert len(diff_models({"a/b": {key: 1}}, {"a/b": {key: 2}})) == 1
"""


def loaded(program: str) -> set[str]:
    """Modules that are loaded after a program in a fresh interpreter."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{program}\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


def test_a_difference_brings_no_pydantic() -> None:
    """DeepDiff looks for it, to walk models that never come here."""
    modules = loaded(PROGRAM)
    assert "deepdiff" in modules
    assert not any(module.partition(".")[0] == "pydantic" for module in modules)


def test_pydantic_can_be_imported_afterwards() -> None:
    """Leaving it out leaves nothing behind."""
    assert "pydantic.main" in loaded(f"{PROGRAM}\nfrom pydantic import BaseModel")


def test_pydantic_that_is_there_stays() -> None:
    """A program that uses both has what it had."""
    assert "pydantic.main" in loaded(f"import pydantic.main\n{PROGRAM}")
