"""What Pulumi stores of the provider, and what importing the package does."""

import base64
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_provider.provider import GatewayGroupProvider

PICKLE = {
    # By protocol, which is Python's default: 4 up to 3.13, 5 from 3.14 on.
    4: "gASVOAAAAAAAAACMGHB1bHVtaV9wcm92aWRlci5wcm92aWRlcpSMFEdhdGV3YXlHcm91cFByb3ZpZGVylJOUKYGULg==",
    5: "gAWVOAAAAAAAAACMGHB1bHVtaV9wcm92aWRlci5wcm92aWRlcpSMFEdhdGV3YXlHcm91cFByb3ZpZGVylJOUKYGULg==",
}
"""Stands in users' state as ``__provider``. Refreshing reads it back, so neither module nor class may be renamed."""

SERIALIZE = (
    "from pulumi.dynamic.dynamic import serialize_provider as s; "
    "from pulumi_provider.provider import GatewayGroupProvider as P; print(s(P()))"
)


def test_the_stored_form_is_a_name_and_nothing_else() -> None:
    assert serialize_provider(GatewayGroupProvider()) == PICKLE[pickle.DEFAULT_PROTOCOL]


def test_a_provider_that_knows_a_key_is_stored_the_same() -> None:
    provider = GatewayGroupProvider()
    provider.configure(ConfigureRequest(Config({"baseten:apiKey": "prefix.secret-half"}, "project")))
    assert serialize_provider(provider) == PICKLE[pickle.DEFAULT_PROTOCOL]


@pytest.mark.parametrize("stored", PICKLE.values())
def test_what_any_release_stored_can_be_read(stored: str) -> None:
    assert isinstance(pickle.loads(base64.b64decode(stored)), GatewayGroupProvider)  # noqa: S301 - made above


def test_the_stored_form_depends_on_no_directory_or_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SERIALIZE + "\n# a comment\n", encoding="utf-8")
    path = str(Path(__file__).parents[3])
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "program.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},  # noqa: TID251 - passed on
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == PICKLE[pickle.DEFAULT_PROTOCOL]


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )


def test_drift_never_imports_pulumi() -> None:
    done = python("import sys, drift, drift.cli.app, drift.checker.check; sys.exit('pulumi' in sys.modules)")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_the_sdk_there_is_one_clear_error() -> None:
    done = python("import sys; sys.modules['pulumi'] = None; import drift; import pulumi_provider")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: pulumi_provider needs Pulumi's SDK: pip install 'baseten-drift[pulumi]'"
    )


def test_importing_creates_nothing_and_prints_nothing() -> None:
    done = python(
        "import threading, pulumi; before = threading.active_count(); import pulumi_provider\n"
        "assert threading.active_count() == before"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
