"""Room for text of which the receiver takes only so many bytes: whole pieces, or none."""

from collections.abc import Iterable, Sequence

from drift.model.wording import number

_MORE = 64
"""Bytes that a line about what is left out takes at most."""


class Room:
    """The bytes of UTF-8 that are left."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, *texts: str) -> bool:
        """Whether there was room for all of these together; then it is theirs."""
        cost = sum(map(size, texts))
        if cost > self.left:
            return False
        self.left -= cost
        return True

    def items(self, head: str, items: Sequence[str], most: int, tail: str = "") -> str:
        """A list between head and tail, with as many whole items as there is room for; empty if there are none."""
        if not items or not self.take(head, tail, " " * _MORE):
            return ""
        shown: list[str] = []
        for item in items[:most]:
            if not self.take(item):
                break
            shown.append(item)
        left = len(items) - len(shown)
        more = f"- ... and {number(left)} more\n" if left else ""
        return f"{head}{''.join(shown)}{more}{tail}"


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def total(texts: Iterable[str]) -> int:
    """Bytes of UTF-8 of all of them."""
    return sum(map(size, texts))
