"""Where key, URL and deadline come from, and what is refused."""

import pytest

from drift.errors import SettingsError
from pulumi_provider.access import refuse_plain_key, resolve

KEY = "prefix.secret-half"


def test_the_environment_comes_first() -> None:
    config = {"baseten:apiKey": "from.config-key", "baseten:apiUrl": "https://config.example"}
    variables = {"BASETEN_API_KEY": f"  {KEY}\n", "BASETEN_REMOTE_URL": "https://env.example"}
    access = resolve(config.get, variables)
    assert access.key.header() == f"Bearer {KEY}"
    assert access.key.origin == "BASETEN_API_KEY"
    assert access.address.origin == "https://env.example"


def test_the_configuration_is_used_where_the_environment_says_nothing() -> None:
    config = {
        "baseten:apiKey": KEY,
        "baseten:apiUrl": "http://localhost:1/base/",
        "baseten:authScheme": "api-key",
        "baseten:timeout": "90s",
    }
    access = resolve(config.get, {"BASETEN_API_KEY": " "})
    assert (access.address.origin, access.address.prefix) == ("http://localhost:1", "/base")
    assert (access.options.auth_scheme, access.options.timeout) == ("api-key", 90.0)
    assert access.key.header(access.options.auth_scheme) == f"Api-Key {KEY}"
    assert "baseten:apiKey" in access.key.origin


def test_the_default_is_the_vendors() -> None:
    assert resolve(lambda _: None, {"BASETEN_API_KEY": KEY}).address.origin == "https://api.baseten.co"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"baseten:apiKey": ""}, "no API key"),
        ({"baseten:apiKey": "two words"}, "holds a blank"),
        ({"baseten:apiKey": KEY, "baseten:apiUrl": "http://api.example"}, "unencrypted"),
        ({"baseten:apiKey": KEY, "baseten:apiUrl": "ftp://api.example"}, "not an http or https URL"),
        ({"baseten:apiKey": KEY, "baseten:apiUrl": f"https://{KEY}@api.example"}, "must not hold a user name"),
        ({"baseten:apiKey": KEY, "baseten:authScheme": "basic"}, "must be bearer or api-key"),
        ({"baseten:apiKey": KEY, "baseten:timeout": "0"}, "not a duration"),
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_a_key(config: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        resolve(config.get, {})
    assert "secret-half" not in str(refused.value) + refused.value.hint


def test_a_key_that_is_configured_as_plain_text_is_refused() -> None:
    config = {"baseten:apiKey": KEY}
    with pytest.raises(SettingsError, match="plain text") as refused:
        refuse_plain_key(config.get, lambda _: False)
    assert KEY not in str(refused.value)
    refuse_plain_key(config.get, lambda name: name == "baseten:apiKey")
    refuse_plain_key(lambda _: None, lambda _: False)
