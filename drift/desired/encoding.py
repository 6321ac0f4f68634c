"""Bytes that cannot be a YAML text in UTF-8, told apart so that the message helps."""

import re

from drift.desired.problems import Problems

_OTHER_ENCODINGS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_FORBIDDEN = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_LINE_BREAK = "\r\n|[\n\r\x85\u2028\u2029]"
_SAVE_AS = "save the file as UTF-8"


def is_text(data: bytes, problems: Problems) -> bool:
    """Whether the bytes are UTF-8 (with or without a byte order mark); reports what they are instead."""
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            problems.error("V00", message=f"the file is {name}, not UTF-8", hint=_SAVE_AS)
            return False
    if b"\0" in data[:4]:
        problems.error("V00", message="the file looks like UTF-16 without a byte order mark", hint=_SAVE_AS)
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        problems.error(
            "V00",
            message=f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})",
            hint=_SAVE_AS,
            at=end_of(before),
        )
        return False
    return True


def report_control_character(data: bytes, problems: Problems) -> None:
    """Report the first character that YAML does not allow unescaped."""
    text = data.decode("utf-8-sig")
    found = re.search(_FORBIDDEN, text)
    start = found.start() if found else 0
    problems.error(
        "V00",
        message=f"the character U+{ord(text[start]):04X} is not allowed in YAML",
        hint='remove it, or write it as an escape in double quotes, such as "\\a"',
        at=end_of(text[:start]),
    )


def end_of(text: str) -> tuple[int, int]:
    """Line and column after the last character, by the line breaks of YAML 1.1."""
    *lines, last = re.split(_LINE_BREAK, text)
    return len(lines) + 1, len(last) + 1
