"""Numbers and dates in text."""

from __future__ import annotations

import pytest

from cellwright.ask.grounding.quantities import (
    Day,
    day_of_serial,
    month_in,
    numbers_in,
    ordinal_of,
    read_day,
    read_number,
    year_in,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1\u00a0234", 1234.0),
        ("12,467", 12467.0),
        ("3,5", 3.5),
        ("1.234.567", 1234567.0),
        ("7", 7.0),
    ],
)
def test_a_numeral_is_read_by_the_places_of_its_separators(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3-1", (3.0, 1.0)),
        ("-5", (-5.0,)),
        ("$1.2 million", (1.2e6,)),
        ("4th, Western", (4.0,)),
        ("1:23.5", (83.5,)),
        ("none", ()),
    ],
)
def test_numbers_of_a_cell(text: str, numbers: tuple[float, ...]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("March 4, 1803", Day(1803, 3, 4)),
        ("4 March 1803", Day(1803, 3, 4)),
        ("1803-03-04", Day(1803, 3, 4)),
        ("4.3.1803", Day(1803, 3, 4)),
        ("13/2/1999", Day(1999, 2, 13)),
        ("3/4/1999", Day(1999, 3, 4)),
        ("4. März 1999", Day(1999, 3, 4)),
        ("7 août 2001", Day(2001, 8, 7)),
        ("5 de mayo de 1999", Day(1999, 5, 5)),
        ("June 2001", Day(2001, 6, None)),
        ("June 5", Day(None, 6, 5)),
    ],
)
def test_dates_in_the_ways_people_write_them(text: str, day: Day) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize("text", ["2001", "no date", "the march", "12 apples"])
def test_no_date_is_none(text: str) -> None:
    assert read_day(text) is None


def test_parts_of_a_date_cover_dates_that_agree() -> None:
    assert Day(None, 6, None).covers(Day(2001, 6, 5))
    assert not Day(2001, 6, 4).covers(Day(2001, 6, 5))
    assert Day(2001, 6, 4).key < Day(2001, 6, 5).key < Day(2001, 7, 1).key


def test_serials_years_months_ordinals() -> None:
    assert day_of_serial(36526) == Day(2000, 1, 1)
    assert day_of_serial(0, is_1904=True) == Day(1904, 1, 1)
    assert year_in("in 1998 or so") == 1998
    assert year_in("1,998") is None
    assert month_in("late december") == 12
    assert (ordinal_of("3rd"), ordinal_of("third"), ordinal_of("three")) == (3.0, 3.0, None)
