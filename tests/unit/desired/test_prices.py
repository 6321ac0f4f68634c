"""The price table: exact, and once for all files."""

from decimal import Decimal
from pathlib import Path

import pytest

from drift.desired import load_desired
from drift.report.exposure import Price, Prices

TABLE = "version: 1\nprices: {{currency: EUR, models: {{o/m: {{input: {}, output: 2}}}}}}\n"


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("3", "3"),
        ("3.00", "3.00"),
        ("0.1", "0.1"),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("1_000.5", "1000.5"),
        (".5", "0.5"),
        ("1.5e-3", "0.0015"),
        ("9000000000000.5", "9000000000000.5"),
    ],
)
def test_prices_are_what_is_written(tmp_path: Path, written: str, price: str) -> None:
    (tmp_path / "a.yaml").write_text(TABLE.format(written))

    prices = load_desired([tmp_path], ignore=["V26"]).prices

    assert prices == Prices("EUR", {"o/m": Price(Decimal(price), Decimal(2))}, per=1_000_000)


def test_without_a_table_there_are_no_prices(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\n")

    assert load_desired([tmp_path]).prices is None
