"""A workspace as it was read at one time: a file that can be kept, and checked against offline."""

from drift.snapshot.document import Snapshot, encode, parse
from drift.snapshot.packing import pack, unpack
from drift.snapshot.source import SnapshotSource, declared_by

__all__ = ["Snapshot", "SnapshotSource", "declared_by", "encode", "pack", "parse", "unpack"]
