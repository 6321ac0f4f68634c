"""What a report rests on, so that it can be checked later: versions, files, key prefix, digest.

The structs are part of the published report format.
"""

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct

from drift.report.acceptance import Accepted
from drift.report.codec import encode
from drift.report.finding import Finding


class EvidenceFile(Struct, frozen=True):
    """A desired file as it was read."""

    path: str
    sha256: str
    """Of its bytes, in hexadecimal."""


class Evidence(Struct, frozen=True):
    """What was compared, by which rules, and what came out, without times."""

    rule_set: int
    """The version of the rules; it grows when a rule's meaning changes."""
    files: tuple[EvidenceFile, ...]
    git_commit: str | None
    """The commit of the desired files; null outside a repository."""
    git_dirty: bool | None
    """Whether the files differ from that commit."""
    key_prefix: str | None
    """What the API shows of the key, up to the first dot; never more."""
    digest: str = ""
    """SHA-256 over what differs, accepted or not: the same drift has the same digest, whenever, wherever and by
    whichever files it was found."""


def digest(findings: Sequence[Finding], accepted: Sequence[Accepted]) -> str:
    """The digest of a set of differences; order, times, messages and line numbers do not matter."""
    entries = [
        [
            finding.rule,
            finding.group.external_entity_id,
            finding.group.id,
            finding.path,
            finding.desired,
            finding.live,
            finding.severity,
            finding.direction,
            is_accepted,
        ]
        for is_accepted, finding in (
            *((False, finding) for finding in findings),
            *((True, entry.finding) for entry in accepted),
        )
    ]
    lines = sorted(encode(entry, order="deterministic") for entry in entries)
    return sha256(b"\n".join(lines)).hexdigest()
