"""Every result for programs: the published members in their order, numbers as numbers. And reports read back."""

from contextlib import suppress

import msgspec
from msgspec.structs import replace

from drift.render import RenderOptions
from drift.render.words import times
from drift.report.codec import builtins, decode, encode
from drift.report.codec import schema as json_schema
from drift.report.report import SCHEMA_VERSION, Report


def render(value: object, _options: RenderOptions) -> str:
    """One JSON document, always complete; a report that was read from an older one gets the version of its members."""
    if isinstance(value, Report) and value.schema_version != SCHEMA_VERSION:
        value = replace(value, schema_version=SCHEMA_VERSION)
    try:
        document = encode(value)
    except UnicodeEncodeError:
        document = encode(_encodable(builtins(value)))
    # In a CI log GitHub's runner would obey it wherever it stands; outside of strings it does not occur.
    return msgspec.json.format(document, indent=2).decode().replace("##[", r"#\u0023[") + "\n"


def _encodable(value: object) -> object:
    r"""The value with lone surrogates, which UTF-8 cannot hold, written out as ``\ud800``."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(name): _encodable(member) for name, member in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value


class _Version(msgspec.Struct, frozen=True):
    """What every version of the report has."""

    schema_version: str


def version_of(document: bytes | str) -> str:
    """The schema version of a report, whatever else is in it.

    Raises:
        msgspec.ValidationError: It has none.
        msgspec.DecodeError: It is not JSON.
    """
    return decode(document, _Version).schema_version


def parse(document: bytes | str) -> Report:
    """Read a JSON report back; members that this version does not know are ignored.

    Raises:
        msgspec.ValidationError: It is not a report.
        msgspec.DecodeError: It is not JSON.
    """
    report = decode(document, Report)
    with suppress(ValueError):
        if all(moment.tzinfo for moment in times(report)):
            return report
    raise msgspec.ValidationError("Expected RFC 3339 - at `$.started_at` and `$.finished_at`")


def schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"baseten-drift report {SCHEMA_VERSION}",
        "description": "Within major version 1 members are only added: ignore those that you do not know.",
        **json_schema(Report),
    }
