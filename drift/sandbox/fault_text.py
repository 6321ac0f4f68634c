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

_FACTORS = {"": 1, "ms": 0.001, "s": 1, "kB": 1_000, "MB": 1_000_000}
_MAX_SIZE = 1_000_000_000
_HTML = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"


class _ValueReader(Struct, frozen=True):
    """Turns the text of a value into the value; what does not match, or becomes None, is something else."""

    pattern: str
    expected: str
    convert: Callable[[re.Match[str]], object] = lambda match: match[0]

    def __call__(self, name: str, text: str) -> Any:  # noqa: ANN401 - what the action's parameter takes
        match = re.fullmatch(self.pattern, text, re.DOTALL)
        value = match and self.convert(match)
        if value is None:
            raise SettingsError(f"{name}: expected {self.expected}, found {text!r}")
        return value


def _bytes(match: re.Match[str]) -> int | None:
    size = int(match[1]) * int(_FACTORS[match[2]])
    return size if size <= _MAX_SIZE else None


TIME: Final = _ValueReader(
    r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s|)",
    "a time such as 50ms or 2s",
    lambda match: float(match[1]) * _FACTORS[match[2]],
)
SIZE: Final = _ValueReader("([0-9]{1,9})(kB|MB|)", "a size such as 100, 64kB or 100MB (at most 1000MB)", _bytes)
SECONDS: Final = _ValueReader("[0-9]{1,9}", "a whole number of seconds", lambda match: int(match[0]))
N: Final = _ValueReader("[0-9]{1,9}", "a whole number, at least 1", lambda match: int(match[0]) or None)
TYPE: Final = _ValueReader("[ -~]*", "printable ASCII")
PLACE: Final = _ValueReader("body|header|date", "body, header or date")
TEXT: Final = _ValueReader(".*", "any text")
BODY: Final = _ValueReader(".*", "any text", lambda match: match[0].encode())


class _Form(Struct, frozen=True):
    """How a fault is written, and what makes an action of its value and options."""

    action: Callable[..., Action | CannedAnswer]
    value: _ValueReader | None = None
    options: Mapping[str, _ValueReader] = {}


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
    values: list[Any] = []
    if re.fullmatch("[2-5][0-9]{2}", name):
        form, values = _STATUS, [int(name)]
    elif re.fullmatch("[0-9]{3}", name):
        raise SettingsError(f"expected a status from 200 to 599, found {name}")
    elif name not in _FORMS:
        raise _unknown("fault", name, (*_FORMS, "429", "503"))
    else:
        form = _FORMS[name]
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


def _options(text: str, known: Mapping[str, _ValueReader]) -> dict[str, Any]:
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
