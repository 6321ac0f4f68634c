"""The API key shows itself to the request header and to nothing else."""

import copy
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import pytest

from drift.errors import SettingsError
from drift.gateway.key import REDACTED, ApiKey

TEXT = "AbCdEf12.s3cr3t-s3cr3t-s3cr3t"


@pytest.fixture
def key() -> ApiKey:
    """A key of the usual form."""
    return ApiKey(TEXT, origin="test")


def test_header(key: ApiKey) -> None:
    """Both documented schemes are spelled as documented."""
    assert key.header() == f"Bearer {TEXT}"
    assert key.header("api-key") == f"Api-Key {TEXT}"


def test_prefix(key: ApiKey) -> None:
    """The part before the dot may be shown; a key without a dot has no such part."""
    assert key.prefix == "AbCdEf12"
    assert ApiKey("nodot", origin="test").prefix == ""


def test_no_conversion_shows_it(key: ApiKey) -> None:
    """Text, debugging and formatting all hide the key."""
    for shown in (repr(key), str(key), f"{key}", f"{key!r:>20}", f"{key:>40}", f"{[key]}"):
        assert "s3cr3t" not in shown
        assert "AbCdEf12" not in shown
    assert not hasattr(key, "__dict__")


def test_no_copy_holds_it_elsewhere(key: ApiKey) -> None:
    """Copies are the key itself; it cannot be pickled or encoded."""

    @dataclass
    class Holder:
        key: ApiKey

    assert copy.copy(key) is key
    assert copy.deepcopy(key) is key
    assert "s3cr3t" not in repr(asdict(Holder(key)))
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        msgspec.json.encode(key)


@pytest.mark.parametrize("text", [TEXT, "s3cr3t-s3cr3t-s3cr3t", f"x{TEXT}y"])
def test_redacts_itself(key: ApiKey, text: str) -> None:
    """The whole key and its secret half disappear from any text."""
    assert "s3cr3t" not in key.redact(f"Illegal header value: {text}!")
    assert REDACTED in key.redact(text)


def test_redacts_its_json_form() -> None:
    """A key with a quote or a backslash is found in JSON too."""
    key = ApiKey('ab"c\\d-long', origin="test")
    assert "long" not in key.redact('{"error": "bad key ab\\"c\\\\d-long"}')


def test_redacting_leaves_other_text_alone(key: ApiKey) -> None:
    """A short part after the dot is not worth tearing holes into words."""
    assert key.redact("HTTP 401 Unauthorized") == "HTTP 401 Unauthorized"
    assert ApiKey("key.a", origin="test").redact("a message") == "a message"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"s3cr3t\nmore\n", "more than one line"),
        (b"s3cr3t\n\n", "more than one line"),
        (b" s3cr3t", "blank"),
        (b"s3cr3t\x00", "control"),
        (b"s3cr3t\x1b[31m", "control"),
        ("s3cr3t-\N{LATIN SMALL LETTER E WITH ACUTE}".encode(), "ASCII"),
        (b"\xef\xbb\xbfs3cr3t", "ASCII"),
        ("s3cr3t".encode("utf-16"), "ASCII"),
        (b"s3cr3t" * 1000, "characters"),
    ],
)
def test_unusable_key_file(tmp_path: Path, content: bytes, problem: str) -> None:
    """Each kind of wrong file has its message, and its content is never shown."""
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=problem) as caught:
        ApiKey.from_file(path)
    said = f"{caught.value} {caught.value.args} {caught.value.hint}"
    assert str(path) in said
    assert "s3cr3t" not in said.replace(str(path), "")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_key_file(tmp_path: Path, ending: str) -> None:
    """One line end is an editor's, not the key's."""
    path = tmp_path / "key"
    path.write_bytes((TEXT + ending).encode())
    assert ApiKey.from_file(path).header() == f"Bearer {TEXT}"


def test_missing_key_file(tmp_path: Path) -> None:
    """A file that cannot be read is a setting that cannot be used."""
    with pytest.raises(SettingsError, match="No such file"):
        ApiKey.from_file(tmp_path / "none")
    with pytest.raises(SettingsError, match="directory"):
        ApiKey.from_file(tmp_path)
