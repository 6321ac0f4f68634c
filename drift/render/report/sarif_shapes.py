"""The part of SARIF 2.1.0 that the report uses, with the standard's own names.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Level: TypeAlias = Literal["error", "warning", "note"]
Property: TypeAlias = str | tuple[str, ...]


class Shape(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Members that are not set are left out."""


class Message(Shape, frozen=True):
    """Text, and the same in Markdown where a viewer can show it."""

    text: str
    markdown: str | None = None


class ArtifactLocation(Shape, frozen=True):
    """A file, as URI reference."""

    uri: str
    uri_base_id: str | None = None


class Region(Shape, frozen=True):
    """A place in a file; both count from 1."""

    start_line: int
    start_column: int


class PhysicalLocation(Shape, frozen=True):
    """A place in the repository."""

    artifact_location: ArtifactLocation
    region: Region


class LogicalLocation(Shape, frozen=True):
    """A place in the model: which member of which group."""

    name: str
    fully_qualified_name: str
    kind: str


class Place(Shape, frozen=True):
    """SARIF's ``location``."""

    physical_location: PhysicalLocation
    logical_locations: tuple[LogicalLocation, ...] = ()


class Suppression(Shape, frozen=True):
    """Why a result does not count."""

    kind: str
    status: str
    justification: str
    location: Place


class Result(Shape, frozen=True):
    """One remark at one line."""

    rule_id: str
    rule_index: int
    level: Level
    message: Message
    locations: tuple[Place, ...]
    partial_fingerprints: Mapping[str, str]
    suppressions: tuple[Suppression, ...] = ()
    properties: Mapping[str, Property] | None = None


class Configuration(Shape, frozen=True):
    """What a rule reports at unless a result says otherwise."""

    level: Level


class RuleShape(Shape, frozen=True):
    """SARIF's ``reportingDescriptor``."""

    id: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    properties: Mapping[str, Property]


class Driver(Shape, frozen=True):
    """The program and its rules."""

    name: str
    version: str
    rules: tuple[RuleShape, ...]


class Tool(Shape, frozen=True):
    """What made the results."""

    driver: Driver


class Notification(Shape, frozen=True):
    """What the run says about itself."""

    level: Level
    message: Message


class Invocation(Shape, frozen=True):
    """How the run went; times are RFC 3339, UTC."""

    execution_successful: bool
    exit_code: int
    start_time_utc: str
    end_time_utc: str
    tool_execution_notifications: tuple[Notification, ...] = ()


class AutomationDetails(Shape, frozen=True):
    """What tells this kind of run from others of the same commit."""

    id: str


class Run(Shape, frozen=True):
    """One run of the tool."""

    tool: Tool
    automation_details: AutomationDetails
    invocations: tuple[Invocation, ...]
    column_kind: str
    results: tuple[Result, ...]
    original_uri_base_ids: Mapping[str, Mapping[str, Message]]
    properties: Mapping[str, Property] | None = None


class Log(Shape, frozen=True):
    """The whole document."""

    schema: str = field(name="$schema")
    version: str
    runs: tuple[Run, ...]
