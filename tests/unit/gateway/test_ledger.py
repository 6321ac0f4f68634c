"""Counts and notes that all threads of a run share."""

from drift.gateway.retry import Ledger


def test_notes_once() -> None:
    """The same remark is made once, in the order of the first time."""
    ledger = Ledger()
    for text in ("b", "a", "b"):
        ledger.note(text)
    assert ledger.notes() == ("b", "a")


def test_many_notes() -> None:
    """A server that provokes remarks without end does not fill the memory, and that is said."""
    ledger = Ledger()
    for number in range(1000):
        ledger.note(f"note {number}")
    assert len(ledger.notes()) == 101
    assert ledger.notes()[-1] == "900 more remarks of this kind"


def test_counts() -> None:
    """Every kind has a number, also before anything happened."""
    ledger = Ledger()
    assert ledger.counts() == {"get": 0, "list": 0, "retries": 0, "throttled": 0}
    ledger.count("get")
    assert ledger.counts()["get"] == 1
