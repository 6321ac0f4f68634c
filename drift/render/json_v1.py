"""The JSON report, schema version 1: the report's own members, in their order, numbers as numbers."""

import msgspec

from drift.render import RenderOptions
from drift.report import SCHEMA_VERSION, Report


def render(report: Report, _options: RenderOptions) -> str:
    """One JSON document."""
    document = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    # In a CI log GitHub's runner would obey it, in whatever it stands; outside of strings it does not occur.
    return document.replace("##[", r"#\u0023[") + "\n"


def parse(document: bytes | str) -> Report:
    """Read a JSON report back; members that this version does not know are ignored.

    Raises:
        msgspec.ValidationError: It is not a report.
        msgspec.DecodeError: It is not JSON.
    """
    return msgspec.json.decode(document, type=Report)


def schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"baseten-drift report {SCHEMA_VERSION}",
        "description": "Within major version 1 members are only added: ignore those that you do not know.",
        **msgspec.json.schema(Report),
    }
