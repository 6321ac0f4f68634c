"""Report formats of other packages, installed as pip leaves them: a module and a dist-info on the path."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from drift.render import FORMATS
from tests.e2e.conftest import Drift, Run

REPORT = Path(__file__).parents[1] / "cases" / "reports" / "version-1.0.json"
MODULE = """
def render(report, options):
    return f"{report.verdict.value} at {report.api_url} {options.verbosity}\\n"

def shout(report, options):
    return "DRIFT!\\n"

def broken(report, options):
    raise ValueError("the template\\x1b[31m has a hole")

def wrong(report, options):
    return b"bytes"

number = 42
"""


class Packages:
    """Installs packages into a directory and runs the command with it."""

    def __init__(self, drift: Drift) -> None:
        self._drift = drift
        self._site = drift.directory / "site"
        self._site.mkdir()

    def install(self, name: str, entry_points: Mapping[str, str], module: str = MODULE) -> None:
        (self._site / f"{name}.py").write_text(module)
        info = self._site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "".join(f"{point} = {value}\n" for point, value in entry_points.items())
        (info / "entry_points.txt").write_text(f"[baseten_drift.renderers]\n{lines}")

    def render(self, *outputs: str) -> Run:
        arguments = [argument for output in outputs for argument in ("--output", output)]
        return self._drift("render", REPORT, *arguments, env={"PYTHONPATH": str(self._site)})


@pytest.fixture
def packages(drift: Drift) -> Packages:
    return Packages(drift)


def test_an_installed_format_is_used_like_any_other(packages: Packages, drift: Drift) -> None:
    packages.install("acme_reports", {"acme": "acme_reports", "shout": "acme_reports:shout"})

    run = packages.render("acme", "shout=shout.txt", "json=report.json")

    assert (run.code, run.err) == (2, "")
    assert run.out == "drift at http://127.0.0.1:8080 0\n"
    assert (drift.directory / "shout.txt").read_text() == "DRIFT!\n"


def test_the_example_of_the_documentation_works(packages: Packages) -> None:
    page = (Path(__file__).parents[2] / "docs" / "machine-reports.md").read_text()
    code = page.rpartition("```python\n")[2].partition("```")[0]
    packages.install("our_reports", {"oneline": "our_reports"}, code)

    assert packages.render("oneline").out == "drift: 8 findings\n"


def test_a_format_that_nobody_offers_lists_those_that_there_are(packages: Packages) -> None:
    packages.install("acme_reports", {"acme": "acme_reports"})

    run = packages.render("acne")

    assert run.code == 4
    assert f"'acne' is not a format; there are {', '.join(FORMATS)}, and of installed plugins acme" in run.err


@pytest.mark.parametrize("asked", ["acme", "other"])
def test_a_package_that_offers_the_name_of_a_built_in_format_is_named(packages: Packages, asked: str) -> None:
    packages.install("acme_reports", {"json": "acme_reports", "acme": "acme_reports"})

    run = packages.render(asked)

    assert (run.code, run.out) == (4, "")
    assert "the package acme_reports offers the report format 'json', which baseten-drift has itself" in run.err
    assert "remove that package" in run.err


def test_such_a_package_never_replaces_the_built_in_format(packages: Packages) -> None:
    packages.install("acme_reports", {"json": "acme_reports:shout"})

    assert packages.render("json").out.startswith("{")


def test_two_packages_with_one_name_are_both_named(packages: Packages) -> None:
    packages.install("acme_reports", {"acme": "acme_reports"})
    packages.install("more_reports", {"acme": "more_reports"})

    run = packages.render("acme")

    assert run.code == 4
    assert "several packages offer the report format 'acme'" in run.err
    assert "acme_reports" in run.err
    assert "more_reports" in run.err


@pytest.mark.parametrize(
    ("value", "module", "said"),
    [
        ("nowhere", MODULE, "ModuleNotFoundError: No module named 'nowhere'"),
        ("acme_reports:nothing", MODULE, "has no attribute 'nothing'"),
        ("acme_reports", "import ruined_dependency", "No module named 'ruined_dependency'"),
        ("acme_reports", "raise SystemError('\\x1b[2J')", "SystemError: \\x1b[2J"),
        ("acme_reports", "1 +", "SyntaxError"),
        ("acme_reports", "x = 1", "is no function: acme_reports"),
        ("acme_reports:number", MODULE, "is no function: acme_reports:number"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_one_clear_error(
    packages: Packages, value: str, module: str, said: str
) -> None:
    packages.install("acme_reports", {"acme": value}, module)

    run = packages.render("acme")

    assert (run.code, run.out) == (4, "")
    assert "the report format 'acme' of the package acme_reports" in run.err
    assert said in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("function", "said"),
    [("broken", "failed: ValueError: the template\\x1b[31m has a hole"), ("wrong", "failed: it gave bytes, not text")],
)
def test_a_format_that_fails_does_not_take_the_others_with_it(
    packages: Packages, drift: Drift, function: str, said: str
) -> None:
    packages.install("acme_reports", {"acme": f"acme_reports:{function}"})

    run = packages.render("acme=acme.txt", "json=report.json", "text")

    assert run.code == 1
    assert said in run.err
    assert "Traceback" not in run.err
    assert "limit-raised" in run.out
    assert (drift.directory / "report.json").exists()
    assert not (drift.directory / "acme.txt").exists()


@pytest.mark.parametrize("output", FORMATS)
def test_built_in_formats_do_not_look_at_what_is_installed(output: str) -> None:
    """Reading the metadata of all packages costs tens of milliseconds."""
    script = (
        "import sys; from drift.cli import run; "
        f"run(['render', {str(REPORT)!r}, '--output', '{output}']); print('LOADED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    loaded = set(done.stdout.decode().rpartition("LOADED")[2].split())
    assert not loaded & {"importlib.metadata", "rich", "deepdiff", "httpx", "pydantic", "yaml"}
