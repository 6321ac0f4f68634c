"""Unquoted words: the values of YAML 1.1, with a flag on those that surprise."""

import pytest
import yaml

from drift.desired.scalars import PlainScalars, Surprise, read_plain

ORDINARY = [
    *("", "~", "null", "Null", "true", "True", "FALSE", "text", "y", "n", "0", "7", "-7", "+7", "1_000_000", "0x1F"),
    *("0b101", "0o17", "08", "0800", "1.5", "-1.5e+3", "1e6", "1_0.5", ".inf", "-.INF", "1,000", "=x", "-", "1-2"),
    *("2026-01", "12:", ":", "a:b", "٣", "²", "1__0", "-0", "=="),
]
SURPRISING = {
    "yes": "the boolean true",
    "No": "the boolean false",
    "ON": "the boolean true",
    "off": "the boolean false",
    "0777": "the octal number 511",
    "-017": "the octal number -15",
    "00": "the octal number 0",
    "1:30": "the base-60 number 90",
    "-1:30": "the base-60 number -90",
    "1:30.5": "the base-60 number 90.5",
    "2026-01-31": "a date",
    "2026-01-31T12:00:00Z": "a date",
}


@pytest.mark.parametrize("word", ORDINARY)
def test_an_ordinary_word_has_the_safe_loaders_value(word: str) -> None:
    # The loader's own resolution, without the grammar around it: "-" and "1,000" are no documents.
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, word, (True, False))  # type: ignore[no-untyped-call]  # as the stubs have it
    value = read_plain(word)
    assert value == loader.construct_object(yaml.ScalarNode(tag, word))
    assert not isinstance(value, Surprise)


@pytest.mark.parametrize(("word", "reading"), SURPRISING.items())
def test_a_surprising_word_says_what_yaml_makes_of_it(word: str, reading: str) -> None:
    assert read_plain(word) == Surprise(word, yaml.safe_load(word), reading)


@pytest.mark.parametrize("word", ["2026-13-45", "9" * 5000, "1" + ":59" * 3000, "1:" * 2000 + "1.5", "0b_", "0x_", "="])
def test_what_python_cannot_convert_stays_text(word: str) -> None:
    assert read_plain(word) == word


def test_words_are_worked_out_once_and_shared() -> None:
    words = PlainScalars()
    first, second = (words[b"your-org/your-model".decode()] for _ in range(2))
    assert first is second
