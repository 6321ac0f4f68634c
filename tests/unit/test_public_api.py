"""The library's promise: what `import drift` offers, and that it costs nothing until used."""

import subprocess
import sys

import pytest

import drift


@pytest.mark.parametrize("name", drift.__all__)
def test_every_promised_name_is_there(name: str) -> None:
    assert getattr(drift, name) is not None


def test_the_names_are_sorted_and_few() -> None:
    assert list(drift.__all__) == sorted(drift.__all__)
    assert len(drift.__all__) <= 16


def test_a_promised_name_survives_the_import_of_every_module() -> None:
    """A function beside a module of the same name would be hidden by it."""
    modules = "drift.render.report.text, drift.checker.check, drift.desired"
    script = f"import drift, {modules}; print(callable(drift.render_report) and callable(drift.check))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert done.stdout.strip() == b"True"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = drift.chekc


def test_importing_drift_imports_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import drift; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, check=False, cwd=".")

    assert not set(done.stdout.decode().split()) & {"click", "httpx", "pydantic", "msgspec", "yaml"}
