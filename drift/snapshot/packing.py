"""Compression by the name of the file, and reading that no file can blow up.

What a file is packed with is told by its first bytes, so that a renamed one can be read as well.
"""

import gzip
import zlib
from importlib import import_module
from pathlib import PurePath
from types import ModuleType
from typing import Final

from drift.errors import SettingsError

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a snapshot, unpacked: about half a million groups. More is taken for an attack or a mistake."""
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 512
"""Packed bytes at a time: four can stand for 128 KiB in zstd, so no chunk unpacks to more than 16 MiB."""
_LARGEST_WINDOW = 128 * 1024 * 1024
"""Bytes of memory that a zstd frame may demand; what the usual tool allows, too."""


def pack(data: bytes, name: str) -> bytes:
    """The bytes as a file called ``name`` holds them: ``.gz`` and ``.zst`` are packed, the same bytes every time.

    Raises:
        SettingsError: ``.zst`` is asked for and the library for it is not installed.
    """
    match PurePath(name).suffix:
        case ".gz":
            return gzip.compress(data, compresslevel=6, mtime=0)
        case ".zst":
            return bytes(_zstandard(name).ZstdCompressor(level=9, write_checksum=True).compress(data))
        case _:
            return data


def require(name: str) -> None:
    """Refuse a name now that :func:`pack` would refuse later, when everything is read."""
    if PurePath(name).suffix == ".zst":
        _zstandard(name)


def unpack(data: bytes, name: str, *, largest: int = LARGEST) -> bytes:
    """What a file held before it was packed, at most ``largest`` bytes.

    Raises:
        SettingsError: It is damaged, cut off, or too large; no more than ``largest`` is ever unpacked.
    """
    if data.startswith(_GZIP):
        unpacked = _gunzip(data, name, largest)
    elif data.startswith(_ZSTD):
        unpacked = _unzstd(data, name, largest)
    else:
        unpacked = data
    if len(unpacked) > largest:
        raise too_large(name, largest)
    return unpacked


def too_large(name: str, largest: int) -> SettingsError:
    """The error for a file that unpacks to more than ``largest`` bytes."""
    return SettingsError(
        f"{name} is larger than {largest // (1024 * 1024):,} MiB when unpacked", hint="no snapshot is that large"
    )


def _gunzip(data: bytes, name: str, largest: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, largest + 1)
    except zlib.error as error:
        raise _damaged(name, str(error)) from None
    if len(unpacked) > largest:
        raise too_large(name, largest)
    if not unpacker.eof:
        raise _damaged(name, "it ends too early")
    if unpacker.unused_data:
        raise _damaged(name, "something follows its end")
    return unpacked


def _unzstd(data: bytes, name: str, largest: int) -> bytes:
    zstandard = _zstandard(name)
    pieces: list[bytes] = []
    size = 0
    try:
        unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
        for start in range(0, len(data), _CHUNK):
            if unpacker.eof:
                raise _damaged(name, "something follows its end")
            piece = unpacker.decompress(data[start : start + _CHUNK])
            size += len(piece)
            if size > largest:
                raise too_large(name, largest)
            pieces.append(piece)
    except zstandard.ZstdError as error:
        raise _damaged(name, str(error)) from None
    if not unpacker.eof:
        raise _damaged(name, "it ends too early")
    if unpacker.unused_data:
        raise _damaged(name, "something follows its end")
    return b"".join(pieces)


def _damaged(name: str, reason: str) -> SettingsError:
    return SettingsError(f"{name} is damaged: {reason}", hint="take the snapshot again, or fetch the file again")


def _zstandard(name: str) -> ModuleType:
    try:
        return import_module("zstandard")
    except ImportError:
        raise SettingsError(
            f"{name}: zstd needs the package zstandard, which is not installed",
            hint="pip install 'baseten-drift[zstd]', or use .gz",
        ) from None
