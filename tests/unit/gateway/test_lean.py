"""What importing costs: libraries that are loaded too early slow down every command."""

import subprocess
import sys


def loaded(statement: str) -> set[str]:
    """Modules that are loaded after a statement in a fresh interpreter."""
    program = f"import sys; {statement}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


def test_package_is_light() -> None:
    """The package itself brings no HTTP library, and keys, plans and addresses need none."""
    modules = loaded(
        "import drift.gateway, drift.gateway.key, drift.gateway.plan, drift.gateway.address, drift.gateway.wire"
    )
    assert not modules & {"httpx", "httpcore", "ssl"}


def test_source_brings_no_terminal_library() -> None:
    """The command that httpx has of its own is left out."""
    modules = loaded("import drift.gateway.source, httpx; assert callable(httpx.Client)")
    assert "httpx" in modules
    assert not modules & {"rich", "click", "pygments", "asyncio"}


def test_httpx_that_is_there_is_used() -> None:
    """A program that has imported httpx before keeps all of it."""
    assert "httpx._main" in loaded("import httpx, drift.gateway.source; from drift.gateway.lean import httpx")
