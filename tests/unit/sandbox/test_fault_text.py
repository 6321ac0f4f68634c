"""Faults as one line of text."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.errors import SettingsError
from drift.sandbox.fault_text import SYNTAX, parse_fault
from drift.sandbox.faults import (
    Action,
    Answer,
    ContentType,
    Drip,
    Drop,
    Fault,
    Latency,
    Pad,
    RepeatCursor,
    RepeatPage,
    Skip,
    SmallPages,
    Stall,
    Thresholds,
    Truncate,
)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("latency=50ms", Latency(0.05)),
        ("latency=1.5s", Latency(1.5)),
        ("latency=2", Latency(2)),
        ("503", Answer(503)),
        ("429:retry_after=2", Answer(429, retry_after=2)),
        ("429:retry_after=0,retry_after_in=date", Answer(429, retry_after=0, retry_after_in="date")),
        ("302:location=http://127.0.0.1:9/x", Answer(302, headers=(("Location", "http://127.0.0.1:9/x"),))),
        ('200:type=text/plain,body={"a":1,"b":2}', Answer(200, b'{"a":1,"b":2}', "text/plain")),
        ("200:body=", Answer(200, b"")),
        ("drop", Drop()),
        ("drop:after=100", Drop(100)),
        ("reset", Drop(reset=True)),
        ("reset:after=100", Drop(100, reset=True)),
        ("drip=20ms", Drip(0.02)),
        ("stall=5s", Stall(5)),
        ("stall=5s:after=1kB", Stall(5, 1000)),
        ("truncate", Truncate()),
        ("truncate:after=0", Truncate(0)),
        ("oversize=100MB", Pad(100_000_000)),
        ("not-json", Answer(200, b"upstream connect error or disconnect")),
        ("type=text/html; charset=utf-8", ContentType("text/html; charset=utf-8")),
        ('threshold="5"', Thresholds('"5"')),
        ("pages=2", SmallPages(2)),
        ("skip=1", Skip(1)),
        ("repeat-cursor", RepeatCursor()),
        ("repeat-page", RepeatPage()),
    ],
)
def test_actions(text: str, action: Action) -> None:
    """Each kind of fault has a short form."""
    assert parse_fault(text) == Fault(action)


def test_html() -> None:
    """An HTML page is what proxies put in place of an answer."""
    action = parse_fault("html").action
    assert isinstance(action, Answer)
    assert action.content_type.startswith("text/html")
    assert action.body is not None
    assert action.body.startswith(b"<!doctype html>")


def test_matching_options() -> None:
    """Every fault can be limited to a method, a path and some of the matching requests."""
    text = "429:retry_after=2,times=3,path=/v1/gateway/groups/*,from=2,every=4,method=get"
    assert parse_fault(text) == Fault(
        Answer(429, retry_after=2), method="GET", path="/v1/gateway/groups/*", start=2, times=3, every=4
    )


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("latncy=5ms", "unknown fault 'latncy'", "did you mean 'latency'?"),
        ("", "unknown fault ''", "known: latency, drop"),
        ("latency", "needs a value: latency=TIME", ""),
        ("latency=", "needs a value", ""),
        ("latency=soon", "expected a time such as 50ms or 2s, found 'soon'", ""),
        ("latency=-1s", "expected a time", ""),
        ("latency=nan", "expected a time", ""),
        ("drop=1", "'drop' takes no value", ""),
        ("503=1", "'503' takes no value", ""),
        ("100", "expected a status from 200 to 599", ""),
        ("999", "expected a status from 200 to 599", ""),
        ("429:retry=2", "unknown option 'retry'", "did you mean 'retry_after'?"),
        ("429:retry_after=soon", "retry_after: expected a whole number, found 'soon'", ""),
        ("429:retry_after_in=footer", "expected body, header or date, found 'footer'", ""),
        ("503:times", "option 'times' needs a value", ""),
        ("503:times=0", "times: expected at least 1", ""),
        ("pages=0", "pages: expected at least 1", ""),
        ("skip=all", "skip: expected a whole number", ""),
        ("503:every=0", "every: expected at least 1", ""),
        ("503:from=0", "from: expected at least 1", ""),
        ("503:times=1,times=2", "option 'times' is given twice", ""),
        ("drop:body=x", "unknown option 'body'", ""),
        ("oversize=2000MB", "at most 1000MB", ""),
        ("truncate:after=ten", "expected a size", ""),
        ("302:location=a\nb", "location: expected printable ASCII", ""),
        ("200:type=tëxt", "type: expected printable ASCII", ""),
        ("503:body=\udc80", "expected UTF-8", ""),
        ("type=tëxt", "expected printable ASCII", ""),
    ],
)
def test_complaints(text: str, complaint: str, hint: str) -> None:
    """Text that cannot be used is quoted, with what was expected."""
    with pytest.raises(SettingsError) as caught:
        parse_fault(text)
    assert caught.value.message.startswith(f"fault {text!r}: ")
    assert complaint in caught.value.message
    assert hint in caught.value.hint


@given(st.text(st.characters()) | st.from_regex(r"[a-z0-9-]{1,8}=?[a-z0-9.]*:?([a-z_]+=[^,]*,?)*", fullmatch=True))
def test_any_text_is_a_fault_or_a_complaint(text: str) -> None:
    """Nothing but SettingsError comes of bad text."""
    with suppress(SettingsError):
        assert isinstance(parse_fault(text), Fault)


def test_syntax_names_everything() -> None:
    """The help text has a line for every fault and option that examples use."""
    words = "latency drop reset stall drip truncate oversize html not-json type threshold pages skip repeat-cursor"
    for word in (*words.split(), "repeat-page"):
        assert f"\n{word}" in f"\n{SYNTAX}"
    for option in ("retry_after", "location", "body", "after", "method", "path", "from", "times", "every"):
        assert f"{option}=" in SYNTAX
