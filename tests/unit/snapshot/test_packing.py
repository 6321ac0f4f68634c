"""Files that are packed, and files that pretend to be."""

import sys
import zlib

import pytest
import zstandard

from drift.errors import SettingsError
from drift.snapshot import pack, unpack

DATA = b'{"groups": []}\n' * 1000
BOUND = 1024 * 1024


@pytest.mark.parametrize(("name", "first"), [("a.json", b"{"), ("a.json.gz", b"\x1f\x8b"), ("a.zst", b"\x28\xb5")])
def test_the_name_says_how_it_is_packed_and_the_bytes_how_to_unpack(name: str, first: bytes) -> None:
    packed = pack(DATA, name)

    assert packed.startswith(first)
    assert unpack(packed, "renamed") == DATA
    assert packed == pack(DATA, f"other-{name}")


def test_a_gzip_file_tells_no_time_and_no_name() -> None:
    assert pack(DATA, "a.gz")[3:8] == b"\0\0\0\0\0"


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
@pytest.mark.parametrize("at", [10, 30, -1])
def test_a_file_that_was_cut_off_is_refused(name: str, at: int) -> None:
    with pytest.raises(SettingsError, match=r"a is damaged: it ends too early"):
        unpack(pack(DATA, name)[:at], "a")


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_what_follows_the_end_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="something follows its end"):
        unpack(pack(DATA, name) + b"more", "a")
    with pytest.raises(SettingsError, match="something follows its end"):
        unpack(pack(DATA, name) + pack(DATA, name), "a")


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_a_changed_byte_is_noticed(name: str) -> None:
    packed = bytearray(pack(DATA, name))
    packed[-2] ^= 1
    with pytest.raises(SettingsError, match="a is damaged"):
        unpack(bytes(packed), "a")


@pytest.mark.parametrize("name", ["a.json", "a.gz", "a.zst"])
def test_more_than_the_bound_is_refused_and_the_bound_itself_is_not(name: str) -> None:
    assert len(unpack(pack(bytes(BOUND), name), "a", largest=BOUND)) == BOUND
    with pytest.raises(SettingsError, match="a is larger than 1 MiB"):
        unpack(pack(bytes(BOUND + 1), name), "a", largest=BOUND)


def test_a_bomb_is_never_unpacked_whole() -> None:
    """A gibibyte of zeros is 32 KiB for zstd; memory must not follow the zeros."""
    packer = zstandard.ZstdCompressor().compressobj()
    bomb = b"".join([packer.compress(bytes(BOUND)) for _ in range(1024)]) + packer.flush()
    gzip = zlib.compressobj(wbits=31)
    other = b"".join([gzip.compress(bytes(BOUND)) for _ in range(256)]) + gzip.flush()
    import tracemalloc  # noqa: PLC0415 - for this test alone

    tracemalloc.start()
    for packed in (bomb, other):
        with pytest.raises(SettingsError, match="larger than"):
            unpack(packed, "bomb", largest=BOUND)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 * BOUND


def test_without_the_library_zst_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack(DATA, "a.zst")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    for attempt, data in ((pack, DATA), (unpack, packed)):
        with pytest.raises(SettingsError, match="zstandard, which is not installed") as refused:
            attempt(data, "a.zst")
        assert "baseten-drift[zstd]" in refused.value.hint
