"""An opt-in suite: ``uv run pytest tests/soak --minutes 10``."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, help="how long to check the same groups over and over")


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    asked: float | None = request.config.getoption("--minutes")
    if asked is None:
        pytest.fail("say how long: uv run pytest tests/soak --minutes 10", pytrace=False)
    return asked
