"""The published OpenAPI document as a judge; its path is given on the command line.

Run with: uv run pytest tests/contract --openapi PATH
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

HOW = (
    "This suite compares the sandbox with the vendor's published OpenAPI document. Give its path:\n"
    "  uv run pytest tests/contract --openapi PATH\n"
    "The document is served at https://api.baseten.co/v1/spec."
)
DOCUMENT = "urn:openapi"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that this suite cannot do without."""
    parser.addoption("--openapi", metavar="PATH", help="published OpenAPI document, YAML or JSON")


@pytest.fixture(scope="session")
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The document as a value."""
    path = request.config.getoption("openapi", default=None)
    if path is None:
        pytest.fail(HOW, pytrace=False)
    loaded: dict[str, Any] = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def judge(
    document: dict[str, Any],
) -> Callable[[str, str, Literal["request", "response"], object], list[str]]:
    """Says what is wrong with a body, given its path template, its method and which body it is."""
    registry = Registry().with_resource(DOCUMENT, DRAFT202012.create_resource(document))

    def errors(path: str, method: str, side: Literal["request", "response"], body: object) -> list[str]:
        operation = document["paths"][path][method.lower()]
        holder = operation["requestBody"] if side == "request" else operation["responses"]["200"]
        reference = holder["content"]["application/json"]["schema"]["$ref"]
        validator = Draft202012Validator({"$ref": f"{DOCUMENT}{reference}"}, registry=registry)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]

    return errors
