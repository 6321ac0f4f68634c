"""Text from elsewhere, made safe to show: what a terminal would obey becomes an escape one can read."""


def visible(text: str) -> str:
    r"""The text with every unprintable character written out.

    Names and ids come from customers. Control characters, ANSI and OSC escapes, bidirectional overrides,
    zero-width characters, line separators and lone surrogates become ``\x1b``, ``\u202e`` and the like.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
