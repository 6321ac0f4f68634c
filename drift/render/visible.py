"""Text from elsewhere, made safe to show: what a terminal or a CI log would obey becomes an escape one can read."""

_OLD_COMMAND = "##["
"""GitHub's runner obeys ``##[command]`` wherever it stands in a line (``ActionCommand.TryParse``)."""
_COMMAND = "::"
"""And ``::command::`` where a line begins with it, spaces aside (``ActionCommand.TryParseV2``)."""


def visible(text: str) -> str:
    r"""The text with every unprintable character written out, and nothing that begins a workflow command.

    Names and ids come from customers. Control characters, ANSI and OSC escapes, bidirectional overrides,
    zero-width characters, line separators and lone surrogates become ``\x1b``, ``\u202e`` and the like. So does
    one character of what a CI runner would take for a command in the log.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escape(char) for char in text)
    if _OLD_COMMAND in text:
        text = text.replace(_OLD_COMMAND, r"#\x23[")
    if _COMMAND in text:
        bare = text.lstrip(" ")
        if bare.startswith(_COMMAND):
            return f"{text[: len(text) - len(bare)]}\\x3a{bare[1:]}"
    return text


def clipped(text: str, most: int) -> str:
    """The visible text, at most so many characters of it and how long it was."""
    shown = visible(text[: most + 1])
    if len(text) <= most and len(shown) <= most:
        return shown
    return f"{shown[:most]}... ({len(text):,} characters)"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
