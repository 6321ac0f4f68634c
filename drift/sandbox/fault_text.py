"""Reads a fault from one line of text, as people give it on a command line.

``NAME[=VALUE][:OPTION=VALUE,...]``, for example::

    latency=50ms
    429:retry_after=2,times=3,path=/v1/gateway/groups/*
    drop:after=100,from=2,times=1
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Literal, TypeAlias
from unicodedata import category

from msgspec import Struct

from drift.errors import SettingsError
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

SYNTAX = """\
latency=TIME             the answer begins later (50ms, 2s)
NNN                      this status instead of the true answer, e.g. 429, 503, 302
  retry_after=SECONDS      told in retry_after_in=body (default), header or date
  location=URL             the Location header
  type=TYPE                its content type
  body=TEXT                its body; last option, commas belong to the text
drop                     the connection ends without an answer
  after=SIZE               inside the body instead, after so many bytes
reset                    the same with a TCP reset; also takes after
stall=TIME               the answer pauses inside its body
  after=SIZE               after so many bytes (default 0)
drip=TIME                the answer arrives byte by byte, headers included, so far apart
truncate                 a complete message with half of the body
  after=SIZE               with so many bytes of it
oversize=SIZE            blanks after the body up to this size (100MB)
html                     an HTML page with status 200
not-json                 text that is no JSON, labelled as JSON
type=TYPE                the true body under another content type
threshold=TEXT           every threshold becomes this text (NaN, "5", 5.0, true)
pages=N                  no page holds more than N groups, whatever is asked for
skip=N                   every page leaves out its first N groups
repeat-cursor            every page names the cursor that led to it as the next one
repeat-page              every page is the first one again, behind a new cursor

Every fault takes: method=GET, path=PATTERN (* matches anything), from=N (first matching request that is
affected, default 1), times=N (how many from there, default all), every=N (only one in N of them)."""

Options: TypeAlias = dict[str, str]
Place: TypeAlias = Literal["body", "header", "date"]
Builder: TypeAlias = Callable[[str, Options], Action]

_DIGITS = re.compile(r"[0-9]{1,9}")
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s|)")
_SIZE = re.compile(r"([0-9]{1,9})(kB|MB|)")
_UNITS = {"": 1, "kB": 1_000, "MB": 1_000_000}
_MAX_SIZE = 1_000_000_000
_HTML = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"


class _Name(Struct, frozen=True):
    build: Builder
    value: str | None = None
    """What has to follow the equals sign; None: nothing."""
    options: tuple[str, ...] = ()


def parse_fault(text: str) -> Fault:
    """Read one fault; raises ``SettingsError`` that quotes the text and says what was expected."""
    try:
        return _parse(text)
    except _BadFault as bad:
        raise SettingsError(f"fault {text!r}: {bad}", hint=bad.hint) from None


class _BadFault(Exception):  # noqa: N818 (never leaves this module)
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _parse(text: str) -> Fault:
    # Arguments that are no UTF-8 arrive as lone surrogates, which cannot be sent.
    if any(category(character) == "Cs" for character in text):
        raise _BadFault("expected UTF-8")
    head, _, tail = text.partition(":")
    name, equals, value = head.partition("=")
    known = _STATUS if re.fullmatch("[1-9][0-9]{2}", name) else _NAMES.get(name)
    if known is None:
        raise _BadFault(f"unknown fault {name!r}", _did_you_mean(name, (*_NAMES, "429", "503")))
    if known.value is None and equals:
        raise _BadFault(f"{name!r} takes no value")
    if known.value is not None and not value:
        raise _BadFault(f"{name!r} needs a value: {name}={known.value}")
    options = _options(tail, (*known.options, "method", "path", "from", "times", "every"))
    times = options.pop("times", None)
    return Fault(
        method=options.pop("method", "*").upper(),
        path=options.pop("path", "*"),
        start=_at_least_one("from", options.pop("from", "1")),
        times=None if times is None else _at_least_one("times", times),
        every=_at_least_one("every", options.pop("every", "1")),
        action=known.build(value or name, options),
    )


def _options(text: str, known: tuple[str, ...]) -> Options:
    options: Options = {}
    while text:
        name, equals, rest = text.partition("=")
        if name not in known:
            raise _BadFault(f"unknown option {name!r}", _did_you_mean(name, known))
        if not equals:
            raise _BadFault(f"option {name!r} needs a value")
        if name in options:
            raise _BadFault(f"option {name!r} is given twice")
        options[name], _, text = (rest, "", "") if name == "body" else rest.partition(",")
    return options


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def _whole(name: str, text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise _BadFault(f"{name}: expected a whole number, found {text!r}")
    return int(text)


def _at_least_one(name: str, text: str) -> int:
    number = _whole(name, text)
    if number == 0:
        raise _BadFault(f"{name}: expected at least 1, found 0")
    return number


def _seconds(text: str) -> float:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise _BadFault(f"expected a time such as 50ms or 2s, found {text!r}")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    size = _MAX_SIZE + 1 if match is None else int(match[1]) * _UNITS[match[2]]
    if size > _MAX_SIZE:
        raise _BadFault(f"expected a size such as 100, 64kB or 100MB (at most 1000MB), found {text!r}")
    return size


def _after(options: Options) -> int | None:
    return _size(options["after"]) if "after" in options else None


def _status(status: str, options: Options) -> Action:
    code = int(status)
    if not 200 <= code <= 599:  # noqa: PLR2004 (the range is the statement)
        raise _BadFault(f"expected a status from 200 to 599, found {status}")
    for name in ("location", "type"):
        if not options.get(name, "").isascii() or not options.get(name, " ").isprintable():
            raise _BadFault(f"{name}: expected printable ASCII, found {options[name]!r}")
    retry_after = options.get("retry_after")
    return Answer(
        code,
        options["body"].encode() if "body" in options else None,
        options.get("type", "application/json"),
        (("Location", options["location"]),) if "location" in options else (),
        None if retry_after is None else _whole("retry_after", retry_after),
        _place(options.get("retry_after_in", "body")),
    )


def _place(text: str) -> Place:
    match text:
        case "body" | "header" | "date":
            return text
        case _:
            raise _BadFault(f"retry_after_in: expected body, header or date, found {text!r}")


def _content_type(value: str, _: Options) -> Action:
    if not (value.isascii() and value.isprintable()):
        raise _BadFault(f"expected printable ASCII, found {value!r}")
    return ContentType(value)


_STATUS = _Name(_status, options=("retry_after", "retry_after_in", "location", "type", "body"))
_NAMES: Mapping[str, _Name] = {
    "latency": _Name(lambda value, _: Latency(_seconds(value)), "TIME"),
    "drop": _Name(lambda _, options: Drop(_after(options)), options=("after",)),
    "reset": _Name(lambda _, options: Drop(_after(options), reset=True), options=("after",)),
    "drip": _Name(lambda value, _: Drip(_seconds(value)), "TIME"),
    "stall": _Name(lambda value, options: Stall(_seconds(value), _after(options) or 0), "TIME", options=("after",)),
    "truncate": _Name(lambda _, options: Truncate(_after(options)), options=("after",)),
    "oversize": _Name(lambda value, _: Pad(_size(value)), "SIZE"),
    "html": _Name(lambda *_: Answer(200, _HTML, "text/html; charset=utf-8")),
    "not-json": _Name(lambda *_: Answer(200, b"upstream connect error or disconnect")),
    "type": _Name(_content_type, "TYPE"),
    "threshold": _Name(lambda value, _: Thresholds(value), "TEXT"),
    "pages": _Name(lambda value, _: SmallPages(_at_least_one("pages", value)), "N"),
    "skip": _Name(lambda value, _: Skip(_at_least_one("skip", value)), "N"),
    "repeat-cursor": _Name(lambda *_: RepeatCursor()),
    "repeat-page": _Name(lambda *_: RepeatPage()),
}
