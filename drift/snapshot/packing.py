"""Compression by the name of the file, and reading that no file can blow up.

The first bytes of a file say what it is packed with, so that a renamed one can be read as well.
"""

import gzip
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePath
from types import ModuleType
from typing import Final

from drift.errors import SettingsError

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a snapshot, unpacked: about half a million groups. More is taken for an attack or a mistake."""
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 512
"""Packed bytes at a time: four can stand for 128 KiB in zstd, so no chunk unpacks to more than 16 MiB; gzip to less."""
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


def unpack(data: bytes, name: str, *, largest: int = LARGEST) -> bytes:
    """What a file held before it was packed, at most ``largest`` bytes.

    Raises:
        SettingsError: It is damaged, cut off, or too large; what is too large is never unpacked to its end.
    """
    unpacked = bytearray()
    for piece in _pieces(data, name):
        unpacked += piece
        if len(unpacked) > largest:
            megabytes = largest // (1024 * 1024)
            raise SettingsError(
                f"{name} is larger than {megabytes:,} MiB when unpacked", hint="no snapshot is that large"
            )
    return bytes(unpacked)


def _pieces(data: bytes, name: str) -> Iterator[bytes]:
    broken: type[Exception] = zlib.error
    if data.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
    elif data.startswith(_ZSTD):
        zstandard = _zstandard(name)
        unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
        broken = zstandard.ZstdError
    else:
        yield data
        return
    try:
        for start in range(0, len(data), _CHUNK):
            if unpacker.eof:
                raise _damaged(name, "something follows its end")
            yield unpacker.decompress(data[start : start + _CHUNK])
    except broken as error:
        raise _damaged(name, str(error)) from None
    if not unpacker.eof:
        raise _damaged(name, "it ends too early")
    if unpacker.unused_data:
        raise _damaged(name, "something follows its end")


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
