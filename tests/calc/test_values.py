"""Values on the pipe and their equality; formulas in the engines' words."""

from __future__ import annotations

import math

import pytest

from cellwright.calc.dialect import engine_formula
from cellwright.calc.protocol import MAX_FRAME, BrokenFrame, pack, read_frame, unpack_head
from cellwright.calc.values import NoValue, from_wire, same_value, to_wire
from cellwright.reference import Range, SheetCell
from cellwright.workbook.model import ErrorValue, Table
from tests.workbooks import book


@pytest.mark.parametrize("value", [1.5, "text", True, None, ErrorValue.NA, ErrorValue.SPILL, ""])
def test_values_come_back_as_they_went(value):
    assert from_wire(to_wire(value)) == value
    assert type(from_wire(to_wire(value))) is type(value)


@pytest.mark.parametrize("raw", [{"x": "circular"}, {"e": "#NEW!"}, [1], math.inf, math.nan, {}])
def test_what_is_no_value_of_excels_is_a_novalue(raw):
    assert isinstance(from_wire(raw), NoValue)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.0 + 1e-8, False),
        (1e300, 1e300 * (1 + 1e-10), True),
        (0.0, 1e-17, False),
        (1.0, True, False),
        ("1", 1.0, False),
        ("a", "A", False),
        (None, 0.0, True),
        (None, "", True),
        (None, False, False),
        (ErrorValue.NA, ErrorValue.NA, True),
        (ErrorValue.NA, "#N/A", False),
        (NoValue("x"), NoValue("x"), False),
    ],
)
def test_equality(a, b, same):
    assert same_value(a, b) is same
    assert same_value(b, a) is same


def reader(data: bytes):
    rest = bytearray(data)

    def read(size: int) -> bytes:
        part = bytes(rest[:size])
        del rest[:size]
        return part

    return read


def test_frames():
    assert read_frame(reader(pack({"a": [1.5, None]}, b"\0\1"))) == ({"a": [1.5, None]}, b"\0\1")
    with pytest.raises(BrokenFrame, match="middle"):
        read_frame(reader(pack({"a": 1})[:-1]))
    with pytest.raises(BrokenFrame, match="at most"):
        unpack_head((MAX_FRAME + 1).to_bytes(4, "big") + b"\0" * 4)
    with pytest.raises(BrokenFrame, match="object"):
        read_frame(reader(b"\0\0\0\2\0\0\0\0[]"))
    with pytest.raises(ValueError, match="JSON"):
        pack({"a": math.nan})


@pytest.mark.parametrize(
    ("formula", "spills", "expected"),
    [
        ("=SUM(A1:A3)", False, "=SUM(A1:A3)"),
        ("=A1:A3", False, "=@A1:A3"),
        ("=A1:A3", True, "=A1:A3"),
        ("=[1]Old!A1+2", False, "=#REF!+2"),
        ("=SUM(Sales[Amount])", False, "=SUM(Sheet1!$A$2:$A$3)"),
        ("=Sales[@Amount]*2", False, "=Sheet1!$A$2*2"),
        ("=Sales[Nothing]", False, "=#REF!"),
        ("=((", True, "=(("),
        ("=[[", True, "=#REF!"),
    ],
)
def test_engines_get_plain_words(formula, spills, expected):
    snapshot = book({}, tables=(Table("Sales", "Sheet1", Range.parse("A1:A3"), ("Amount",)),))
    assert engine_formula(formula, SheetCell.parse("Sheet1!C2"), snapshot, spills=spills) == expected
