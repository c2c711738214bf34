"""Logical forms: what a question may ask of a table, as small trees, and running them fast.

A form is a nested tuple. Row sets (bit masks when run):

    ("all",)  ("eq", link)  ("cmp", c, view, op, number)  ("day", c, op, Day)  ("filled", c)
    ("and", R, R)  ("or", R, R)  ("not", R)  ("same", c, R)
    ("max"|"min", R, c, view)  ("rank", R, c, view, n)  ("nth", R, n)  ("last", R)  ("first_n"|"last_n", R, n)
    ("next", R)  ("prev", R)  ("after", R)  ("before", R)
    ("beyond"|"below", R, c, view) rows whose number is greater or less than that of R's row
    ("nearest", R) of such rows the one nearest in number

Values (denotations when run):

    ("get", R, c)  ("count", R)  ("distinct", R, c)  ("place", R)
    ("sum"|"avg"|"span", R, c, view)  ("number", R, c, view)
    ("mode"|"rare", R, c)  ("times"|"times_more", R, c, n) values that stand n times
    ("top"|"bottom", R, c, c2, view) the value of c with the greatest or least sum of c2
    ("diff", R, R, c, view)  ("count_diff", R, R)  ("rows_between", R, R)  ("years", R, c, c2)
    ("more"|"fewer", R, R, c)  ("more_sum"|"fewer_sum", R, R, c, c2, view)  which value has more
    ("yes_more"|"yes_fewer"|"yes_same", R, R, c, view)  ("yes_number", R, n, c, view, op)
    ("relation", R, R, c, view, word, word)  ("relation_to", R, n, c, view, word, word)
    ("parts"|"part_first"|"part_last", R, c) items of a list in a cell
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cellwright.ask.grounding.quantities import Day
from cellwright.ask.grounding.table import TypedTable
from cellwright.ask.questions.denotation import Key, answer_key

Form = tuple[Any, ...]
Rows = int


@lru_cache(maxsize=65536)
def rows_of(mask: Rows) -> tuple[int, ...]:
    """The rows of a bit mask, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return tuple(found)


class Runner:
    """Runs forms over one table. Orders, keys and groups are made once a table."""

    def __init__(self, table: TypedTable) -> None:
        self.table = table
        self.count = len(table.rows)
        self.views: dict[tuple[int, str], tuple[float | None, ...]] = {
            (c, view): numbers
            for c, column in enumerate(table.columns)
            for view, numbers in column.views.items()
        }
        self.orders = {key: _order(numbers) for key, numbers in self.views.items()}
        self.keys: list[list[Key]] = [
            [answer_key(cell.text) for cell in column.cells] for column in table.columns
        ]
        self.groups = [_groups(keys) for keys in self.keys]

    def extreme(self, mask: Rows, column: int, view: str, *, greatest: bool) -> Rows:
        """The rows of the mask with the greatest or least number; 0 where none has one."""
        order = self.orders[column, view]
        for _, rows in reversed(order) if greatest else order:
            if found := rows & mask:
                return found
        return 0

    def ranked(self, mask: Rows, column: int, view: str, place: int) -> Rows:
        """The rows whose number is the `place`-th greatest; a negative place counts from the least."""
        order = self.orders[column, view]
        steps = reversed(order) if place > 0 else order
        left = abs(place)
        for _, rows in steps:
            found = rows & mask
            if found:
                left -= found.bit_count()
                if left <= 0:
                    return found
        return 0

    def compared(self, column: int, view: str, op: str, number: float) -> Rows:
        """The rows whose number compares so; a year compares with the year of a date."""
        mask = 0
        is_year = view == "d" and number == int(number)
        for value, rows in self.orders[column, view]:
            known = int(value) if is_year else value
            if (
                (op == ">" and known > number)
                or (op == ">=" and known >= number)
                or (op == "<" and known < number)
                or (op == "<=" and known <= number)
                or (op == "=" and known == number)
            ):
                mask |= rows
        return mask

    def compared_exactly(self, column: int, view: str, op: str, number: float) -> Rows:
        """Like `compared`, dates to the day."""
        mask = 0
        for value, rows in self.orders[column, view]:
            if value > number if op == ">" else value < number:
                mask |= rows
        return mask

    def parts(self, row: int, column: int) -> list[Key]:
        """The items of a list in a cell, set apart by line breaks, semicolons or else commas."""
        text = self.table.columns[column].cells[row].text
        for separator in ("\n", ";", ","):
            pieces = [piece.strip() for piece in text.split(separator)]
            if len(pieces) > 1:
                return [answer_key(piece) for piece in pieces if piece]
        return [self.keys[column][row]]

    def on_day(self, column: int, op: str, day: Day) -> Rows:
        """The rows whose date is that day (or in that month or year), before, or after it."""
        mask = 0
        for row, cell in enumerate(self.table.columns[column].cells):
            other = cell.day
            if other is None:
                continue
            if op == "=":
                hit = day.covers(other)
            else:
                if day.year is None or other.year is None:
                    hit = (other.key % 1 > day.key % 1) == (op == ">") and other.key % 1 != day.key % 1
                else:
                    hit = other.key > day.key if op == ">" else other.key < day.key
            if hit:
                mask |= 1 << row
        return mask

    def same(self, column: int, mask: Rows) -> Rows:
        """Other rows that hold the same in a column as the row of the mask."""
        rows = rows_of(mask)
        if len(rows) != 1 or not self.table.columns[column].cells[rows[0]].text:
            return 0
        return self.groups[column][self.keys[column][rows[0]]] & ~mask

    def answers(self, mask: Rows, column: int) -> tuple[str, ...]:
        """The different texts of a column in those rows, empty cells left out."""
        cells = self.table.columns[column].cells
        return tuple(dict.fromkeys(cells[row].text for row in rows_of(mask) if cells[row].text))

    def keys_of(self, mask: Rows, column: int) -> frozenset[Key]:
        """The answers as keys."""
        keys = self.keys[column]
        return frozenset(key for row in rows_of(mask) if (key := keys[row]) != "")

    def numbers(self, mask: Rows, column: int, view: str) -> list[float]:
        """The numbers of a view in those rows."""
        numbers = self.views[column, view]
        return [value for row in rows_of(mask) if (value := numbers[row]) is not None]

    def counts(self, mask: Rows, column: int) -> Iterator[tuple[Key, int]]:
        """(key, how many of the rows hold it) for a column."""
        for key, rows in self.groups[column].items():
            if key != "" and (count := (rows & mask).bit_count()):
                yield key, count


def _order(numbers: tuple[float | None, ...]) -> list[tuple[float, Rows]]:
    grouped: dict[float, Rows] = {}
    for row, value in enumerate(numbers):
        if value is not None:
            grouped[value] = grouped.get(value, 0) | 1 << row
    return sorted(grouped.items())


def _groups(keys: list[Key]) -> dict[Key, Rows]:
    grouped: dict[Key, Rows] = {}
    for row, key in enumerate(keys):
        grouped[key] = grouped.get(key, 0) | 1 << row
    return grouped
