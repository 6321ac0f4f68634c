"""Base URLs that may be used, and the requests that are built on them."""

import pytest

from drift.errors import SettingsError
from drift.gateway.settings import list_query, parse_address


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.baseten.co", "https://api.baseten.co/v1/gateway/groups/abc"),
        ("https://api.baseten.co/", "https://api.baseten.co/v1/gateway/groups/abc"),
        ("https://proxy.example:8443/baseten//", "https://proxy.example:8443/baseten/v1/gateway/groups/abc"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/gateway/groups/abc"),
        ("http://[::1]:8080", "http://[::1]:8080/v1/gateway/groups/abc"),
        ("http://localhost:1", "http://localhost:1/v1/gateway/groups/abc"),
        ("http://127.9.9.9", "http://127.9.9.9/v1/gateway/groups/abc"),
    ],
)
def test_usable(url: str, target: str) -> None:
    """Any https URL, and http on loopback; a path before the API's own is kept."""
    address = parse_address(url)
    assert address.origin + address.group("abc") == target


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://api.baseten.co", "unencrypted"),
        ("http://127.0.0.1.example.com", "unencrypted"),
        ("http://localhost.example.com", "unencrypted"),
        ("http://10.0.0.1", "unencrypted"),
        ("http://0.0.0.0", "unencrypted"),
        ("api.baseten.co", "not an http or https URL"),
        ("ftp://api.baseten.co", "not an http or https URL"),
        ("https://", "not an http or https URL"),
        ("", "not an http or https URL"),
        ("https://api.baseten.co?x=1", "query"),
        ("https://api.baseten.co/#top", "fragment"),
        ("https://api.baseten.co?", "query"),
        ("https://api.baseten.co:port", "not a URL"),
        ("https://api.baseten.co:99999", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://api.baseten.co/a b", "blank"),
        ("https://api.baseten.co/\x7f", "control"),
    ],
)
def test_unusable(url: str, problem: str) -> None:
    """Everything else is refused before a request is sent."""
    with pytest.raises(SettingsError, match=problem):
        parse_address(url)


def test_password_is_not_repeated() -> None:
    """Userinfo is refused, and not shown in the refusal."""
    with pytest.raises(SettingsError) as caught:
        parse_address("https://user:pa55word@api.baseten.co")
    assert "pa55word" not in f"{caught.value!r} {caught.value.hint}"


def test_path_for_messages_has_no_query() -> None:
    """Messages name the path, without cursors and external ids."""
    assert parse_address("https://api.baseten.co").where == "/v1/gateway/groups"
    query = list_query(cursor="a b", external_entity_id="a&b=c/d")
    assert query == "?limit=1000&external_entity_id=a%26b%3Dc%2Fd&cursor=a%20b"
