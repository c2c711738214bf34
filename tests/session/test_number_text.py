"""Values in their number formats, against what Excel shows."""

from __future__ import annotations

import pytest

from cellwright.session.number_text import value_text
from cellwright.workbook.model import ErrorValue, Value


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (None, "0.00", ""),
        (0.125, "0.0%", "12.5%"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-5.5, "#,##0.00_);(#,##0.00)", "(5.50)"),
        (-3, "0", "-3"),
        (0, '0;-0;"-"', "-"),
        (3, "000", "003"),
        (0.5, "#.##", ".5"),
        (1500000, '0.0,,"M"', "1.5M"),
        (12345, "0.00E+00", "1.23E+04"),
        (12, '"$"#,##0', "$12"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (0.1 + 0.2, "General", "0.3"),
        (1e12, "General", "1E+12"),
        (1e-12, "General", "1E-12"),
        (45000, "yyyy-mm-dd", "2023-03-15"),
        (45000.5, "m/d/yyyy h:mm AM/PM", "3/15/2023 12:00 PM"),
        (44197, "mmm-yy", "Jan-21"),
        (1, "d-mmm-yyyy", "1-Jan-1900"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (-1, "yyyy-mm-dd", "########"),
        (True, "0", "TRUE"),
        ("<b>", "@", "<b>"),
        (ErrorValue.DIV0, "0.00", "#DIV/0!"),
    ],
)
def test_shown(value: Value, code: str, shown: str) -> None:
    assert value_text(value, code) == shown


def test_1904() -> None:
    assert value_text(0.0, "yyyy-mm-dd", is_1904=True) == "1904-01-01"


def test_long_text_is_cut() -> None:
    assert len(value_text("x" * 1000)) == 200
