"""What a report rests on, so that it can be checked later: versions, files, key prefix, digest.

The structs are part of the published report format.
"""

from msgspec import Struct


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
    digest: str
    """SHA-256 over the findings without times: the same drift has the same digest."""
