"""Reads a fault from one line of text, as people give it on a command line.

``NAME[=VALUE][:OPTION=VALUE,...]``, for example::

    latency=50ms
    429:retry_after=2,times=3,path=/v1/gateway/groups/*
    drop:after=100,from=2,times=1
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from unicodedata import category

from msgspec import Struct

from drift.errors import SettingsError
from drift.model.wording import did_you_mean
from drift.sandbox import faults
from drift.sandbox.faults import Action, CannedAnswer, Fault

SYNTAX = """\
latency=TIME             the answer begins later (50ms, 2s)
NNN                      this status instead of the true answer, e.g. 429, 503, 302
  retry_after=SECONDS      sent in retry_after_in=body (default), header or date
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

_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s|)")
_SIZE = re.compile(r"([0-9]{1,9})(kB|MB|)")
_FACTORS = {"": 1, "ms": 0.001, "s": 1, "kB": 1_000, "MB": 1_000_000}
_MAX_SIZE = 1_000_000_000
_HTML = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"


class _Reader(Struct, frozen=True):
    """Turns the text of a value into the value, or into None where it is something else."""

    read: Callable[[str], object | None]
    expected: str

    def __call__(self, name: str, text: str) -> Any:  # noqa: ANN401 - what the action's parameter takes
        value = self.read(text)
        if value is None:
            raise SettingsError(f"{name}: expected {self.expected}, found {text!r}")
        return value


def _seconds(text: str) -> float | None:
    match = _DURATION.fullmatch(text)
    return None if match is None else float(match[1]) * _FACTORS[match[2]]


def _bytes(text: str) -> int | None:
    match = _SIZE.fullmatch(text)
    size = _MAX_SIZE + 1 if match is None else int(match[1]) * int(_FACTORS[match[2]])
    return size if size <= _MAX_SIZE else None


def _whole(text: str, least: int = 0) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) and int(text) >= least else None


TIME: Final = _Reader(_seconds, "a time such as 50ms or 2s")
SIZE: Final = _Reader(_bytes, "a size such as 100, 64kB or 100MB (at most 1000MB)")
SECONDS: Final = _Reader(_whole, "a whole number of seconds")
N: Final = _Reader(partial(_whole, least=1), "a whole number, at least 1")
TYPE: Final = _Reader(lambda text: text if text.isascii() and text.isprintable() else None, "printable ASCII")
PLACE: Final = _Reader(lambda text: text if text in {"body", "header", "date"} else None, "body, header or date")
TEXT: Final = _Reader(lambda text: text, "any text")
BODY: Final = _Reader(str.encode, "any text")


class _Form(Struct, frozen=True):
    """How a fault is written, and what makes an action of its value and options."""

    action: Callable[..., Action | CannedAnswer]
    value: _Reader | None = None
    options: Mapping[str, _Reader] = {}


_EVERY_FAULT = {"method": TEXT, "path": TEXT, "from": N, "times": N, "every": N}
_STATUS = _Form(
    CannedAnswer,
    options={"retry_after": SECONDS, "retry_after_in": PLACE, "location": TYPE, "type": TYPE, "body": BODY},
)
_FORMS: Mapping[str, _Form] = {
    "latency": _Form(faults.latency, TIME),
    "drop": _Form(faults.drop, options={"after": SIZE}),
    "reset": _Form(partial(faults.drop, reset=True), options={"after": SIZE}),
    "drip": _Form(faults.drip, TIME),
    "stall": _Form(faults.stall, TIME, {"after": SIZE}),
    "truncate": _Form(faults.truncate, options={"after": SIZE}),
    "oversize": _Form(faults.pad, SIZE),
    "html": _Form(lambda: CannedAnswer(200, _HTML, "text/html; charset=utf-8")),
    "not-json": _Form(lambda: CannedAnswer(200, b"upstream connect error or disconnect")),
    "type": _Form(faults.content_type, TYPE),
    "threshold": _Form(faults.thresholds, TEXT),
    "pages": _Form(faults.small_pages, N),
    "skip": _Form(faults.skip, N),
    "repeat-cursor": _Form(faults.repeat_cursor),
    "repeat-page": _Form(faults.repeat_page),
}


def parse_fault(text: str) -> Fault:
    """Read one fault; raises ``SettingsError`` that quotes the text and says what was expected."""
    try:
        return _parse(text)
    except SettingsError as bad:
        raise SettingsError(f"fault {text!r}: {bad.message}", hint=bad.hint) from None


def _parse(text: str) -> Fault:
    # Arguments that are no UTF-8 arrive as lone surrogates, which cannot be sent.
    if any(category(character) == "Cs" for character in text):
        raise SettingsError("expected UTF-8")
    head, _, tail = text.partition(":")
    name, equals, value = head.partition("=")
    if re.fullmatch("[2-5][0-9]{2}", name):
        form, values = _STATUS, [int(name)]
    else:
        form, values = _form(name), []
    if form.value is None and equals:
        raise SettingsError(f"{name!r} takes no value")
    if form.value is not None:
        if not value:
            raise SettingsError(f"{name!r} needs a value, {form.value.expected}: {name}=...")
        values = [form.value(name, value)]
    options = _options(tail, {**form.options, **_EVERY_FAULT})
    return Fault(
        method=options.pop("method", "*").upper(),
        path=options.pop("path", "*"),
        start=options.pop("from", 1),
        times=options.pop("times", None),
        every=options.pop("every", 1),
        action=form.action(*values, **options),
    )


def _form(name: str) -> _Form:
    if re.fullmatch("[0-9]{3}", name):
        raise SettingsError(f"expected a status from 200 to 599, found {name}")
    if name not in _FORMS:
        raise _unknown("fault", name, (*_FORMS, "429", "503"))
    return _FORMS[name]


def _options(text: str, known: Mapping[str, _Reader]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    while text:
        name, equals, rest = text.partition("=")
        if name not in known:
            raise _unknown("option", name, tuple(known))
        if not equals:
            raise SettingsError(f"option {name!r} needs a value")
        if name in options:
            raise SettingsError(f"option {name!r} is given twice")
        value, _, text = (rest, "", "") if name == "body" else rest.partition(",")
        options[name] = known[name](name, value)
    return options


def _unknown(what: str, name: str, known: tuple[str, ...]) -> SettingsError:
    hint = did_you_mean(name, known) or f"known: {', '.join(known)}"
    return SettingsError(f"unknown {what} {name!r}", hint=hint)
